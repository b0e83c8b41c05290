// Trains on raw files that run.py wrote and prints one JSON object; run.py compares it with scikit-learn.
// bench_forest TASK FEATURES TRAIN_X TRAIN_Y TEST_X PREDICTIONS THREADS PARAMS [MODEL]
//   TASK         classification | regression
//   TRAIN_X, TEST_X  float32, row-major; TRAIN_Y uint32 class indices | float64 values
//   PREDICTIONS  written: float64, the last output of each test row
//   PARAMS       JSON object of forest parameters
//   MODEL        written: the forest's bytes

#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "archmlp/contract/field_table.h"
#include "archmlp/contract/forest_params.h"
#include "archmlp/train/forest_trainer.h"
#include "measure.h"

namespace {

using archmlp::base::to_string;
using archmlp::contract::Task;
using archmlp::model::MatrixView;
using namespace archmlp::bench;
using Json = nlohmann::ordered_json;

archmlp::train::Labels read_labels(Task task, const std::string& path) {
  archmlp::train::Labels labels;
  labels.task = task;
  if (task == Task::kRegression) {
    labels.values = read_all<double>(path);
    return labels;
  }
  labels.class_indices = read_all<std::uint32_t>(path);
  const std::uint32_t last = *std::max_element(labels.class_indices.begin(), labels.class_indices.end());
  for (std::uint32_t k = 0; k <= last; ++k) labels.classes.emplace_back(std::int64_t{k});
  return labels;
}

/// Median microseconds of one prediction, over batches of distinct rows.
double single_row_microseconds(const archmlp::model::Forest& forest, const std::vector<float>& x) {
  const std::size_t cols = forest.feature_count();
  const std::size_t rows = std::min<std::size_t>(x.size() / cols, 2000);
  std::vector<double> out(forest.output_count());
  std::vector<double> times;
  for (int repeat = 0; repeat < 9; ++repeat) {
    const auto start = Clock::now();
    for (std::size_t row = 0; row < rows; ++row) {
      forest.predict_row(std::span(x).subspan(row * cols, cols), out);
    }
    times.push_back(seconds_since(start) * 1e6 / static_cast<double>(rows));
  }
  std::nth_element(times.begin(), times.begin() + 4, times.end());
  return times[4];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9 && argc != 10) {
    std::cerr
        << "usage: bench_forest TASK FEATURES TRAIN_X TRAIN_Y TEST_X PREDICTIONS THREADS PARAMS [MODEL]\n";
    return 1;
  }
  const Task task = std::string(argv[1]) == "regression" ? Task::kRegression : Task::kClassification;
  const auto cols = static_cast<std::size_t>(std::stoul(argv[2]));
  const std::vector<float> x = read_all<float>(argv[3]);
  const archmlp::train::Labels labels = read_labels(task, argv[4]);
  const std::vector<float> x_test = read_all<float>(argv[5]);
  const int threads = std::stoi(argv[7]);
  archmlp::contract::ForestParams params;
  const auto set = archmlp::contract::set_fields(archmlp::contract::forest_fields(), &params,
                                                 Json::parse(argv[8]), "params");
  if (!set.ok()) {
    std::cerr << to_string(set.error()) << '\n';
    return 1;
  }

  const double data_megabytes = peak_megabytes();
  const double processor_start = processor_seconds();
  const auto start = Clock::now();
  const auto fitted = archmlp::train::fit_forest(MatrixView::row_major(x.data(), x.size() / cols, cols),
                                                 labels, params, {.thread_count = threads});
  const double fit_seconds = seconds_since(start);
  const double fit_processor_seconds = processor_seconds() - processor_start;
  if (!fitted.ok()) {
    std::cerr << to_string(fitted.error()) << '\n';
    return 1;
  }
  const double fit_megabytes = peak_megabytes();

  const archmlp::model::Forest& forest = *fitted->forest;
  if (argc == 10) {
    const std::vector<std::byte> bytes = forest.to_bytes();
    std::ofstream(argv[9], std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  const std::size_t test_rows = x_test.size() / cols;
  std::vector<double> out(test_rows * forest.output_count());
  const auto predict_start = Clock::now();
  const auto predicted = forest.predict(MatrixView::row_major(x_test.data(), test_rows, cols), out, threads);
  const double predict_seconds = seconds_since(predict_start);
  if (!predicted.ok()) return 1;
  std::ofstream predictions(argv[6], std::ios::binary);
  for (std::size_t row = 0; row < test_rows; ++row) {
    predictions.write(reinterpret_cast<const char*>(&out[(row + 1) * forest.output_count() - 1]),
                      sizeof(double));
  }

  Json report = forest.summary();
  report["fit_seconds"] = fit_seconds;
  report["fit_processor_seconds"] = fit_processor_seconds;
  report["predict_seconds"] = predict_seconds;
  report["single_row_us"] = single_row_microseconds(forest, x_test);
  report["data_mb"] = data_megabytes;
  report["peak_mb"] = fit_megabytes;
  if (fitted->out_of_bag && fitted->out_of_bag->score) report["oob_score"] = *fitted->out_of_bag->score;
  std::cout << report.dump() << '\n';
  return 0;
}

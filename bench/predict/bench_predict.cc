// Predicts with a forest that bench_forest wrote and prints one JSON object; run.py compares it with others.
// bench_predict MODEL TEST_X PREDICTIONS ROUNDS
//   MODEL        bytes of a forest: contracts/model-format-forest.md
//   TEST_X       float32, row-major
//   PREDICTIONS  written: float64, the last output of each row
//   ROUNDS       the best counts

#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "archmlp/base/file.h"
#include "archmlp/model/forest.h"
#include "measure.h"

namespace {

using archmlp::base::MappedFile;
using archmlp::model::Forest;
using archmlp::model::MatrixView;
using namespace archmlp::bench;

/// Microseconds of each of at most 20000 calls, ascending. Every call has another row.
std::vector<double> single_row_times(const Forest& forest, MatrixView x) {
  std::vector<double> out(forest.output_count());
  std::vector<double> times(std::min<std::size_t>(x.rows, 20000));
  for (std::size_t row = 0; row < times.size(); ++row) {
    const auto start = Clock::now();
    forest.predict_row({x.data + row * x.cols, x.cols}, out);
    times[row] = seconds_since(start) * 1e6;
  }
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: bench_predict MODEL TEST_X PREDICTIONS ROUNDS\n";
    return 1;
  }
  const MappedFile model = or_exit(MappedFile::open(argv[1]));
  const MappedFile test = or_exit(MappedFile::open(argv[2]));
  nlohmann::ordered_json report;
  double load = 1e9;
  double batch = 1e9;
  double p50 = 1e9;
  double p99 = 1e9;
  std::vector<double> out;
  for (int round = 0; round < std::stoi(argv[4]); ++round) {
    const auto load_start = Clock::now();
    const auto forest = or_exit(Forest::from_bytes(model.bytes()));
    load = std::min(load, seconds_since(load_start));
    const std::size_t cols = forest->feature_count();
    const MatrixView x = MatrixView::row_major(reinterpret_cast<const float*>(test.bytes().data()),
                                               test.bytes().size() / sizeof(float) / cols, cols);
    out.resize(x.rows * forest->output_count());
    const double start = processor_seconds();
    if (!forest->predict(x, out, 1).ok()) return 1;
    batch = std::min(batch, processor_seconds() - start);
    const std::vector<double> times = single_row_times(*forest, x);
    p50 = std::min(p50, times[times.size() / 2]);
    p99 = std::min(p99, times[times.size() * 99 / 100]);
    if (report.is_null()) {
      report = forest->summary();
      report["rows"] = x.rows;
      std::ofstream predictions(argv[3], std::ios::binary);
      for (std::size_t i = forest->output_count() - 1; i < out.size(); i += forest->output_count())
        predictions.write(reinterpret_cast<const char*>(&out[i]), sizeof(double));
    }
  }
  report["load_ms"] = load * 1e3;
  report["row_p50_us"] = p50;
  report["row_p99_us"] = p99;
  report["batch_seconds"] = batch;
  std::cout << report.dump() << '\n';
  return 0;
}

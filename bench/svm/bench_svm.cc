// Trains and predicts on raw files that run.py wrote and prints one JSON object; run.py compares it with
// scikit-learn and LIBLINEAR.
// bench_svm solve COLUMNS X Y OPTIONS          the solver, on the dual of two classes
// bench_svm fit COLUMNS X Y PARAMS MODEL       the trainer, two threads, to a model's bytes
// bench_svm predict MODEL X DECISIONS THREADS  from those bytes: a batch, and row by row
//   X        float32, row-major; Y uint32 class indices
//   OPTIONS  JSON object: kernel, gamma, C, tol, bias, threads, cache_size (MB); categories: how many of them
//            the columns of X hold the numbers of
//   PARAMS   JSON object of the trainer's parameters
//   MODEL, DECISIONS  written: bytes, float64

#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "archmlp/base/file.h"
#include "archmlp/contract/field_table.h"
#include "archmlp/contract/svm_params.h"
#include "archmlp/model/svm.h"
#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/svm_trainer.h"
#include "measure.h"

namespace {

using archmlp::base::to_string;
using archmlp::model::MatrixView;
using namespace archmlp::bench;
using Json = nlohmann::ordered_json;

/// Times, memory and what the certificate says.
class Report {
 public:
  Json finish(const archmlp::model::SvmCertificate& certificate) const {
    Json report;
    report["seconds"] = seconds_since(start_);
    report["processor_seconds"] = processor_seconds() - processor_start_;
    report["data_mb"] = data_megabytes_;
    report["peak_mb"] = peak_megabytes();
    report["converged"] = certificate.converged();
    report["violation"] = certificate.violation;
    report["primal"] = certificate.primal;
    report["dual"] = certificate.dual;
    report["relative_gap"] = certificate.gap() / certificate.primal;
    report["iterations"] = certificate.iterations;
    return report;
  }

 private:
  double data_megabytes_ = peak_megabytes(), processor_start_ = processor_seconds();
  Clock::time_point start_ = Clock::now();
};

int solve(const std::vector<std::string>& arguments) {
  const auto cols = static_cast<std::size_t>(std::stoul(arguments[1]));
  const std::vector<float> x = read_all<float>(arguments[2]);
  const std::vector<std::uint32_t> y = read_all<std::uint32_t>(arguments[3]);
  const Json options = Json::parse(arguments[4]);
  archmlp::svm::DualProblem problem{
      .x = MatrixView::row_major(x.data(), y.size(), cols),
      .kernel = {.kind = options.value("kernel", "linear") == "linear" ? archmlp::model::KernelKind::kLinear
                                                                       : archmlp::model::KernelKind::kRbf,
                 .gamma = options.value("gamma", 1.0)},
      .variables = {},
      .bias = options.value("bias", true)};
  std::vector<std::uint32_t> category_counts;
  if (options.contains("categories")) {
    category_counts.assign(cols, options.at("categories").get<std::uint32_t>());
    problem.category_counts = category_counts;
  }
  problem.variables.reserve(y.size());
  for (std::uint32_t row = 0; row < y.size(); ++row) {
    problem.variables.push_back({.row = row,
                                 .sign = static_cast<std::int8_t>(y[row] == 1 ? 1 : -1),
                                 .linear = -1,
                                 .upper = options.value("C", 1.0)});
  }
  const Report measured;
  const auto solved = or_exit(archmlp::svm::solve_dual(
      problem, {.tol = options.value("tol", 1e-3),
                .cache_bytes = static_cast<std::size_t>(options.value("cache_size", 200.0) * 1048576.0),
                .thread_count = options.value("threads", 0)}));
  Json report = measured.finish(solved.certificate);
  report["support_vectors"] =
      std::count_if(solved.alpha.begin(), solved.alpha.end(), [](double alpha) { return alpha > 0; });
  std::cout << report.dump() << '\n';
  return 0;
}

int fit(const std::vector<std::string>& arguments) {
  const auto cols = static_cast<std::size_t>(std::stoul(arguments[1]));
  const std::vector<float> x = read_all<float>(arguments[2]);
  const std::vector<std::uint32_t> y = read_all<std::uint32_t>(arguments[3]);
  archmlp::contract::SvmParams params;
  const auto set = archmlp::contract::set_fields(archmlp::contract::svm_fields(), &params,
                                                 Json::parse(arguments[4]), "params");
  if (!set.ok()) {
    std::cerr << to_string(set.error()) << '\n';
    return 1;
  }
  archmlp::svm::SvmLabels labels;
  labels.classes = {std::int64_t{0}, std::int64_t{1}};
  labels.class_indices = y;
  const Report measured;
  const auto model = or_exit(archmlp::svm::fit_svm(MatrixView::row_major(x.data(), y.size(), cols), labels,
                                                   params, {.thread_count = 2}));
  Json report = measured.finish(model->certificates().front());
  report["support_vectors"] = model->support_vector_count();
  write_all(arguments[5], model->to_bytes());
  std::cout << report.dump() << '\n';
  return 0;
}

/// Median microseconds of at most 2000 calls, each of another row.
double row_microseconds(const archmlp::model::Svm& model, MatrixView x) {
  std::vector<double> out(model.output_count());
  std::vector<double> times(std::min<std::size_t>(x.rows, 2000));
  for (std::size_t row = 0; row < times.size(); ++row) {
    const auto start = Clock::now();
    model.predict_row({x.data + row * x.cols, x.cols}, out);
    times[row] = seconds_since(start) * 1e6;
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

int predict(const std::vector<std::string>& arguments) {
  const auto bytes = or_exit(archmlp::base::MappedFile::open(arguments[1]));
  const auto model = or_exit(archmlp::model::Svm::from_bytes(bytes.bytes()));
  const std::vector<float> x = read_all<float>(arguments[2]);
  const std::size_t cols = model->feature_count();
  const MatrixView rows = MatrixView::row_major(x.data(), x.size() / cols, cols);
  std::vector<double> out(rows.rows * model->output_count());
  const double processor_start = processor_seconds();
  const auto start = Clock::now();
  if (!model->predict(rows, out, std::stoi(arguments[4])).ok()) return 1;
  Json report;
  report["seconds"] = seconds_since(start);
  report["processor_seconds"] = processor_seconds() - processor_start;
  report["row_us"] = row_microseconds(*model, rows);
  report["support_vectors"] = model->support_vector_count();
  write_all(arguments[3], out);
  std::cout << report.dump() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 5 && arguments[0] == "solve") return solve(arguments);
  if (arguments.size() == 6 && arguments[0] == "fit") return fit(arguments);
  if (arguments.size() == 5 && arguments[0] == "predict") return predict(arguments);
  std::cerr << "usage: bench_svm solve|fit|predict …, as its source says\n";
  return 1;
}

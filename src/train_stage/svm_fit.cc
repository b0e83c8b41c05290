#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/metrics/classification.h"
#include "archmlp/metrics/regression.h"
#include "archmlp/model/svm.h"
#include "archmlp/svm/solve_linear.h"
#include "archmlp/svm/svm_trainer.h"
#include "archmlp/train_stage/fitted_model.h"
#include "archmlp/train_stage/labels.h"

namespace archmlp::train_stage {
namespace {

using contract::SvmParams;
using contract::Task;
using Clock = std::chrono::steady_clock;

constexpr double kUnlikeRanges = 1000;     // of two features: then the larger one is nearly all that counts
constexpr std::size_t kManyRows = 20'000;  // of a fit that is worth an estimate
constexpr std::size_t kProbeRows = 2000;
constexpr double kLongSeconds = 30;

svm::SvmLabels labels_view(const train::Labels& labels) {
  return {.task = labels.task,
          .classes = labels.classes,
          .class_indices = labels.class_indices,
          .values = labels.values,
          .weights = labels.weights};
}

/// The widest and the narrowest feature, if distances between rows are those of the widest alone.
std::optional<std::string> unlike_ranges(const TrainInputs& inputs) {
  const model::MatrixView x = inputs.view();
  std::vector<float> low(inputs.matrix.begin(), inputs.matrix.begin() + static_cast<std::ptrdiff_t>(x.cols));
  std::vector<float> high = low;
  for (std::size_t row = 1; row < x.rows; ++row) {
    for (std::size_t col = 0; col < x.cols; ++col) {
      low[col] = std::min(low[col], x.at(row, col));
      high[col] = std::max(high[col], x.at(row, col));
    }
  }
  std::size_t widest = 0, narrowest = 0;
  double most = 0, least = std::numeric_limits<double>::infinity();
  for (std::size_t col = 0; col < x.cols; ++col) {
    if (inputs.category_counts[col] > 0) continue;
    const double range = static_cast<double>(high[col]) - static_cast<double>(low[col]);
    if (range > most) {
      most = range;
      widest = col;
    }
    if (range > 0 && range < least) {
      least = range;
      narrowest = col;
    }
  }
  if (!(most > kUnlikeRanges * least)) return std::nullopt;
  return fmt::format(
      "the features differ in scale: {} spans {:.3g}, {} only {:.3g}, so that it hardly counts; --scale "
      "brings "
      "them to the same scale, which is mostly better and faster",
      base::quoted(inputs.features[widest]), most, base::quoted(inputs.features[narrowest]), least);
}

/// Every k-th row of the training rows, to try a fit on.
struct Probe {
  std::vector<float> matrix;
  train::Labels labels;
  std::size_t rows = 0;
};

Probe every_kth_row(const TrainInputs& inputs) {
  Probe probe;
  probe.labels.task = inputs.labels.task;
  probe.labels.classes = inputs.labels.classes;
  const std::size_t step = inputs.row_count / kProbeRows, cols = inputs.features.size();
  const auto take = [](auto& to, const auto& from, std::size_t row) {
    if (!from.empty()) to.push_back(from[row]);
  };
  for (std::size_t row = 0; row < inputs.row_count; row += step, ++probe.rows) {
    const auto begin = inputs.matrix.begin() + static_cast<std::ptrdiff_t>(row * cols);
    probe.matrix.insert(probe.matrix.end(), begin, begin + static_cast<std::ptrdiff_t>(cols));
    take(probe.labels.class_indices, inputs.labels.class_indices, row);
    take(probe.labels.values, inputs.labels.values, row);
    take(probe.labels.weights, inputs.labels.weights, row);
  }
  return probe;
}

/// How long the fit may take, from one on few rows: the work of a kernel grows with the square of the rows.
std::optional<double> estimated_seconds(const TrainInputs& inputs, const SvmParams& params,
                                        const svm::SvmFitOptions& options) {
  const bool is_quick = params.kernel == "linear" &&
                        (!inputs.categories.empty() || inputs.features.size() <= svm::kMostInteriorColumns);
  if (is_quick || inputs.row_count < kManyRows) return std::nullopt;
  const Probe probe = every_kth_row(inputs);
  svm::SvmFitOptions quiet = options;
  quiet.progress = &base::no_progress();
  const auto start = Clock::now();
  const auto fitted =
      svm::fit_svm(model::MatrixView::row_major(probe.matrix.data(), probe.rows, inputs.features.size()),
                   labels_view(probe.labels), params, quiet);
  if (!fitted.ok())
    return std::nullopt;  // few rows may lack a class; what else is wrong, the fit itself says
  const double growth = static_cast<double>(inputs.row_count) / static_cast<double>(probe.rows);
  return std::chrono::duration<double>(Clock::now() - start).count() * growth * growth;
}

std::string duration_text(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} seconds", seconds);
  if (seconds < 90 * 60) return fmt::format("{:.0f} minutes", seconds / 60);
  return fmt::format("{:.0f} hours", seconds / 3600);
}

void say_how_long(const FitJob& job, const SvmParams& params, const svm::SvmFitOptions& options,
                  const std::vector<std::string>& warnings) {
  const std::optional<double> seconds = estimated_seconds(job.inputs, params, options);
  if (!seconds || *seconds < kLongSeconds) return;
  std::string text = fmt::format(
      "this fit may take about {} for {} rows, as the time grows with the square of the rows; {}a "
      "random_forest "
      "takes a fraction of it, a `sample` step fewer rows, and --max-time stops with what there is by then",
      duration_text(*seconds), base::with_thousands(job.inputs.row_count),
      params.kernel == "linear" ? "" : "--kernel linear or ");
  for (const std::string& warning : warnings) text += "; " + warning;
  job.progress.notice(text);
}

base::Result<std::optional<double>> score(const model::Svm& svm, const ScoredRows& rows, int thread_count) {
  const std::size_t outputs = svm.output_count();
  std::vector<double> found(rows.row_count * outputs);
  TRY(svm.predict(rows.view(), found, thread_count));
  if (rows.labels.task == Task::kRegression) return metrics::r2(rows.labels.values, found);
  std::vector<std::uint32_t> predicted;
  for (std::size_t row = 0; row < rows.row_count; ++row) {
    predicted.push_back(
        static_cast<std::uint32_t>(svm.class_of(std::span(found).subspan(row * outputs, outputs))));
  }
  return metrics::accuracy(
      metrics::confusion_matrix(rows.labels.class_indices, predicted, rows.labels.classes.size()));
}

}  // namespace

base::Result<FittedModel> fit_svm_model(const FitJob& job, nlohmann::ordered_json& lineage) {
  SvmParams params = job.options.config.svm;
  params.class_weight = TRY(settle_class_weight(params.class_weight, job.label));
  lineage["parameters"] = contract::get_fields(contract::svm_fields(), &params);
  svm::SvmFitOptions options{
      .thread_count = job.options.thread_count, .progress = &job.progress, .deadline = job.deadline};
  if (!job.inputs.categories.empty()) options.category_counts = job.inputs.category_counts;
  FittedModel fitted;
  if (!params.scale) {
    if (auto warning = unlike_ranges(job.inputs)) fitted.warnings.push_back(*std::move(warning));
  }
  say_how_long(job, params, options, fitted.warnings);
  options.warnings = &fitted.warnings;
  std::unique_ptr<const model::Svm> svm =
      TRY(svm::fit_svm(job.inputs.view(), labels_view(job.inputs.labels), params, options));
  for (const model::SvmCertificate& certificate : svm->certificates())
    fitted.met_deadline = fitted.met_deadline && certificate.stopped_by != model::SvmStop::kMaxTime;
  if (job.inputs.scored) {
    const auto value = TRY(score(*svm, *job.inputs.scored, job.options.thread_count));
    if (value) fitted.metrics["validation"] = validation_metrics(*job.inputs.scored, *value);
  }
  fitted.model = std::move(svm);
  return fitted;
}

}  // namespace archmlp::train_stage

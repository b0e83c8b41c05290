#include "archmlp/evaluate/evaluate.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <memory>
#include <span>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/metrics/regression.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/prepared/prepared_data.h"

namespace archmlp::evaluate {
namespace {

using contract::Task;

/// Test rows of another split may be rows that the model was trained on.
std::optional<std::string> other_preparation(const bundle::Bundle& bundle,
                                             const prepared::PreparedData& data) {
  if (!data.contract) return std::nullopt;
  const auto inputs = bundle.lineage().find("inputs");
  if (inputs == bundle.lineage().end() || !inputs->is_object()) return std::nullopt;
  const auto trained_on = inputs->find("x_train");
  const auto recorded = data.contract->files.find("x_train.csv");
  if (trained_on == inputs->end() || recorded == data.contract->files.end()) return std::nullopt;
  if (*trained_on == recorded->second.sha256) return std::nullopt;
  return "contract.json describes another preparation than the model was trained on (other data, recipe or "
         "seed): "
         "some of these rows may have been used for training";
}

std::string class_name(const contract::LabelSchema& label, std::size_t index) {
  return base::quoted(contract::to_text(label.classes[index]));
}

/// Some columns of the outputs, [n, count].
std::vector<double> columns_of(std::span<const double> outputs, std::size_t width, std::size_t first,
                               std::size_t count) {
  std::vector<double> columns;
  columns.reserve(outputs.size() / width * count);
  for (std::size_t begin = first; begin < outputs.size(); begin += width) {
    const auto from = outputs.begin() + static_cast<std::ptrdiff_t>(begin);
    columns.insert(columns.end(), from, from + static_cast<std::ptrdiff_t>(count));
  }
  return columns;
}

/// How much the model holds by each class, for metrics that rank rows: [n, classes], or of two classes [n,
/// 1], the second one's; empty: it speaks of pairs of classes alone.
std::vector<double> class_scores(const model::OutputLayout& layout, std::span<const double> outputs) {
  // Of two classes the decision ranks rows as the label goes; a sigmoid that came out reversed would not.
  if (layout.probabilities > 0 && layout.decisions != 1)
    return columns_of(outputs, layout.count(), layout.decisions, layout.probabilities);
  if (layout.are_of_pairs) return {};
  return columns_of(outputs, layout.count(), 0, layout.decisions);
}

/// One class against the rest, averaged over the classes. None if it is undefined for any, or there are no
/// scores.
template <typename Metric>
std::optional<double> one_against_rest(std::span<const std::uint32_t> actual,
                                       std::span<const double> class_scores, std::size_t class_count,
                                       const Metric& metric) {
  const std::size_t row_count = actual.size();
  std::vector<std::uint8_t> is_positive(row_count);
  std::vector<double> scores(row_count);
  if (class_scores.empty()) return std::nullopt;
  const std::size_t width = class_scores.size() / row_count;  // 1: of the second of two classes
  const std::size_t first = class_count == 2 ? 1 : 0;
  double sum = 0.0;
  for (std::size_t positive = first; positive < class_count; ++positive) {
    for (std::size_t row = 0; row < row_count; ++row) {
      is_positive[row] = actual[row] == positive ? 1 : 0;
      scores[row] = class_scores[row * width + (width == 1 ? 0 : positive)];
    }
    const std::optional<double> value = metric(is_positive, scores);
    if (!value) return std::nullopt;
    sum += *value;
  }
  return sum / static_cast<double>(class_count - first);
}

void explain_undefined(Evaluation& evaluation, const model::OutputLayout& layout) {
  const contract::LabelSchema& label = evaluation.label;
  std::vector<std::string> undefined;
  const auto note = [&](std::string_view name, const std::optional<double>& value) {
    if (!value) undefined.emplace_back(name);
  };
  if (label.task == Task::kRegression) {
    note("root_mean_squared_error", evaluation.root_mean_squared_error);
    note("mean_absolute_error", evaluation.mean_absolute_error);
    note("r2", evaluation.r2);
    if (!undefined.empty()) {
      evaluation.warnings.push_back(
          fmt::format("{} undefined: {}", fmt::join(undefined, ", "),
                      evaluation.row_count == 0 ? "there are no rows" : "the label is constant"));
    }
    return;
  }
  std::vector<std::string> absent;
  std::vector<std::string> never_predicted;
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    if (evaluation.classes[i].support == 0) absent.push_back(class_name(label, i));
    if (!evaluation.classes[i].precision) never_predicted.push_back(class_name(label, i));
  }
  note("cohen_kappa", evaluation.cohen_kappa);
  note("accuracy", evaluation.accuracy);
  note("balanced_accuracy", evaluation.balanced_accuracy);
  note("matthews_corrcoef", evaluation.matthews_corrcoef);
  const bool has_probabilities = layout.probabilities > 0;
  if (!has_probabilities && layout.are_of_pairs) {
    evaluation.warnings.emplace_back(
        "roc_auc, average_precision undefined: the model gives the decisions of pairs of classes (ovo), not "
        "of "
        "classes");
  } else {
    note("roc_auc", evaluation.roc_auc);
    note("average_precision", evaluation.average_precision);
  }
  if (has_probabilities) {
    note("log_loss", evaluation.log_loss);
  } else {
    evaluation.warnings.emplace_back(
        "log_loss undefined: the model gives decisions, not probabilities (train it with --probability)");
  }
  if (!undefined.empty()) {
    const std::string cause = evaluation.row_count == 0 ? "there are no rows"
                              : absent.empty()
                                  ? "only one class is there or predicted"
                                  : fmt::format("no row is of class {}", fmt::join(absent, ", "));
    evaluation.warnings.push_back(fmt::format("{} undefined: {}", fmt::join(undefined, ", "), cause));
  }
  if (!never_predicted.empty() && evaluation.row_count > 0) {
    evaluation.warnings.push_back(fmt::format("precision undefined for class {}: it was never predicted",
                                              fmt::join(never_predicted, ", ")));
  }
}

void score_classes(Evaluation& evaluation, const model::Model& model, std::span<const std::uint32_t> actual,
                   std::span<const double> outputs) {
  const std::size_t class_count = evaluation.label.classes.size(), width = model.output_count();
  std::vector<std::uint32_t> predicted(actual.size());
  for (std::size_t row = 0; row < predicted.size(); ++row)
    predicted[row] = static_cast<std::uint32_t>(model.class_of(outputs.subspan(row * width, width)));
  metrics::ConfusionMatrix matrix = metrics::confusion_matrix(actual, predicted, class_count);
  evaluation.classes = metrics::class_scores(matrix);
  evaluation.cohen_kappa = metrics::cohen_kappa(matrix);
  evaluation.accuracy = metrics::accuracy(matrix);
  evaluation.balanced_accuracy = metrics::balanced_accuracy(matrix);
  evaluation.matthews_corrcoef = metrics::matthews_corrcoef(matrix);
  evaluation.confusion_matrix = std::move(matrix);
  if (class_count < 2) return;
  const model::OutputLayout layout = model.outputs();
  const std::vector<double> scores = class_scores(layout, outputs);
  evaluation.roc_auc = one_against_rest(actual, scores, class_count, metrics::roc_auc);
  evaluation.average_precision = one_against_rest(actual, scores, class_count, metrics::average_precision);
  if (layout.probabilities == 0) return;
  evaluation.log_loss = metrics::log_loss(
      actual, columns_of(outputs, layout.count(), layout.decisions, class_count), class_count);
}

void score_values(Evaluation& evaluation, const table::Column& label, std::span<const double> predicted) {
  std::vector<double> actual(label.row_count());
  table::copy_as_doubles(label, actual);
  evaluation.root_mean_squared_error = metrics::root_mean_squared_error(actual, predicted);
  evaluation.mean_absolute_error = metrics::mean_absolute_error(actual, predicted);
  evaluation.r2 = metrics::r2(actual, predicted);
}

}  // namespace

base::Result<Evaluation> evaluate_files(const EvaluateOptions& options, base::Progress& progress) {
  const std::shared_ptr<const bundle::Bundle> bundle = TRY(bundle::Bundle::load(options.model));
  const contract::DatasetContract& contract = bundle->contract();
  const prepared::PreparedReader reader =
      TRY(prepared::PreparedReader::open({.x = options.x_test,
                                          .y = options.y_test,
                                          .reader = "evaluate",
                                          .require_all_files = false,
                                          .thread_count = options.thread_count}));
  base::Result<prepared::PreparedData> read =
      reader.read_as(contract.features, prepared::label_column(contract.label), progress);
  if (!read.ok() && !reader.contract() && contract.has_raw &&
      read.error().code == base::ErrorCode::kInvalidInput) {
    read.error().hint += std::string(read.error().hint.empty() ? "" : "; ") +
                         "evaluate takes prepared features, as in x_test.csv and y_test.csv, not raw rows";
  }
  const prepared::PreparedData data = TRY(std::move(read));

  Evaluation evaluation;
  evaluation.label = contract.label;
  evaluation.row_count = data.x.row_count();
  evaluation.warnings = data.warnings;
  if (auto warning = other_preparation(*bundle, data)) evaluation.warnings.push_back(*std::move(warning));

  const predict::Predictor predictor(bundle);
  base::Result<predict::BatchPrediction> scored =
      predictor.predict(data.x, predict::RecordForm::kPrepared, options.thread_count);
  if (!scored.ok()) return base::located(options.x_test.string(), std::move(scored).error());
  if (contract.label.task == Task::kRegression) {
    score_values(evaluation, data.y.column(0), scored->outputs);
  } else {
    const std::vector<std::uint32_t> actual =
        TRY(prepared::class_indices(data.y.column(0), contract.label.classes, options.y_test.string()));
    score_classes(evaluation, bundle->model(), actual, scored->outputs);
  }
  explain_undefined(evaluation, bundle->model().outputs());
  return evaluation;
}

}  // namespace archmlp::evaluate

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/evaluate/evaluate.h"

namespace archmlp::evaluate {
namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string shown(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : std::string("undefined");
}

/// Code points: what a terminal shows, but for wide and combining characters.
std::size_t width_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

enum class Align { kLeft, kRight };
void append_cell(std::string& out, std::string_view text, std::size_t width, Align align) {
  const std::string padding(width - std::min(width, width_of(text)), ' ');
  if (align == Align::kRight) out += padding;
  out += text;
  if (align == Align::kLeft) out += padding;
}

/// Rows of cells, the first column to the left, the others to the right, each as wide as it needs.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += "  ";
      append_cell(line, row[i], widths[i], i == 0 ? Align::kLeft : Align::kRight);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

/// A class as a heading: cut where it is long, control characters escaped.
std::string heading(const contract::Value& value) {
  std::string text = contract::to_text(value);
  const std::string escaped = base::quoted(text);
  return escaped.substr(1, escaped.size() - 2);
}

std::string confusion_text(const Evaluation& evaluation) {
  const metrics::ConfusionMatrix& matrix = *evaluation.confusion_matrix;
  std::vector<std::vector<std::string>> rows(1, {"actual \\ predicted"});
  for (const contract::Value& value : evaluation.label.classes) rows[0].push_back(heading(value));
  for (std::size_t actual = 0; actual < matrix.class_count; ++actual) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(heading(evaluation.label.classes[actual]));
    for (std::size_t predicted = 0; predicted < matrix.class_count; ++predicted) {
      row.push_back(base::with_thousands(matrix.at(actual, predicted)));
    }
  }
  return aligned(rows);
}

std::string classes_text(const Evaluation& evaluation) {
  std::vector<std::vector<std::string>> rows = {{"class", "precision", "recall", "f1", "support"}};
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    const metrics::ClassScores& scores = evaluation.classes[i];
    rows.push_back({heading(evaluation.label.classes[i]), shown(scores.precision), shown(scores.recall),
                    shown(scores.f1), base::with_thousands(scores.support)});
  }
  return aligned(rows);
}

std::string classification_text(const Evaluation& evaluation) {
  std::string kappa = shown(evaluation.cohen_kappa);
  if (evaluation.cohen_kappa) kappa += fmt::format(" ({})", metrics::landis_koch(*evaluation.cohen_kappa));
  std::string out = fmt::format(
      "Cohen's kappa      {}\naccuracy           {}\nbalanced accuracy  {}\nMatthews corrcoef  {}\n"
      "ROC AUC            {}\naverage precision  {}\nlog loss           {}\nrows               {}\n",
      kappa, shown(evaluation.accuracy), shown(evaluation.balanced_accuracy),
      shown(evaluation.matthews_corrcoef), shown(evaluation.roc_auc), shown(evaluation.average_precision),
      shown(evaluation.log_loss), base::with_thousands(evaluation.row_count));
  out += "\nConfusion matrix\n" + confusion_text(evaluation);
  out += "\nScores of each class\n" + classes_text(evaluation);
  return out;
}

std::string regression_text(const Evaluation& evaluation) {
  const auto exact = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.6g}", *value) : std::string("undefined");
  };
  return fmt::format("RMSE  {}\nMAE   {}\nR²    {}\nrows  {}\n", exact(evaluation.root_mean_squared_error),
                     exact(evaluation.mean_absolute_error), shown(evaluation.r2),
                     base::with_thousands(evaluation.row_count));
}

Json confusion_json(const metrics::ConfusionMatrix& matrix) {
  Json rows = Json::array();
  for (std::size_t actual = 0; actual < matrix.class_count; ++actual) {
    Json& row = rows.emplace_back(Json::array());
    for (std::size_t predicted = 0; predicted < matrix.class_count; ++predicted) {
      row.push_back(matrix.at(actual, predicted));
    }
  }
  return rows;
}

void add_classification(Json& json, const Evaluation& evaluation) {
  json["cohen_kappa"] = number(evaluation.cohen_kappa);
  json["landis_koch"] =
      evaluation.cohen_kappa ? Json(metrics::landis_koch(*evaluation.cohen_kappa)) : Json(nullptr);
  json["accuracy"] = number(evaluation.accuracy);
  json["balanced_accuracy"] = number(evaluation.balanced_accuracy);
  json["matthews_corrcoef"] = number(evaluation.matthews_corrcoef);
  json["roc_auc"] = number(evaluation.roc_auc);
  json["average_precision"] = number(evaluation.average_precision);
  json["log_loss"] = number(evaluation.log_loss);
  json["confusion_matrix"] = confusion_json(*evaluation.confusion_matrix);
  Json& classes = json["classes"] = Json::array();
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    const metrics::ClassScores& scores = evaluation.classes[i];
    Json entry = Json::object();
    entry["class"] = contract::to_json(evaluation.label.classes[i]);
    entry["precision"] = number(scores.precision);
    entry["recall"] = number(scores.recall);
    entry["f1"] = number(scores.f1);
    entry["support"] = scores.support;
    classes.push_back(std::move(entry));
  }
}

}  // namespace

Json to_json(const Evaluation& evaluation) {
  Json json = Json::object();
  json["task"] = contract::to_string(evaluation.label.task);
  json["label"] = evaluation.label.name;
  json["row_count"] = evaluation.row_count;
  if (evaluation.confusion_matrix) {
    add_classification(json, evaluation);
  } else {
    json["root_mean_squared_error"] = number(evaluation.root_mean_squared_error);
    json["mean_absolute_error"] = number(evaluation.mean_absolute_error);
    json["r2"] = number(evaluation.r2);
  }
  json["warnings"] = evaluation.warnings;
  return json;
}

std::string to_text(const Evaluation& evaluation) {
  std::string out =
      evaluation.confusion_matrix ? classification_text(evaluation) : regression_text(evaluation);
  for (const std::string& warning : evaluation.warnings) out += "warning: " + warning + '\n';
  return out;
}

}  // namespace archmlp::evaluate

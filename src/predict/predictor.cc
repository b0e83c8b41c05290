#include "archmlp/predict/predictor.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::predict {
namespace {

using contract::ColumnKind;
using contract::ColumnSchema;

/// A column of nothing, in place of one that nothing depends on.
table::Column missing_column(const ColumnSchema& column, std::size_t row_count) {
  switch (column.kind) {
    case ColumnKind::kInteger:
      return {column.name, table::IntegerCells{.values = std::vector<std::int64_t>(row_count),
                                               .missing = std::vector<std::uint8_t>(row_count, 1)}};
    case ColumnKind::kBoolean:
      return {column.name, table::BooleanCells{.values = std::vector<std::int8_t>(row_count, -1)}};
    case ColumnKind::kText:
      return {column.name, table::TextCells{.codes = std::vector<std::int32_t>(row_count, -1), .levels = {}}};
    case ColumnKind::kReal:
      break;
  }
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  return {column.name, table::RealCells{.values = std::vector<double>(row_count, kMissing)}};
}

/// One for each class or each pair of classes; none for a single decision.
std::vector<std::string> names_of_decisions(const model::OutputLayout& layout,
                                            const std::vector<contract::Value>& classes) {
  std::vector<std::string> names;
  if (layout.decisions <= 1) return names;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (!layout.are_of_pairs) {
      names.push_back(contract::to_text(classes[i]));
      continue;
    }
    for (std::size_t j = i + 1; j < classes.size(); ++j)
      names.push_back(contract::to_text(classes[i]) + " vs " + contract::to_text(classes[j]));
  }
  return names;
}

std::string json_key(const std::string& name) { return nlohmann::ordered_json(name).dump() + ": "; }

void append_number(std::string& out, double value) {
  if (std::isfinite(value)) {
    base::append_real(out, value);
  } else {
    out += "null";  // JSON has no other word for it
  }
}

void append_by_name(std::string& out, const std::vector<std::string>& keys, std::span<const double> values) {
  out += '{';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ", ";
    out += keys[i];
    append_number(out, values[i]);
  }
  out += '}';
}

}  // namespace

Predictor::Predictor(std::shared_ptr<const bundle::Bundle> bundle) : bundle_(std::move(bundle)) {
  const contract::DatasetContract& contract = bundle_->contract();
  if (const transform::Plan* plan = bundle_->plan(); plan != nullptr) {
    raw_schema_ = plan->input();
    for (std::size_t i = 0; i < raw_schema_.columns.size(); ++i) {
      if (!plan->needed()[i]) raw_ignored_.push_back(raw_schema_.columns[i].name);
    }
  }
  raw_ignored_.push_back(contract.label.name);
  prepared_ignored_.push_back(contract.label.name);
  for (const contract::Value& value : contract.label.classes) {
    class_json_.push_back(contract::to_json(value).dump());
    class_keys_json_.push_back(json_key(contract::to_text(value)));
  }
  decision_names_ = names_of_decisions(layout(), contract.label.classes);
  for (const std::string& name : decision_names_) decision_keys_json_.push_back(json_key(name));
}

bool Predictor::accepts(RecordForm form) const noexcept {
  return form == RecordForm::kPrepared || bundle_->plan() != nullptr;
}

RecordForm Predictor::default_form() const noexcept {
  return bundle_->plan() != nullptr ? RecordForm::kRaw : RecordForm::kPrepared;
}

const contract::Schema& Predictor::schema(RecordForm form) const noexcept {
  return form == RecordForm::kRaw ? raw_schema_ : bundle_->contract().features;
}

const std::vector<std::string>& Predictor::ignored(RecordForm form) const noexcept {
  return form == RecordForm::kRaw ? raw_ignored_ : prepared_ignored_;
}

/// The columns that the plan is bound to, in its order.
base::Result<table::Table> Predictor::raw_input(const table::Table& rows) const {
  std::vector<table::Column> columns;
  columns.reserve(raw_schema_.columns.size());
  for (std::size_t i = 0; i < raw_schema_.columns.size(); ++i) {
    const ColumnSchema& expected = raw_schema_.columns[i];
    if (!bundle_->plan()->needed()[i]) {
      columns.push_back(missing_column(expected, rows.row_count()));
      continue;
    }
    const table::Column* column = rows.find(expected.name, i);
    if (column == nullptr) {
      return base::Error{.message = fmt::format("column {} is missing", base::quoted(expected.name)),
                         .hint = base::suggest_names(expected.name, rows.names())};
    }
    if (column->kind() != expected.kind) {
      return base::Error{.message = fmt::format("column {} is {}, expected {}", base::quoted(expected.name),
                                                contract::to_string(column->kind()),
                                                contract::to_string(expected.kind))};
    }
    columns.push_back(*column);
  }
  if (columns.empty()) return table::Table::without_columns(rows.row_count());
  return table::Table::from_columns(std::move(columns));
}

base::Result<std::vector<float>> Predictor::prepare(const table::Table& rows, RecordForm form,
                                                    transform::BatchNotes& notes) const {
  assert(accepts(form));
  table::Table features = rows;
  if (form == RecordForm::kRaw) {
    const table::Table input = TRY(raw_input(rows));
    features = TRY(bundle_->plan()->apply(input, notes));
    const auto is_outside = [](std::uint8_t mark) { return mark != 0; };
    if (std::none_of(notes.outside.begin(), notes.outside.end(), is_outside)) notes.outside.clear();
  }
  std::vector<float> matrix = TRY(bundle_->encoder().encode(features, notes));
  if (!bundle_->model().takes_missing()) TRY(bundle_->encoder().check_complete(matrix, notes));
  return matrix;
}

base::Result<BatchPrediction> Predictor::predict(const table::Table& rows, RecordForm form,
                                                 int thread_count) const {
  BatchPrediction prediction;
  transform::BatchNotes notes;
  const std::vector<float> matrix = TRY(prepare(rows, form, notes));
  prediction.outside = std::move(notes.outside);
  prediction.unknown_categories = std::move(notes.unknown_categories);
  const model::Model& model = bundle_->model();
  const std::size_t outputs = model.output_count();
  prediction.outputs.resize(rows.row_count() * outputs);
  TRY(model.predict(model::MatrixView::row_major(matrix.data(), rows.row_count(), model.feature_count()),
                    prediction.outputs, thread_count));
  for (std::size_t row = 0; row < prediction.outside.size(); ++row) {
    if (prediction.outside[row] == 0) continue;
    const auto begin = prediction.outputs.begin() + static_cast<std::ptrdiff_t>(row * outputs);
    std::fill_n(begin, outputs, std::numeric_limits<double>::quiet_NaN());
  }
  return prediction;
}

base::Status Predictor::prepare(table::Record& record, RecordForm form, Scratch& scratch) const {
  assert(accepts(form) && record.size() == schema(form).columns.size());
  scratch.transform.clear();
  if (form == RecordForm::kRaw) TRY(bundle_->plan()->apply_sparsely(record, scratch.transform));
  scratch.row.resize(bundle_->encoder().input_count());
  TRY(bundle_->encoder().encode(record, scratch.transform, scratch.row));
  if (!bundle_->model().takes_missing()) TRY(bundle_->encoder().check_complete(scratch.row));
  return {};
}

void Predictor::predict_prepared(std::span<const float> rows, std::span<double> out) const {
  const model::Model& model = bundle_->model();
  if (out.size() == model.output_count()) return model.predict_row(rows, out);
  const std::size_t row_count = out.size() / model.output_count();
  [[maybe_unused]] const base::Status predicted = model.predict(
      model::MatrixView::row_major(rows.data(), row_count, bundle_->encoder().input_count()), out, 1);
  assert(predicted.ok());
}

base::Status Predictor::predict(table::Record& record, RecordForm form, Scratch& scratch,
                                std::span<double> out) const {
  TRY(prepare(record, form, scratch));
  bundle_->model().predict_row(scratch.row, out);
  return {};
}

table::JsonRecordDecoder Predictor::json_decoder(RecordForm form) const {
  return {schema(form), {.ignored = ignored(form)}};
}

contract::Value Predictor::label_of(std::span<const double> outputs) const {
  const contract::LabelSchema& label = bundle_->contract().label;
  if (label.task == contract::Task::kRegression) return outputs[0];
  return label.classes[class_of(outputs)];
}

void append_prediction_json(std::string& out, const Predictor& predictor, std::span<const double> outputs) {
  out += "{\"prediction\": ";
  if (predictor.class_json_.empty()) {
    append_number(out, outputs[0]);
    out += '}';
    return;
  }
  const model::OutputLayout layout = predictor.layout();
  out += predictor.class_json_[predictor.class_of(outputs)];
  if (layout.probabilities > 0) {
    out += ", \"probabilities\": ";
    append_by_name(out, predictor.class_keys_json_, outputs.subspan(layout.decisions, layout.probabilities));
  }
  if (layout.decisions == 1) {
    out += ", \"decision_function\": ";
    append_number(out, outputs[0]);
  } else if (layout.decisions > 1) {
    out += ", \"decision_function\": ";
    append_by_name(out, predictor.decision_keys_json_, outputs.first(layout.decisions));
  }
  out += '}';
}

}  // namespace archmlp::predict

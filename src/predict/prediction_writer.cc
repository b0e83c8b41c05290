#include "archmlp/predict/prediction_writer.h"

#include <cmath>

#include "archmlp/base/text.h"

namespace archmlp::predict {

PredictionWriter::PredictionWriter(const Predictor& predictor, FileFormat format)
    : predictor_(predictor), format_(format) {
  if (format == FileFormat::kJsonLines) {
    outside_ = "{\"prediction\": null}\n";
    return;
  }
  const contract::LabelSchema& label = predictor.bundle().contract().label;
  header_ = "prediction";
  std::vector<std::string> columns;
  const model::OutputLayout layout = predictor.layout();
  if (layout.decisions == 1) columns.emplace_back("decision_function");
  for (const std::string& name : predictor.decision_names()) columns.push_back("decision_function_" + name);
  for (const contract::Value& value : label.classes) {
    if (layout.probabilities > 0) columns.push_back("probability_" + contract::to_text(value));
    std::string& cell = class_cells_.emplace_back();
    if (label.kind == contract::ColumnKind::kText) {
      table::append_csv_text(cell, contract::to_text(value));
    } else {
      cell = contract::to_text(value);
    }
  }
  for (const std::string& column : columns) {
    header_ += ',';
    table::append_csv_text(header_, column);
  }
  header_ += '\n';
  // Readers skip a line without anything, so a lone empty cell is quoted.
  outside_ = columns.empty() ? "\"\"" : std::string(columns.size(), ',');
  outside_ += '\n';
}

void PredictionWriter::append(std::string& out, std::span<const double> outputs) const {
  if (format_ == FileFormat::kJsonLines) {
    append_prediction_json(out, predictor_, outputs);
    out += '\n';
    return;
  }
  if (class_cells_.empty()) {
    if (std::isfinite(outputs[0])) base::append_real(out, outputs[0]);
  } else {
    out += class_cells_[predictor_.class_of(outputs)];
    for (const double output : outputs) {
      out += ',';
      if (std::isfinite(output)) base::append_real(out, output);
    }
  }
  out += '\n';
}

}  // namespace archmlp::predict

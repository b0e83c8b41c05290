#include "archmlp/predict/csv_form.h"

#include <optional>

namespace archmlp::predict {

CsvForm csv_form(const Predictor& predictor, RecordForm form, int thread_count) {
  CsvForm csv{.schema = predictor.schema(form), .reading = {}};
  for (const std::string& name : predictor.ignored(form)) {
    const std::optional<std::size_t> index = csv.schema.find(name);
    contract::ColumnSchema& column = index ? csv.schema.columns[*index] : csv.schema.columns.emplace_back();
    column = {.name = name, .kind = contract::ColumnKind::kText, .nullable = true, .missing_values = {""}};
  }
  csv.reading.optional = predictor.ignored(form);
  csv.reading.unread = csv.reading.optional;
  csv.reading.allow_header_only = true;
  csv.reading.thread_count = thread_count;
  return csv;
}

}  // namespace archmlp::predict

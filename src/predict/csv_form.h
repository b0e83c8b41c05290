#pragma once

#include "archmlp/contract/schema.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/table/csv_reader.h"

namespace archmlp::predict {

/// How a CSV of records is read.
struct CsvForm {
  contract::Schema schema;  // ignored columns are text, whatever stands in them
  table::KnownSchemaOptions reading;
};
CsvForm csv_form(const Predictor& predictor, RecordForm form, int thread_count);

}  // namespace archmlp::predict

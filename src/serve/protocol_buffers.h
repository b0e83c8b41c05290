#pragma once

#include <array>
#include <memory>
#include <vector>

#include "archmlp/predict/predictor.h"
#include "archmlp/serve/array_sources.h"
#include "archmlp/serve/v2_outputs.h"
#include "archmlp/serve/v2_request.h"
#include "archmlp/table/json_body.h"

namespace archmlp::serve {

/// What one thread keeps of one model to read requests of other protocols than our own.
class ProtocolBuffers {
 public:
  explicit ProtocolBuffers(const predict::Predictor& predictor)
      : outputs(v2_outputs_of(predictor)), predictor_(predictor) {}

  RecordObjects& objects(predict::RecordForm form) {
    std::unique_ptr<RecordObjects>& slot = objects_[form == predict::RecordForm::kRaw ? 0 : 1];
    if (!slot) slot = std::make_unique<RecordObjects>(predictor_.schema(form), predictor_.ignored(form));
    return *slot;
  }
  const table::RecordFields& fields(predict::RecordForm form) { return objects(form).fields(); }

  const std::vector<V2Output> outputs;
  table::JsonBody body;
  V2Request request;
  std::vector<const V2Output*> chosen_outputs;
  ColumnArrays columns;
  RowArrays rows;

 private:
  const predict::Predictor& predictor_;
  std::array<std::unique_ptr<RecordObjects>, 2> objects_;  // by RecordForm
};

}  // namespace archmlp::serve

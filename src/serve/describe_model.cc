#include "archmlp/serve/describe_model.h"

#include <nlohmann/json.hpp>

#include "archmlp/base/version.h"
#include "archmlp/model/model.h"
#include "archmlp/transform/steps_summary.h"

namespace archmlp::serve {

std::string describe_model(const ServedModel& model) {
  using predict::RecordForm;
  const predict::Predictor& predictor = *model.predictor;
  const bundle::Bundle& bundle = predictor.bundle();
  const contract::DatasetContract& contract = bundle.contract();
  nlohmann::ordered_json json;
  json["name"] = model.name;
  json["version"] = model.version;
  json["sha256"] = bundle.sha256();
  json["program_version"] = base::program_version();
  json["label"] = contract::to_json(contract.label);
  json["features"] = contract::to_json(contract.features);
  json["raw"] = nullptr;
  json["steps"] = transform::summary_of(contract.steps);
  json["default_form"] = predictor.default_form() == RecordForm::kRaw ? "raw" : "prepared";
  json["ignored"] = {{"prepared", predictor.ignored(RecordForm::kPrepared)}};
  if (predictor.accepts(RecordForm::kRaw)) {
    json["raw"] = contract::to_json(predictor.schema(RecordForm::kRaw));
    json["ignored"]["raw"] = predictor.ignored(RecordForm::kRaw);
  }
  json["model"] = bundle.model().summary();
  json["metrics"] = bundle.metrics();
  json["lineage"] = bundle.lineage();
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace archmlp::serve

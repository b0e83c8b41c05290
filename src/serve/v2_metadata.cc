#include "archmlp/serve/v2_metadata.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "archmlp/serve/v2_outputs.h"

namespace archmlp::serve {
namespace {

using Json = nlohmann::ordered_json;

Json inputs_of(const predict::Predictor& predictor, predict::RecordForm form) {
  const std::vector<std::string>& ignored = predictor.ignored(form);
  Json inputs = Json::array();
  for (const contract::ColumnSchema& column : predictor.schema(form).columns) {
    if (std::find(ignored.begin(), ignored.end(), column.name) != ignored.end()) continue;
    inputs.push_back({{"name", column.name},
                      {"datatype", to_string(datatype_of(column.kind))},
                      {"shape", {-1}},
                      {"parameters", {{"nullable", column.nullable}}}});
  }
  return inputs;
}

Json outputs_of(const predict::Predictor& predictor) {
  Json outputs = Json::array();
  for (const V2Output& output : v2_outputs_of(predictor)) {
    Json tensor = {{"name", output.name}, {"datatype", to_string(output.datatype)}, {"shape", {-1}}};
    if (!output.is_prediction) tensor["shape"].push_back(output.width);
    if (!output.parameters_json.empty()) tensor["parameters"] = Json::parse(output.parameters_json);
    outputs.push_back(std::move(tensor));
  }
  return outputs;
}

}  // namespace

std::string v2_model_metadata(const NamedModel& named, const ServedModel& model, predict::RecordForm form) {
  const predict::Predictor& predictor = *model.predictor;
  Json versions = Json::array();
  for (const auto& version : named.versions) versions.push_back(version->version);
  const Json metadata = {{"name", named.name},
                         {"versions", std::move(versions)},
                         {"platform", "archmlp_" + std::string(predictor.bundle().model().kind())},
                         {"inputs", inputs_of(predictor, form)},
                         {"outputs", outputs_of(predictor)},
                         {"properties",
                          {{"version", model.version},
                           {"sha256", predictor.bundle().sha256()},
                           {"features", form == predict::RecordForm::kRaw ? "raw" : "prepared"}}}};
  return metadata.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace archmlp::serve

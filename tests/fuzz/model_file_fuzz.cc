// A model file of any bytes is refused or can be used: loading, describing and predicting never crash,
// whatever the values behind valid checksums. The mutator changes single sections, often single values of
// their JSON, and closes the file with the right checksums again.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/bundle/bundle.h"
#include "archmlp/bundle/model_file.h"
#include "archmlp/model/forest.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/transform/steps.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace archmlp {
namespace {

using Json = nlohmann::ordered_json;
using contract::ColumnKind;

std::unique_ptr<const model::Forest> example_forest() {
  using Node = model::ForestNode;
  model::ForestParts parts;
  parts.feature_count = 6;
  parts.output_count = 2;
  parts.tree_begins = {0, 1, 4};
  parts.nodes = {Node{10.5F, 0, Node::kLeaf | 0, Node::kLeaf | 1},
                 Node{0.5F, 1 | Node::kMissingLeft, 1, Node::kLeaf | 1}, Node{2.0F, 5, 2, Node::kLeaf | 0},
                 Node{0.0F, 3, Node::kLeaf | 2, Node::kLeaf | 1}};
  parts.nodes[3].test_set(1);
  parts.category_counts = {0, 0, 0, 33, 0, 0};
  parts.set_words = {0, 5, 1};
  parts.leaf_values = {1.0, 0.0, 0.25, 0.75, 0.5, 0.5};
  auto forest = model::Forest::from_parts(std::move(parts));
  if (!forest.ok()) std::abort();
  return std::move(forest).value();
}

/// A model with every kind of step.
std::vector<std::byte> example_bundle() {
  namespace t = transform;
  bundle::BundleParts parts;
  contract::DatasetContract& contract = parts.contract;
  contract.program_version = "0.1.0";
  contract.has_raw = true;
  contract.raw.columns = {
      {"amount", ColumnKind::kReal, true, {""}}, {"count", ColumnKind::kInteger, false, {}},
      {"kind", ColumnKind::kText, false, {}},    {"flag", ColumnKind::kBoolean, false, {}},
      {"name", ColumnKind::kText, false, {}},    {"town", ColumnKind::kText, true, {""}},
      {"y", ColumnKind::kInteger, false, {}}};
  contract.features.columns = {
      {"total", ColumnKind::kReal, false, {}},     {"count", ColumnKind::kInteger, false, {}},
      {"flag", ColumnKind::kBoolean, false, {}},   {"town", ColumnKind::kText, true, {""}},
      {"kind_a", ColumnKind::kInteger, false, {}}, {"kind_b", ColumnKind::kInteger, false, {}}};
  contract.label = {.name = "y",
                    .kind = ColumnKind::kInteger,
                    .task = contract::Task::kClassification,
                    .classes = {std::int64_t{0}, std::int64_t{1}}};
  contract.steps = t::to_json(std::vector<t::StepPointer>{
      t::make_filter("count >= 0 and kind in ['a', 'b', 'c']"), t::make_remove({"name"}),
      t::make_impute({{"amount", 1.5}}, {std::int64_t{-1}}),
      t::make_replace({"count"}, "amount > 1000", std::int64_t{0}), t::make_rename({{"amount", "total"}}),
      t::make_add_features({{"total", "total * 2 + count"}}),
      t::make_one_hot({{"kind", {std::string("a"), std::string("b")}, t::UnknownPolicy::kIgnore}})});
  const auto forest = example_forest();
  parts.model_features = contract.features.names();
  for (int town = 10; town < 43; ++town) parts.categories["town"].emplace_back(std::to_string(town));
  parts.model = forest.get();
  parts.metrics = {{"row_count", 10}};
  parts.lineage = {{"model", "random_forest"}};
  return bundle::encode_bundle(parts);
}

std::vector<std::uint64_t> aligned_copy(std::span<const std::byte> bytes) {
  std::vector<std::uint64_t> words((bytes.size() + 7) / 8);
  if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

/// A random value inside a document.
Json& pick(Json& json, base::Rng& rng) {
  Json* at = &json;
  while (at->is_structured() && !at->empty() && rng.below(8) != 0) {
    at = &std::next(at->begin(), static_cast<std::ptrdiff_t>(rng.below(at->size()))).value();
  }
  return *at;
}

Json unusual_value(base::Rng& rng) {
  static const std::vector<Json> values = {nullptr,
                                           true,
                                           false,
                                           0,
                                           -1,
                                           1,
                                           2,
                                           4294967296,
                                           9223372036854775807LL,
                                           1e308,
                                           -1e-308,
                                           0.5,
                                           "",
                                           "y",
                                           "kind",
                                           "town",
                                           "total",
                                           "integer",
                                           "real",
                                           "text",
                                           "boolean",
                                           "random_forest",
                                           "regression",
                                           "total / count",
                                           "kind == 'a'",
                                           "9",
                                           Json::array(),
                                           Json::object(),
                                           Json::array({"a", "a"})};
  return values[rng.below(values.size())];
}

std::string mutate_json(std::string text, base::Rng& rng) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return text;
  Json& at = pick(json, rng);
  const std::uint64_t choice = rng.below(4);
  if (choice == 0 && at.is_structured() && !at.empty()) {
    at.erase(std::next(at.begin(), static_cast<std::ptrdiff_t>(rng.below(at.size()))));
  } else if (choice == 1 && at.is_array() && !at.empty()) {
    at.push_back(at[rng.below(at.size())]);
  } else if (choice == 2) {
    at = Json(pick(json, rng));
  } else {
    at = unusual_value(rng);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string mutate_bytes(std::string bytes, base::Rng& rng) {
  const std::size_t size = bytes.size();
  bytes.resize(size + 1 + rng.below(64));
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
  return bytes;
}

std::vector<std::byte> mutate_section(std::span<const std::byte> file, base::Rng& rng) {
  std::vector<std::uint64_t> words = aligned_copy(file);
  auto sections = bundle::decode_model_file(std::as_bytes(std::span(words)).first(file.size()), "fuzz");
  if (!sections.ok() || sections->empty()) return example_bundle();
  bundle::Section& section = (*sections)[rng.below(sections->size())];
  std::string bytes(reinterpret_cast<const char*>(section.bytes.data()), section.bytes.size());
  const bool as_json = section.name != "model" && rng.below(4) != 0;
  bytes = as_json ? mutate_json(std::move(bytes), rng) : mutate_bytes(std::move(bytes), rng);
  section.bytes = std::as_bytes(std::span(bytes));
  return bundle::encode_model_file(*sections);
}

table::Cell example_cell(ColumnKind kind, bool missing) {
  if (missing) return table::Cell::none(kind);
  switch (kind) {
    case ColumnKind::kInteger:
      return table::Cell::of(std::int64_t{3});
    case ColumnKind::kBoolean:
      return table::Cell::of(true);
    case ColumnKind::kText:
      return table::Cell::of(std::string_view("a"));
    case ColumnKind::kReal:
      break;
  }
  return table::Cell::of(12.5);
}

void use(const std::shared_ptr<const bundle::Bundle>& bundle) {
  const std::string description =
      bundle::describe(*bundle).dump(-1, ' ', false, Json::error_handler_t::replace);
  if (description.empty() || bundle::describe_text(*bundle).empty()) std::abort();
  const predict::Predictor predictor(bundle);
  predict::Predictor::Scratch scratch;
  std::vector<double> outputs(predictor.output_count());
  std::string answer;
  for (const predict::RecordForm form : {predict::RecordForm::kRaw, predict::RecordForm::kPrepared}) {
    if (!predictor.accepts(form)) continue;
    for (const bool missing : {false, true}) {
      table::Record record;
      for (const auto& column : predictor.schema(form).columns) {
        record.push_back(example_cell(column.kind, missing));
      }
      if (!predictor.predict(record, form, scratch, outputs).ok()) continue;
      predict::append_prediction_json(answer, predictor, outputs);
      if (!Json::accept(answer)) std::abort();
      answer.clear();
    }
  }
}

}  // namespace
}  // namespace archmlp

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  archmlp::base::Rng rng(seed);
  if (rng.below(10) == 0) return LLVMFuzzerMutate(data, size, max_size);  // the container itself
  const auto file = archmlp::mutate_section({reinterpret_cast<const std::byte*>(data), size}, rng);
  if (file.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, file.data(), file.size());
  return file.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto bundle = archmlp::bundle::Bundle::from_bytes(bytes, "fuzz");
  if (bundle.ok()) archmlp::use(*bundle);
  return 0;
}

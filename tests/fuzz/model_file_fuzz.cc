// A model file of any bytes is refused or can be used: loading, describing and predicting never crash,
// whatever the values behind valid checksums. The mutator changes single sections, often single values of
// their JSON or single words of what is not JSON, and closes the file with the right checksums again.

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
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

/// Numbers with no edge, one and nine, and categories beyond those that have a bin.
void add_references(bundle::BundleParts& parts) {
  std::vector<bundle::InputDistribution> inputs(6);
  for (bundle::InputDistribution& input : inputs) input.counts = {9, 1};
  inputs[1] = {.marks = {0.5F}, .counts = {4, 6, 0}};
  inputs[2].counts.assign(11, 1);
  inputs[2].counts[3] = 0;
  for (int edge = -4; edge < 5; ++edge) inputs[2].marks.push_back(static_cast<float>(edge));
  inputs[3].counts.assign(22, 0);
  inputs[3].counts[0] = 10;
  for (int town = 5; town < 25; ++town) inputs[3].marks.push_back(static_cast<float>(town));
  const auto encoder =
      bundle::FeatureEncoder::make(parts.contract.features, parts.model_features, parts.categories);
  auto reference = bundle::ReferenceDistribution::make(*encoder, 10, std::move(inputs));
  auto canary = bundle::Canary::of(*parts.model, {20, 1, 0, 3, 1, 0, -2, 9, 1, 32, 0, 1});
  if (!reference.ok() || !canary.ok()) std::abort();
  parts.reference = std::move(reference).value();
  parts.canary = std::move(canary).value();
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
  add_references(parts);
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

/// Puts an unusual word in the place of one, or one of the same bytes.
std::string mutate_word(std::string bytes, base::Rng& rng) {
  static constexpr std::array<std::uint32_t, 12> kWords = {
      0, 1, 2, 9, 10, 20, 0x7FC00000, 0x7F800000, 0x3F800000, 0x80000000, 0x7FFFFFFF, 0xFFFFFFFF};
  if (bytes.size() < 4) return bytes;
  const std::size_t word_count = bytes.size() / 4;
  char* const at = &bytes[4 * rng.below(word_count)];
  if (rng.below(4) == 0) {
    std::memmove(at, &bytes[4 * rng.below(word_count)], 4);
  } else {
    std::memcpy(at, &kWords[rng.below(kWords.size())], 4);
  }
  return bytes;
}

std::string mutate_content(const std::string& section, std::string bytes, base::Rng& rng) {
  if (rng.below(4) == 0) return mutate_bytes(std::move(bytes), rng);
  const bool is_json = section != "model" && section != "reference" && section != "canary";
  return is_json ? mutate_json(std::move(bytes), rng) : mutate_word(std::move(bytes), rng);
}

std::vector<std::byte> mutate_section(std::span<const std::byte> file, base::Rng& rng) {
  std::vector<std::uint64_t> words = aligned_copy(file);
  auto sections = bundle::decode_model_file(std::as_bytes(std::span(words)).first(file.size()), "fuzz");
  if (!sections.ok() || sections->empty()) return example_bundle();
  bundle::Section& section = (*sections)[rng.below(sections->size())];
  std::string bytes(reinterpret_cast<const char*>(section.bytes.data()), section.bytes.size());
  bytes = mutate_content(section.name, std::move(bytes), rng);
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

/// Whatever a served row holds, it is in a bin, and every distribution can be compared.
void use(const bundle::ReferenceDistribution& reference) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (std::size_t input = 0; input < reference.input_count(); ++input) {
    std::vector<std::uint64_t> counts(reference.bin_count(input));
    double sum = 0;
    for (std::size_t bin = 0; bin < counts.size(); ++bin) sum += reference.share(input, bin);
    if (!(std::abs(sum - 1) < 1e-9)) std::abort();
    for (const float value :
         {0.0F, -1.0F, 7.0F, 24.0F, 1e30F, -1e-40F, -kInfinity, kInfinity, std::nanf("")}) {
      const std::size_t bin = reference.bin_of(input, value);
      if (bin >= counts.size()) std::abort();
      ++counts[bin];
      if (!(reference.population_stability_index(input, counts) >= 0)) std::abort();
    }
    if (counts.back() == 0) std::abort();  // of NaN
  }
}

void use(const std::shared_ptr<const bundle::Bundle>& bundle) {
  const std::string description =
      bundle::describe(*bundle).dump(-1, ' ', false, Json::error_handler_t::replace);
  if (description.empty() || bundle::describe_text(*bundle).empty()) std::abort();
  if (bundle->reference() != nullptr) use(*bundle->reference());
  const base::Status same = bundle->check_canary();
  if (!same.ok() && same.error().where.empty()) std::abort();
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

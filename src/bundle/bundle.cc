#include "archmlp/bundle/bundle.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/hash.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/bundle/model_file.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/transform/contract_check.h"

namespace archmlp::bundle {
namespace {

using Json = nlohmann::ordered_json;

// The sections, in file order. Keys: contracts/model-format.md.
constexpr std::string_view kContractSection = "contract";
constexpr std::string_view kModelInfoSection = "model_info";
constexpr std::string_view kMetricsSection = "metrics";
constexpr std::string_view kLineageSection = "lineage";
constexpr std::string_view kModelSection = "model";
constexpr std::string_view kReferenceSection = "reference";
constexpr std::string_view kCanarySection = "canary";

/// JSON takes tens of times its size once parsed; this bounds it. Contracts are kilobytes.
constexpr std::size_t kMaxJsonBytes = std::size_t{64} << 20U;

base::Error in_file(base::Error error, const std::string& source_name, std::string_view section) {
  const std::string part = fmt::format("section \"{}\"", section);
  error.message = fmt::format("the model file cannot be used: {}: {}{}{}", part, error.where,
                              error.where.empty() ? "" : ": ", error.message);
  error.where = source_name;
  error.code = base::ErrorCode::kInvalidInput;
  error.component.clear();
  if (error.hint.empty()) error.hint = "train the model again";
  return error;
}

base::Result<std::span<const std::byte>> require_section(std::span<const Section> sections,
                                                         std::string_view name) {
  const Section* section = find_section(sections, name);
  if (section == nullptr) return base::Error{.message = "it is missing"};
  return section->bytes;
}

base::Result<Json> parse_section(std::span<const Section> sections, std::string_view name) {
  const std::span<const std::byte> bytes = TRY(require_section(sections, name));
  if (bytes.size() > kMaxJsonBytes) {
    return base::Error{
        .message = fmt::format("its {} bytes are more than the limit of {}", bytes.size(), kMaxJsonBytes)};
  }
  return contract::parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

struct ModelInfo {
  std::string kind;
  std::vector<std::string> features;
  FeatureCategories categories;
};

base::Result<FeatureCategories> read_categories(const contract::JsonObject& object) {
  FeatureCategories categories;
  for (const auto& [name, list] : object.json().items()) {
    if (!list.is_array()) {
      return base::Error{.message = "expected a list of categories, found " + contract::describe(list),
                         .where = object.path() + "." + name};
    }
    std::vector<contract::Value>& values = categories[name];
    values.reserve(list.size());
    for (const Json& value : list) values.push_back(TRY(contract::value_from_json(value)));
  }
  return categories;
}

Json model_info_to_json(const BundleParts& parts) {
  Json json = {{"kind", parts.model->kind()}, {"features", parts.model_features}};
  if (!parts.categories.empty()) json["categories"] = to_json(parts.categories);
  return json;
}

base::Result<ModelInfo> read_model_info(std::span<const Section> sections) {
  const Json json = TRY(parse_section(sections, kModelInfoSection));
  const contract::JsonObject object = TRY(contract::JsonObject::from(json, ""));
  // One after the other: clang 14 forgets the first member of an aggregate if the second one's TRY returns.
  ModelInfo info;
  info.kind = TRY(object.text("kind"));
  info.features = TRY(object.texts("features"));
  if (object.has("categories")) {
    const contract::JsonObject categories = TRY(object.object("categories"));
    info.categories = TRY(read_categories(categories));
  }
  return info;
}

base::Status check_permutation(const std::vector<std::string>& model_features,
                               const contract::Schema& features) {
  std::vector<std::string> actual = model_features;
  std::vector<std::string> expected = features.names();
  std::sort(actual.begin(), actual.end());
  std::sort(expected.begin(), expected.end());
  if (actual == expected) return {};
  return base::Error{.message = "the model's features are not those of the contract", .where = "features"};
}

base::Status check_category_counts(const model::Model& model, const FeatureEncoder& encoder,
                                   const std::vector<std::string>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (model.category_count(i) == encoder.category_count(i)) continue;
    return base::Error{
        .message = fmt::format("the model knows {} categories of its input {}, the list has {}",
                               model.category_count(i), base::quoted(inputs[i]), encoder.category_count(i))};
  }
  return {};
}

base::Status check_shape(const model::Model& model, const contract::DatasetContract& contract) {
  if (model.task() != contract.label.task) {
    return base::Error{.message = fmt::format("the model is for {}, the contract's label for {}",
                                              contract::to_string(model.task()),
                                              contract::to_string(contract.label.task))};
  }
  if (model.feature_count() != contract.features.columns.size()) {
    return base::Error{.message = fmt::format("the model has {} features, the contract {}",
                                              model.feature_count(), contract.features.columns.size())};
  }
  if (model.class_count() != contract.label.classes.size()) {
    return base::Error{.message = fmt::format("the model knows {} classes, the contract {}",
                                              model.class_count(), contract.label.classes.size())};
  }
  return {};
}

base::Result<Json> read_object_or_null(std::span<const Section> sections, std::string_view name) {
  Json json = TRY(parse_section(sections, name));
  if (!json.is_object() && !json.is_null()) return base::Error{.message = "it is no JSON object"};
  return json;
}

}  // namespace

std::vector<std::byte> encode_bundle(const BundleParts& parts) {
  assert(parts.model != nullptr);
  const std::array<std::string, 4> json = {contract::model_part_to_json(parts.contract).dump(),
                                           model_info_to_json(parts).dump(), parts.metrics.dump(),
                                           parts.lineage.dump()};
  const auto bytes = [](const std::string& text) { return std::as_bytes(std::span(text)); };
  const std::vector<std::byte> model = parts.model->to_bytes();
  std::vector<Section> sections = {{std::string(kContractSection), bytes(json[0])},
                                   {std::string(kModelInfoSection), bytes(json[1])},
                                   {std::string(kMetricsSection), bytes(json[2])},
                                   {std::string(kLineageSection), bytes(json[3])},
                                   {std::string(kModelSection), model}};
  std::vector<std::byte> reference, canary;
  if (parts.reference) {
    reference = parts.reference->to_bytes();
    sections.push_back({std::string(kReferenceSection), reference});
  }
  if (parts.canary) {
    canary = parts.canary->to_bytes();
    sections.push_back({std::string(kCanarySection), canary});
  }
  return encode_model_file(sections);
}

base::Result<std::string> save_bundle(const BundleParts& parts, const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = encode_bundle(parts);
  const auto bundle = TRY(Bundle::from_bytes(bytes, path.string()));
  TRY(bundle->check_canary());
  TRY(base::write_file_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  return bundle->sha256();
}

base::Result<std::shared_ptr<const Bundle>> Bundle::load(const std::filesystem::path& path) {
  std::shared_ptr<Bundle> bundle(new Bundle());
  bundle->file_.emplace(TRY(base::MappedFile::open(path)));
  TRY(bundle->decode(bundle->file_->bytes(), path.string()));
  return std::shared_ptr<const Bundle>(std::move(bundle));
}

base::Result<std::shared_ptr<const Bundle>> Bundle::load_copy(const std::filesystem::path& path) {
  const base::FileReader file = TRY(base::FileReader::open(path));
  std::shared_ptr<Bundle> bundle(new Bundle());
  const std::uint64_t size = file.is_regular() ? file.size() : 0;
  std::array<char, 4096> head{};
  const std::span<char> first = std::span(head).first(std::min<std::uint64_t>(size, head.size()));
  TRY(file.read_at(0, first));
  TRY(check_is_model_file(std::as_bytes(first), path.string()));
  TRY(check_file_size(std::as_bytes(first), size, path.string()));
  bundle->memory_ = base::LargeBuffer(size);
  const std::span<std::byte> memory = bundle->memory_.bytes();
  TRY(file.read_at(0, {reinterpret_cast<char*>(memory.data()), memory.size()}));
  TRY(bundle->decode(memory, path.string()));
  return std::shared_ptr<const Bundle>(std::move(bundle));
}

base::Result<std::shared_ptr<const Bundle>> Bundle::from_bytes(std::span<const std::byte> bytes,
                                                               const std::string& source_name) {
  std::shared_ptr<Bundle> bundle(new Bundle());
  bundle->memory_ = base::LargeBuffer(bytes.size());
  if (!bytes.empty()) std::memcpy(bundle->memory_.bytes().data(), bytes.data(), bytes.size());
  TRY(bundle->decode(bundle->memory_.bytes(), source_name));
  return std::shared_ptr<const Bundle>(std::move(bundle));
}

base::Status Bundle::decode(std::span<const std::byte> bytes, const std::string& source_name) {
  bytes_ = bytes;
  const std::vector<Section> sections = TRY(decode_model_file(bytes, source_name));
  std::string_view current = kContractSection;
  const auto decode_sections = [&]() -> base::Status {
    const Json contract_json = TRY(parse_section(sections, kContractSection));
    contract_ = TRY(contract::model_part_from_json(contract_json));
    plan_ = TRY(transform::check_contract(contract_));
    current = kModelInfoSection;
    ModelInfo info = TRY(read_model_info(sections));
    TRY(check_permutation(info.features, contract_.features));
    model_features_ = std::move(info.features);
    categories_ = std::move(info.categories);
    encoder_ = TRY(FeatureEncoder::make(contract_.features, model_features_, categories_));
    current = kMetricsSection;
    metrics_ = TRY(read_object_or_null(sections, kMetricsSection));
    current = kLineageSection;
    lineage_ = TRY(read_object_or_null(sections, kLineageSection));
    current = kModelSection;
    const std::span<const std::byte> model_bytes = TRY(require_section(sections, kModelSection));
    model_ = TRY(model::load_model(info.kind, model_bytes));
    TRY(check_shape(*model_, contract_));
    TRY(check_category_counts(*model_, *encoder_, model_features_));
    current = kReferenceSection;
    if (const Section* section = find_section(sections, current); section != nullptr)
      reference_ = TRY(ReferenceDistribution::from_bytes(*encoder_, section->bytes));
    current = kCanarySection;
    if (const Section* section = find_section(sections, current); section != nullptr)
      canary_ = TRY(Canary::from_bytes(*model_, section->bytes));
    return {};
  };
  base::Status status = decode_sections();
  if (!status.ok()) return in_file(std::move(status).error(), source_name, current);
  return {};
}

base::Status Bundle::check_canary() const { return canary_ ? canary_->check(*model_) : base::Status(); }

/// Not by std::call_once: running out of memory in it, as an exception that passes through the C library, can
/// end the program.
const std::string& Bundle::sha256() const {
  const std::lock_guard lock(sha256_mutex_);
  if (sha256_.empty()) {
    base::Sha256 hash;
    hash.update(bytes_);
    sha256_ = hash.finish();
  }
  return sha256_;
}

}  // namespace archmlp::bundle

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archmlp/base/file.h"
#include "archmlp/base/large_buffer.h"
#include "archmlp/base/result.h"
#include "archmlp/bundle/canary.h"
#include "archmlp/bundle/feature_encoder.h"
#include "archmlp/bundle/reference.h"
#include "archmlp/contract/dataset_contract.h"
#include "archmlp/model/model.h"
#include "archmlp/transform/plan.h"

namespace archmlp::bundle {

/// What goes into a model file. No thread count, time, path or host name: equal inputs give equal bytes.
struct BundleParts {
  contract::DatasetContract contract;       // `files` is not stored
  std::vector<std::string> model_features;  // order of the model's inputs; a permutation of contract.features
  FeatureCategories categories;             // of those inputs that the model takes as categories
  const model::Model* model = nullptr;
  nlohmann::ordered_json metrics;  // training metrics (OOB score …), null if none
  nlohmann::ordered_json lineage;  // SHA-256 of inputs, recipe, parameters, program version
  std::optional<ReferenceDistribution> reference;
  std::optional<Canary> canary;
};
std::vector<std::byte> encode_bundle(const BundleParts& parts);
/// Publishes the file once the loader has accepted its bytes and the model has predicted its canary. Gives
/// its SHA-256. Errors: kIo; kInvalidInput if parts do not fit each other.
base::Result<std::string> save_bundle(const BundleParts& parts, const std::filesystem::path& path);

/// A loaded model file: checked, ready to predict. Immutable, safe from many threads.
class Bundle {
 public:
  /// Checks everything: container, contract, steps bound to the raw schema, their output equal to the
  /// features, the model's shape equal to features, categories and classes. Errors: kInvalidInput, kNotFound,
  /// kIo.
  /// The file stays mapped: it may be replaced by renaming another over it, as save_bundle does, but not be
  /// written into in place while the bundle lives.
  static base::Result<std::shared_ptr<const Bundle>> load(const std::filesystem::path& path);
  /// The same, of a copy in memory: for programs that live long. Whatever becomes of the file, the bytes that
  /// were checked are those that are used.
  static base::Result<std::shared_ptr<const Bundle>> load_copy(const std::filesystem::path& path);
  /// The same from memory, which is copied.
  static base::Result<std::shared_ptr<const Bundle>> from_bytes(std::span<const std::byte> bytes,
                                                                const std::string& source_name);

  const contract::DatasetContract& contract() const noexcept { return contract_; }
  /// Raw schema without the label -> features; none for a model trained from CSVs alone.
  const transform::Plan* plan() const noexcept { return plan_ ? &*plan_ : nullptr; }
  const std::vector<std::string>& model_features() const noexcept { return model_features_; }
  const FeatureCategories& categories() const noexcept { return categories_; }
  const FeatureEncoder& encoder() const noexcept { return *encoder_; }
  const model::Model& model() const noexcept { return *model_; }
  const nlohmann::ordered_json& metrics() const noexcept { return metrics_; }
  const nlohmann::ordered_json& lineage() const noexcept { return lineage_; }
  /// The training distribution of the model's inputs; none in a file of a program that wrote no such section.
  const ReferenceDistribution* reference() const noexcept { return reference_ ? &*reference_ : nullptr; }
  /// None in a file of a program that wrote no such section, or of training rows too few to make one.
  const Canary* canary() const noexcept { return canary_ ? &*canary_ : nullptr; }
  /// Predicts the canary; what a server does before it serves a file. Without a canary there is nothing to
  /// check. Errors: Canary::check.
  base::Status check_canary() const;
  std::size_t file_size() const noexcept { return bytes_.size(); }
  /// SHA-256 of the whole file, as sha256sum prints it: the model's version. Computed when first asked for.
  const std::string& sha256() const;

 private:
  Bundle() = default;
  base::Status decode(std::span<const std::byte> bytes, const std::string& source_name);

  std::optional<base::MappedFile> file_;
  base::LargeBuffer memory_;          // from_bytes, load_copy
  std::span<const std::byte> bytes_;  // of either
  contract::DatasetContract contract_;
  std::optional<transform::Plan> plan_;
  std::vector<std::string> model_features_;
  FeatureCategories categories_;
  std::optional<FeatureEncoder> encoder_;
  std::unique_ptr<const model::Model> model_;
  nlohmann::ordered_json metrics_;
  nlohmann::ordered_json lineage_;
  std::optional<ReferenceDistribution> reference_;
  std::optional<Canary> canary_;
  mutable std::mutex sha256_mutex_;
  mutable std::string sha256_;  // empty until somebody asks
};

/// What `archmlp show` prints.
nlohmann::ordered_json describe(const Bundle& bundle);
std::string describe_text(const Bundle& bundle);

}  // namespace archmlp::bundle

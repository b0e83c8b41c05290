#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "archmlp/base/result.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/serve/model_metrics.h"

namespace archmlp::serve {

/// Which bytes a file held when it was looked at.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileIdentity&) const = default;

  /// Errors: kNotFound, kIo.
  static base::Result<FileIdentity> of(const std::filesystem::path& path);
};

/// One version of a model, loaded and checked. Immutable but for its metrics.
struct ServedModel {
  std::string name;
  std::string version;
  std::string label;  // "name/version"
  std::shared_ptr<const predict::Predictor> predictor;
  std::shared_ptr<ModelMetrics> metrics;
  std::filesystem::path path;
  FileIdentity identity;
};

/// Reads the file into memory, checks it, and has it predict the rows stored in it. Errors: as Bundle::load,
/// and kInvalidInput if it predicts them otherwise than its training did.
base::Result<std::shared_ptr<const ServedModel>> load_served_model(const std::string& name,
                                                                   const std::string& version,
                                                                   const std::filesystem::path& path,
                                                                   std::size_t thread_count);
/// The same of a predictor that is there already.
std::shared_ptr<const ServedModel> make_served_model(const std::string& name, const std::string& version,
                                                     std::shared_ptr<const predict::Predictor> predictor,
                                                     std::size_t thread_count);

}  // namespace archmlp::serve

#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/serve/model_set.h"

namespace archmlp::serve {

/// What became of an attempt to serve a file.
struct SwapCounts {
  std::uint64_t loaded = 0;
  std::uint64_t refused = 0;
};

/// A file in the folder of models, whether it is served or not.
struct RepositoryEntry {
  std::string name;
  std::string version;
  bool is_served = false;
  std::string reason;  // why not
};

/// Keeps the served models in step with files. A new file is loaded, checked and tried (canary) beside the
/// one that serves, and takes its place only if all is well; otherwise what serves goes on serving.
/// Thread-safe; changes wait for each other, readers never wait for a load.
class ModelStore {
 public:
  struct Source {
    std::filesystem::path file;    // one model, or
    std::filesystem::path folder;  // NAME.archmlp (version "1") and NAME/VERSION.archmlp
    std::string name;              // of the one model; empty: from its file name
  };
  using Log = std::function<void(bool is_error, const std::string& line)>;

  /// thread_count: of all threads that predict. What loads is served; an empty folder is
  /// allowed, one of which nothing can be served is not.
  /// Errors: as Bundle::load; kNotFound for a folder that is not there.
  static base::Result<std::unique_ptr<ModelStore>> open(const Source& source, std::size_t thread_count,
                                                        Log log);
  /// A store of one model that comes from no file.
  static std::unique_ptr<ModelStore> of(std::shared_ptr<const predict::Predictor> predictor,
                                        const std::string& name, std::size_t thread_count);

  std::shared_ptr<const ModelSet> current() const;
  /// Grows whenever current() changes.
  std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

  struct ReloadReport {
    std::vector<std::string> loaded, removed;  // "name/version"
    std::vector<base::Error> errors;           // of files that were not taken; what served goes on
  };
  /// Looks at the files: loads new and changed ones, drops those that are gone (but never the last version of
  /// a model while a file of it is refused).
  ReloadReport reload();
  /// The same, but files that were refused are not tried again before they change.
  ReloadReport take_changes();
  /// Has the files changed since they were looked at?
  bool has_changed() const;

  /// Errors: kNotFound (near names), and what loading gives.
  base::Status load(const std::string& name);
  /// No longer served until it is loaded again. Errors: kNotFound.
  base::Status unload(const std::string& name);
  base::Status set_traffic(const std::string& name, const contract::TrafficConfig& traffic);
  std::vector<RepositoryEntry> index() const;
  std::map<std::string, SwapCounts> swap_counts() const;

 private:
  struct File {
    std::string name;
    std::string version;
    std::filesystem::path path;
  };
  struct Scan {
    std::vector<File> files;
    std::vector<std::filesystem::path> misnamed;  // model files by their extension that cannot be served
  };
  ModelStore(Source source, std::size_t thread_count, Log log)
      : source_(std::move(source)), thread_count_(thread_count), log_(std::move(log)) {}

  base::Result<Scan> scan() const;
  void tell_misnamed(const std::vector<std::filesystem::path>& paths);
  base::Result<std::shared_ptr<const ServedModel>> load_checked(const File& file,
                                                                const ServedModel* before) const;
  base::Result<std::shared_ptr<const ServedModel>> load_file(const File& file,
                                                             const ServedModel* before);  // and counts
  ReloadReport reload_locked();
  void publish(std::vector<std::shared_ptr<const ServedModel>> models);
  void apply_traffic(std::vector<NamedModel>& models) const;

  Source source_;
  std::size_t thread_count_;
  Log log_;
  std::mutex change_mutex_;                            // one change at a time
  std::map<std::string, FileIdentity> refused_files_;  // not tried again until they change
  std::set<std::filesystem::path> told_misnamed_;      // those that are still there
  mutable std::mutex mutex_;                           // of what follows
  std::shared_ptr<const ModelSet> current_ = std::make_shared<const ModelSet>();
  std::map<std::string, contract::TrafficConfig> traffic_;
  std::map<std::string, bool> unloaded_;
  std::map<std::string, std::string> refusals_;  // "name/version" -> why
  std::map<std::string, SwapCounts> swap_counts_;
  std::vector<std::pair<std::string, FileIdentity>> seen_;
  std::vector<std::filesystem::path> seen_misnamed_;
  std::atomic<std::uint64_t> generation_{1};
};

}  // namespace archmlp::serve

#include "archmlp/serve/model_store.h"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/serve/contract_check.h"

namespace archmlp::serve {
namespace {

constexpr std::string_view kExtension = ".archmlp";
constexpr std::string_view kOnlyVersion = "1";

using Models = std::vector<std::shared_ptr<const ServedModel>>;

/// What stands in addresses, headers and labels as it is: letters, digits, `.`, `_`, `-`, and no `.` first.
bool is_plain_name(std::string_view name) noexcept {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 128 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_plain);
}

std::string stem_of(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  if (name.ends_with(kExtension)) name.resize(name.size() - kExtension.size());
  return name;
}

bool has_model_extension(const std::filesystem::directory_entry& entry) {
  std::error_code ignored;
  return entry.path().extension() == kExtension && !entry.is_directory(ignored);
}

bool is_model_file(const std::filesystem::directory_entry& entry) {
  std::error_code ignored;
  return has_model_extension(entry) && is_plain_name(stem_of(entry.path())) && entry.is_regular_file(ignored);
}

/// What is hidden is meant to be passed over: half-written files are.
bool is_hidden(const std::filesystem::path& path) { return path.filename().string().starts_with('.'); }

std::vector<std::filesystem::directory_entry> entries_of(const std::filesystem::path& folder,
                                                         std::error_code& error) {
  std::vector<std::filesystem::directory_entry> entries;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    entries.push_back(*it);
  std::sort(entries.begin(), entries.end());
  return entries;
}

Models models_of(const ModelSet& set) {
  Models models;
  for (const NamedModel& named : set.models())
    models.insert(models.end(), named.versions.begin(), named.versions.end());
  return models;
}

std::vector<std::string> names_of(const ModelSet& set) {
  std::vector<std::string> names;
  for (const NamedModel& model : set.models()) names.push_back(model.name);
  return names;
}

base::Error unknown_model(const std::string& name, const std::vector<std::string>& known) {
  return {.code = base::ErrorCode::kNotFound,
          .message = "there is no model " + base::quoted(name),
          .hint = known.empty() ? "no model is served" : base::suggest_names(name, known)};
}

}  // namespace

base::Result<std::unique_ptr<ModelStore>> ModelStore::open(const Source& source, std::size_t thread_count,
                                                           Log log) {
  std::unique_ptr<ModelStore> store(new ModelStore(source, thread_count, std::move(log)));
  if (!source.name.empty() && !is_plain_name(source.name)) {
    return base::Error{.message = "a model cannot be called " + base::quoted(source.name),
                       .where = "--name",
                       .hint = "use letters, digits, `.`, `_` and `-`"};
  }
  ReloadReport report = store->reload();
  // What is good serves, whatever lies beside it; but a server that has nothing to serve says why.
  if (!report.errors.empty() && store->current()->models().empty()) return std::move(report.errors.front());
  return store;
}

std::unique_ptr<ModelStore> ModelStore::of(std::shared_ptr<const predict::Predictor> predictor,
                                           const std::string& name, std::size_t thread_count) {
  std::unique_ptr<ModelStore> store(new ModelStore({}, thread_count, nullptr));
  store->publish({make_served_model(name, std::string(kOnlyVersion), std::move(predictor), thread_count)});
  return store;
}

std::shared_ptr<const ModelSet> ModelStore::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

base::Result<ModelStore::Scan> ModelStore::scan() const {
  Scan found;
  std::vector<File>& files = found.files;
  if (!source_.file.empty()) {
    std::string name = source_.name.empty() ? stem_of(source_.file) : source_.name;
    if (!is_plain_name(name)) name = "model";
    files.push_back({std::move(name), std::string(kOnlyVersion), source_.file});
  }
  if (source_.folder.empty()) return found;
  std::error_code error;
  const auto entries = entries_of(source_.folder, error);
  if (error) {
    return base::Error{.code = error == std::errc::no_such_file_or_directory ? base::ErrorCode::kNotFound
                                                                             : base::ErrorCode::kIo,
                       .message = "cannot read the folder of models: " + error.message(),
                       .where = source_.folder.string(),
                       .hint = "give a folder with NAME.archmlp or NAME/VERSION.archmlp to --models"};
  }
  for (const auto& entry : entries) {
    if (is_model_file(entry)) {
      files.push_back({stem_of(entry.path()), std::string(kOnlyVersion), entry.path()});
      continue;
    }
    if (is_hidden(entry.path())) continue;
    if (has_model_extension(entry)) {
      found.misnamed.push_back(entry.path());
      continue;
    }
    const std::string name = entry.path().filename().string();
    std::error_code ignored;
    if (!entry.is_directory(ignored)) continue;
    for (const auto& version : entries_of(entry.path(), ignored)) {
      if (is_hidden(version.path())) continue;
      if (is_plain_name(name) && is_model_file(version)) {
        files.push_back({name, stem_of(version.path()), version.path()});
      } else if (has_model_extension(version)) {
        found.misnamed.push_back(version.path());
      }
    }
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
    if (a.name != b.name) return a.name < b.name;
    return a.version != b.version ? version_less(a.version, b.version) : a.path < b.path;
  });
  return found;
}

void ModelStore::tell_misnamed(const std::vector<std::filesystem::path>& paths) {
  std::set<std::filesystem::path> still_there(paths.begin(), paths.end());
  for (const std::filesystem::path& path : still_there) {
    if (told_misnamed_.contains(path) || !log_) continue;
    std::error_code ignored;
    const bool is_file = std::filesystem::is_regular_file(path, ignored);
    log_(true, "not serving " + path.string() + ": " +
                   (is_file ? "its name cannot be that of a model. Hint: call it NAME.archmlp or "
                              "NAME/VERSION.archmlp, with letters, digits, `.`, `_` and `-`, at most 128 each"
                            : "it is no file, or a link that leads nowhere"));
  }
  told_misnamed_ = std::move(still_there);
}

/// `before`: what is served in its place, or the version below it; null if nothing is.
base::Result<std::shared_ptr<const ServedModel>> ModelStore::load_checked(const File& file,
                                                                          const ServedModel* before) const {
  std::shared_ptr<const ServedModel> loaded =
      TRY(load_served_model(file.name, file.version, file.path, thread_count_));
  if (before == nullptr) return loaded;
  if (base::Status fits = check_takes_place_of(*before->predictor, *loaded->predictor); !fits.ok()) {
    return base::located(file.path.string(), std::move(fits).error());
  }
  return loaded;
}

base::Result<std::shared_ptr<const ServedModel>> ModelStore::load_file(const File& file,
                                                                       const ServedModel* before) {
  const auto load = [&]() -> base::Result<std::shared_ptr<const ServedModel>> {
    try {
      return load_checked(file, before);
    } catch (const std::bad_alloc&) {
      return base::Error{.code = base::ErrorCode::kResourceLimit,
                         .message = "there is not enough memory for this model beside those that are served",
                         .where = file.path.string(),
                         .hint = "give the server more memory, or unload a model first"};
    }
  };
  base::Result<std::shared_ptr<const ServedModel>> loaded = load();
  const std::string label = file.name + "/" + file.version;
  const std::lock_guard lock(mutex_);
  if (loaded.ok()) {
    ++swap_counts_[file.name].loaded;
    refusals_.erase(label);
  } else {
    ++swap_counts_[file.name].refused;
    refusals_[label] = base::to_string(loaded.error());
  }
  return loaded;
}

ModelStore::ReloadReport ModelStore::reload() {
  const std::lock_guard lock(change_mutex_);
  refused_files_.clear();  // whoever asks wants to hear of them again
  return reload_locked();
}

ModelStore::ReloadReport ModelStore::take_changes() {
  const std::lock_guard lock(change_mutex_);
  return reload_locked();
}

ModelStore::ReloadReport ModelStore::reload_locked() {
  ReloadReport report;
  base::Result<Scan> scanned = scan();
  if (!scanned.ok()) {
    if (log_) log_(true, base::to_string(scanned.error()));
    report.errors.push_back(std::move(scanned).error());
    return report;
  }
  const std::vector<File>& files = scanned->files;
  tell_misnamed(scanned->misnamed);
  const Models old = models_of(*current());
  const auto find_old = [&old](const std::string& label) {
    return std::find_if(old.begin(), old.end(), [&](const auto& model) { return model->label == label; });
  };
  Models models;
  std::vector<std::pair<std::string, FileIdentity>> seen;
  const auto refuse = [&](const File& file, base::Error error) {
    if (const auto identity = FileIdentity::of(file.path); identity.ok())
      refused_files_[file.path.string()] = *identity;
    const std::string label = file.name + "/" + file.version;
    const bool is_served = find_old(label) != old.end();
    if (log_) {
      log_(true, "not serving " + label + ": " + base::to_string(error) +
                     (is_served ? " (the one before goes on serving)" : ""));
    }
    report.errors.push_back(std::move(error));
  };
  // What a file would replace: what serves as that version, else the highest version of its name.
  const auto place_of = [&](const File& file, const ServedModel* same) -> const ServedModel* {
    if (same != nullptr) return same;
    const ServedModel* highest = nullptr;
    for (const Models* each : {&old, static_cast<const Models*>(&models)}) {
      for (const auto& model : *each) {
        if (model->name != file.name) continue;
        if (highest == nullptr || version_less(highest->version, model->version)) highest = model.get();
      }
    }
    return highest;
  };
  for (const File& file : files) {
    const std::string label = file.name + "/" + file.version;
    const base::Result<FileIdentity> identity = FileIdentity::of(file.path);
    if (identity.ok()) seen.emplace_back(file.path.string(), *identity);
    {
      const std::lock_guard lock(mutex_);
      if (unloaded_.count(file.name) != 0) continue;
    }
    const auto served = find_old(label);
    const auto is_taken = [&](const auto& model) { return model->label == label; };
    if (std::any_of(models.begin(), models.end(), is_taken)) {
      refuse(file, {.message = "another file is version " + file.version + " of " + file.name + " already",
                    .where = file.path.string(),
                    .hint = "keep one of them"});
      continue;
    }
    if (served != old.end() && identity.ok() && (*served)->identity == *identity) {
      models.push_back(*served);
      continue;
    }
    const auto refused = refused_files_.find(file.path.string());
    const bool is_known_bad =
        identity.ok() && refused != refused_files_.end() && refused->second == *identity;
    base::Result<std::shared_ptr<const ServedModel>> loaded =
        is_known_bad ? base::Error{.message = "as before"}
                     : load_file(file, place_of(file, served == old.end() ? nullptr : served->get()));
    if (loaded.ok()) {
      refused_files_.erase(file.path.string());
      if (log_) log_(false, "serving " + label + " from " + file.path.string());
      report.loaded.push_back(label);
      models.push_back(*std::move(loaded));
      continue;
    }
    if (served != old.end()) models.push_back(*served);
    if (!is_known_bad) refuse(file, std::move(loaded).error());
  }
  const auto is_refused = [&](const std::string& name) {
    return std::any_of(files.begin(), files.end(), [&](const File& file) {
      return file.name == name && refused_files_.count(file.path.string()) != 0;
    });
  };
  const Models taken = models;
  for (const auto& model : old) {
    const auto has = [&taken](auto same) { return std::any_of(taken.begin(), taken.end(), same); };
    if (has([&](const auto& other) { return other->label == model->label; })) continue;
    if (!has([&](const auto& other) { return other->name == model->name; }) && is_refused(model->name)) {
      models.push_back(model);  // the last good one
      continue;
    }
    if (log_) log_(false, "no longer serving " + model->label);
    report.removed.push_back(model->label);
  }
  {
    const std::lock_guard lock(mutex_);
    seen_ = std::move(seen);
    seen_misnamed_ = std::move(scanned->misnamed);
  }
  if (!report.loaded.empty() || !report.removed.empty()) publish(std::move(models));
  return report;
}

void ModelStore::publish(Models models) {
  std::map<std::string, NamedModel> by_name;
  for (auto& model : models) {
    NamedModel& named = by_name[model->name];
    named.name = model->name;
    named.versions.push_back(std::move(model));
  }
  std::vector<NamedModel> all;
  for (auto& [name, named] : by_name) {
    std::sort(named.versions.begin(), named.versions.end(),
              [](const auto& a, const auto& b) { return version_less(a->version, b->version); });
    all.push_back(std::move(named));
  }
  const std::lock_guard lock(mutex_);
  apply_traffic(all);
  current_ = std::make_shared<const ModelSet>(std::move(all));
  generation_.fetch_add(1, std::memory_order_release);
}

/// A split that names a version which is gone no longer holds: the highest one answers.
void ModelStore::apply_traffic(std::vector<NamedModel>& models) const {
  for (NamedModel& model : models) {
    const auto wanted = traffic_.find(model.name);
    const bool is_set = wanted != traffic_.end() && serve::set_traffic(model, wanted->second).ok();
    if (is_set) continue;
    [[maybe_unused]] const base::Status reset = serve::set_traffic(model, {});
    if (wanted != traffic_.end() && log_) {
      log_(true, "the split of " + model.name + " names a version that is not served: " +
                     model.versions.back()->version + " gives all answers");
    }
  }
}

bool ModelStore::has_changed() const {
  const base::Result<Scan> scanned = scan();
  if (!scanned.ok()) return false;
  std::vector<std::pair<std::string, FileIdentity>> seen;
  for (const File& file : scanned->files) {
    if (const auto identity = FileIdentity::of(file.path); identity.ok())
      seen.emplace_back(file.path.string(), *identity);
  }
  const std::lock_guard lock(mutex_);
  return seen != seen_ || scanned->misnamed != seen_misnamed_;
}

base::Status ModelStore::load(const std::string& name) {
  const std::lock_guard change(change_mutex_);
  const std::vector<File> files = TRY(scan()).files;
  std::vector<std::string> known;
  for (const File& file : files) {
    if (known.empty() || known.back() != file.name) known.push_back(file.name);
  }
  if (std::find(known.begin(), known.end(), name) == known.end()) return unknown_model(name, known);
  for (const File& file : files) {
    if (file.name == name) refused_files_.erase(file.path.string());
  }
  {
    const std::lock_guard lock(mutex_);
    unloaded_.erase(name);
  }
  ReloadReport report = reload_locked();
  for (base::Error& error : report.errors) {
    const std::filesystem::path at = error.where;
    for (const File& file : files) {
      if (file.name == name && error.where.starts_with(file.path.string())) return std::move(error);
    }
  }
  return {};
}

base::Status ModelStore::unload(const std::string& name) {
  const std::lock_guard change(change_mutex_);
  const std::shared_ptr<const ModelSet> set = current();
  if (set->find(name) == nullptr) return unknown_model(name, names_of(*set));
  Models kept = models_of(*set);
  std::erase_if(kept, [&name](const auto& model) { return model->name == name; });
  {
    const std::lock_guard lock(mutex_);
    unloaded_[name] = true;
  }
  if (log_) log_(false, "no longer serving " + name + " until it is loaded again");
  publish(std::move(kept));
  return {};
}

base::Status ModelStore::set_traffic(const std::string& name, const contract::TrafficConfig& traffic) {
  const std::lock_guard change(change_mutex_);
  const std::shared_ptr<const ModelSet> set = current();
  const NamedModel* found = set->find(name);
  if (found == nullptr) return unknown_model(name, names_of(*set));
  NamedModel tried = *found;
  TRY(serve::set_traffic(tried, traffic));
  {
    const std::lock_guard lock(mutex_);
    traffic_[name] = traffic;
  }
  publish(models_of(*set));
  return {};
}

std::vector<RepositoryEntry> ModelStore::index() const {
  std::vector<RepositoryEntry> entries;
  const std::shared_ptr<const ModelSet> set = current();
  for (const auto& model : models_of(*set)) entries.push_back({model->name, model->version, true, ""});
  const base::Result<Scan> scanned = scan();
  if (!scanned.ok()) return entries;
  const std::lock_guard lock(mutex_);
  for (const File& file : scanned->files) {
    const bool is_served = std::any_of(entries.begin(), entries.end(), [&](const RepositoryEntry& entry) {
      return entry.name == file.name && entry.version == file.version;
    });
    if (is_served) continue;
    const auto refusal = refusals_.find(file.name + "/" + file.version);
    const bool was_unloaded = unloaded_.count(file.name) != 0;
    entries.push_back({file.name, file.version, false,
                       was_unloaded                 ? "unloaded"
                       : refusal != refusals_.end() ? refusal->second
                                                    : "not loaded yet"});
  }
  return entries;
}

std::map<std::string, SwapCounts> ModelStore::swap_counts() const {
  const std::lock_guard lock(mutex_);
  return swap_counts_;
}

}  // namespace archmlp::serve

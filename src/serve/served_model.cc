#include "archmlp/serve/served_model.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "archmlp/base/file.h"
#include "archmlp/base/try.h"

namespace archmlp::serve {

base::Result<FileIdentity> FileIdentity::of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return base::io_error("cannot open the file", path, errno);
  return FileIdentity{.device = status.st_dev,
                      .inode = status.st_ino,
                      .size = static_cast<std::uint64_t>(status.st_size),
                      .modified_ns = status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec};
}

std::shared_ptr<const ServedModel> make_served_model(const std::string& name, const std::string& version,
                                                     std::shared_ptr<const predict::Predictor> predictor,
                                                     std::size_t thread_count) {
  auto model = std::make_shared<ServedModel>();
  model->name = name;
  model->version = version;
  model->label = name + "/" + version;
  model->metrics = std::make_shared<ModelMetrics>(predictor, thread_count);
  model->predictor = std::move(predictor);
  return model;
}

base::Result<std::shared_ptr<const ServedModel>> load_served_model(const std::string& name,
                                                                   const std::string& version,
                                                                   const std::filesystem::path& path,
                                                                   std::size_t thread_count) {
  const FileIdentity identity = TRY(FileIdentity::of(path));
  const std::shared_ptr<const bundle::Bundle> bundle = TRY(bundle::Bundle::load_copy(path));
  if (base::Status checked = bundle->check_canary(); !checked.ok()) {
    return base::located(path.string(), std::move(checked).error());
  }
  auto model = std::make_shared<ServedModel>(
      *make_served_model(name, version, std::make_shared<const predict::Predictor>(bundle), thread_count));
  model->path = path;
  model->identity = identity;
  return std::shared_ptr<const ServedModel>(std::move(model));
}

}  // namespace archmlp::serve

#include "archmlp/base/atomic_output.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "archmlp/base/file.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::base {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".archmlp-tmp";

/// The folder that holds `path`; "." for a bare name.
fs::path parent_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

/// `out/` means `out`.
fs::path without_trailing_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

std::string temporary_prefix(const fs::path& final_path) {
  std::string prefix(1, '.');
  return prefix.append(final_path.filename().string()).append(1, '.');
}

/// Of writing what is not in place yet.
Error output_error(std::string_view action, const fs::path& path, int error_number) {
  Error error = io_error(action, path, error_number);
  if (error_number == ENOSPC) error.hint += "; the previous output is untouched";
  return error;
}

/// The pattern for mkstemps and mkdtemp; mkdtemp wants the X's last, so folders carry the suffix in front.
std::string file_pattern(const fs::path& final_path) {
  return (parent_of(final_path) / (temporary_prefix(final_path) + "XXXXXX")).string() + std::string(kSuffix);
}
std::string folder_pattern(const fs::path& final_path) {
  const std::string name = temporary_prefix(final_path).append(kSuffix.substr(1)).append(".XXXXXX");
  return (parent_of(final_path) / name).string();
}

bool is_temporary_of(const std::string& name, const fs::path& final_path) {
  const std::string prefix = temporary_prefix(final_path);
  if (!name.starts_with(prefix)) return false;
  const std::string_view rest = std::string_view(name).substr(prefix.size());
  return (rest.size() == 6 + kSuffix.size() && rest.ends_with(kSuffix)) ||
         (rest.size() == 6 + kSuffix.size() && rest.starts_with(kSuffix.substr(1)));
}

/// Removes temporaries whose writer is dead: a live one holds a lock, which the kernel drops when it dies.
/// Whatever cannot be removed is left for the next time: it harms nobody.
void remove_stale_temporaries(const fs::path& final_path) {
  std::error_code ignored;
  for (fs::directory_iterator entry(parent_of(final_path), ignored), end; entry != end;
       entry.increment(ignored)) {
    if (ignored) return;
    if (!is_temporary_of(entry->path().filename().string(), final_path)) continue;
    const int descriptor = ::open(entry->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) fs::remove_all(entry->path(), ignored);
    ::close(descriptor);
  }
}

Status sync_descriptor(int descriptor, const fs::path& path) {
  if (::fsync(descriptor) == 0) return {};
  return output_error("cannot write the file to disk", path, errno);
}

/// Makes a rename durable. Some file systems cannot sync a folder; they say EINVAL.
Status sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return io_error("cannot open the folder", folder, errno);
  const int result = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  if (result == 0 || error_number == EINVAL) return {};
  return io_error("cannot write the folder to disk", folder, error_number);
}

/// mkstemp makes files private; outputs get what the user's umask says.
mode_t permissions_of_new(mode_t mode) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mode & ~mask;
}

Status refuse_unsafe_folder(const fs::path& final_path, std::span<const std::string_view> expected_names) {
  struct stat info {};
  if (::lstat(final_path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return io_error("cannot look at the output folder", final_path, errno);
  }
  if (!S_ISDIR(info.st_mode)) {
    return Error{.message = "the output folder is there already as something else than a folder",
                 .where = final_path.string(),
                 .hint = "give another folder"};
  }
  struct stat parent_info {};
  if (::stat(parent_of(fs::absolute(final_path)).c_str(), &parent_info) == 0 &&
      parent_info.st_dev != info.st_dev) {
    return Error{.message = "the output folder is a mount point, which cannot be replaced in one step",
                 .where = final_path.string(),
                 .hint = "give a folder inside it"};
  }
  std::error_code error;
  for (fs::directory_iterator entry(final_path, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (std::find(expected_names.begin(), expected_names.end(), name) == expected_names.end()) {
      return Error{
          .message = "the output folder holds " + base::quoted(name) + ", which this program did not write",
          .where = final_path.string(),
          .hint = "give an empty or a new folder"};
    }
  }
  if (error) return io_error("cannot list the output folder", final_path, error.value());
  return {};
}

/// The file that `path` means: where it is a link, what that leads to, so that the link stays.
Result<fs::path> file_to_replace(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!path.has_filename() || fs::is_directory(status)) {
    return Error{
        .message = "the output is a folder, not a file", .where = path.string(), .hint = "add a file name"};
  }
  if (!fs::exists(status)) return path;  // whatever keeps it from being created is told by the attempt
  if (!fs::is_regular_file(status)) {
    return Error{.message = "the output is a device or a pipe, which a file would replace",
                 .where = path.string(),
                 .hint = "give the name of a file"};
  }
  if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
  fs::path target = fs::canonical(path, error);
  if (error) return io_error("cannot follow the link", path, error.value());
  return target;
}

}  // namespace

AtomicFile::AtomicFile(fs::path final_path, fs::path temporary_path, int descriptor)
    : final_path_(std::move(final_path)),
      temporary_path_(std::move(temporary_path)),
      descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : final_path_(std::move(other.final_path_)),
      temporary_path_(std::move(other.temporary_path_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(final_path_, other.final_path_);
  std::swap(temporary_path_, other.temporary_path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::unlink(temporary_path_.c_str());
  ::close(descriptor_);
}

Result<AtomicFile> AtomicFile::create(const fs::path& given_path) {
  const fs::path final_path = TRY(file_to_replace(given_path));
  remove_stale_temporaries(final_path);
  std::string pattern = file_pattern(final_path);
  const int descriptor = ::mkostemps(pattern.data(), static_cast<int>(kSuffix.size()), O_CLOEXEC);
  if (descriptor < 0) return output_error("cannot create the file", final_path, errno);
  ::flock(descriptor, LOCK_EX | LOCK_NB);
  ::fchmod(descriptor, permissions_of_new(0666));
  return AtomicFile(final_path, std::move(pattern), descriptor);
}

Status AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return output_error("cannot write the file", final_path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status AtomicFile::commit() {
  TRY(sync_descriptor(descriptor_, final_path_));
  if (::rename(temporary_path_.c_str(), final_path_.c_str()) != 0) {
    return output_error("cannot put the file in place", final_path_, errno);
  }
  ::close(std::exchange(descriptor_, -1));
  return sync_folder(parent_of(final_path_));
}

Status refuse_to_overwrite(const fs::path& output, const std::vector<fs::path>& inputs) {
  for (const fs::path& input : inputs) {
    std::error_code ignored;
    if (input.empty() || !fs::equivalent(output, input, ignored)) continue;
    return Error{.message = "the output would replace a file that is read here",
                 .where = output.string(),
                 .hint = "write to another file"};
  }
  return {};
}

Status write_file_atomically(const fs::path& path, std::string_view bytes) {
  AtomicFile file = TRY(AtomicFile::create(path));
  TRY(file.write(bytes));
  return file.commit();
}

AtomicFolder::AtomicFolder(fs::path final_path, fs::path temporary_path, int descriptor)
    : final_path_(std::move(final_path)),
      temporary_path_(std::move(temporary_path)),
      descriptor_(descriptor) {}

AtomicFolder::AtomicFolder(AtomicFolder&& other) noexcept
    : final_path_(std::move(other.final_path_)),
      temporary_path_(std::move(other.temporary_path_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

AtomicFolder& AtomicFolder::operator=(AtomicFolder&& other) noexcept {
  std::swap(final_path_, other.final_path_);
  std::swap(temporary_path_, other.temporary_path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

AtomicFolder::~AtomicFolder() {
  if (descriptor_ < 0) return;
  std::error_code ignored;
  fs::remove_all(temporary_path_, ignored);
  ::close(descriptor_);
}

Result<AtomicFolder> AtomicFolder::create(const fs::path& path,
                                          std::span<const std::string_view> expected_names) {
  const fs::path final_path = without_trailing_slash(path);
  const std::string name = final_path.filename().string();
  if (name.empty() || name == "." || name == "..") {
    return Error{.message = "this folder cannot be replaced",
                 .where = path.string(),
                 .hint = "give a folder inside it"};
  }
  TRY(refuse_unsafe_folder(final_path, expected_names));
  remove_stale_temporaries(final_path);
  std::string pattern = folder_pattern(final_path);
  if (::mkdtemp(pattern.data()) == nullptr)
    return output_error("cannot create the folder", final_path, errno);
  const int descriptor = ::open(pattern.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    const int error_number = errno;
    ::rmdir(pattern.c_str());
    return io_error("cannot open the folder", final_path, error_number);
  }
  ::flock(descriptor, LOCK_EX | LOCK_NB);
  ::fchmod(descriptor, permissions_of_new(0777));
  return AtomicFolder(final_path, std::move(pattern), descriptor);
}

Status AtomicFolder::commit() {
  std::error_code error;
  for (fs::directory_iterator entry(temporary_path_, error), end; !error && entry != end;
       entry.increment(error)) {
    const int descriptor = ::open(entry->path().c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return io_error("cannot open the file", entry->path(), errno);
    const Status status = sync_descriptor(descriptor, final_path_ / entry->path().filename());
    ::close(descriptor);
    TRY(status);
  }
  if (error) return io_error("cannot list the folder", temporary_path_, error.value());
  TRY(sync_descriptor(descriptor_, final_path_));

  // The new folder takes the name in one step: by exchange where an old one stands there, else by a plain
  // rename.
  const bool exchanged =
      ::renameat2(AT_FDCWD, temporary_path_.c_str(), AT_FDCWD, final_path_.c_str(), RENAME_EXCHANGE) == 0;
  if (!exchanged &&
      ::renameat2(AT_FDCWD, temporary_path_.c_str(), AT_FDCWD, final_path_.c_str(), RENAME_NOREPLACE) != 0) {
    return output_error("cannot put the folder in place", final_path_, errno);
  }
  ::close(std::exchange(descriptor_, -1));
  TRY(sync_folder(parent_of(final_path_)));
  if (exchanged) fs::remove_all(temporary_path_, error);  // the old folder; what stays is swept next time
  return {};
}

}  // namespace archmlp::base

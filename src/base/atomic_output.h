#pragma once

#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"

namespace archmlp::base {

/// A file that appears whole or not at all: written under a temporary name in the folder of the final path
/// (`.NAME.XXXXXX.archmlp-tmp`), synced, then renamed. Readers see the old bytes or the new ones, also after
/// a crash. The temporary name is locked while its writer lives; create() removes what dead writers left.
class AtomicFile {
 public:
  /// A link is followed. Errors: kIo; kNotFound if the folder does not exist; kInvalidInput if the path is
  /// that of a folder, a device or a pipe.
  static Result<AtomicFile> create(const std::filesystem::path& given_path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  /// Removes the temporary file unless committed.
  ~AtomicFile();

  Status write(std::string_view bytes);
  /// Syncs, renames, syncs the folder. Errors: kIo; the old file is then untouched.
  Status commit();

 private:
  AtomicFile(std::filesystem::path final_path, std::filesystem::path temporary_path, int descriptor);
  std::filesystem::path final_path_;
  std::filesystem::path temporary_path_;
  int descriptor_ = -1;
};

/// Errors: kInvalidInput if `output` is one of the files `inputs`, by whatever name.
Status refuse_to_overwrite(const std::filesystem::path& output,
                           const std::vector<std::filesystem::path>& inputs);

/// create, write, commit.
Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// A folder that appears whole or not at all, in the same way; an existing folder is exchanged for the new
/// one in one step and then removed.
class AtomicFolder {
 public:
  /// Errors: kIo; kInvalidInput if `final_path` is a file, a mount point, or a folder that holds anything
  /// that is not in `expected_names` (so that a mistyped path never deletes somebody's work).
  static Result<AtomicFolder> create(const std::filesystem::path& final_path,
                                     std::span<const std::string_view> expected_names);
  AtomicFolder(AtomicFolder&& other) noexcept;
  AtomicFolder& operator=(AtomicFolder&& other) noexcept;
  /// Removes the temporary folder unless committed.
  ~AtomicFolder();

  /// Where to write the files. Valid until commit.
  const std::filesystem::path& path() const noexcept { return temporary_path_; }
  /// Syncs every file and the folder, then puts the folder in place. Errors: kIo; the old one is then
  /// untouched.
  Status commit();

 private:
  AtomicFolder(std::filesystem::path final_path, std::filesystem::path temporary_path, int descriptor);
  std::filesystem::path final_path_;
  std::filesystem::path temporary_path_;
  int descriptor_ = -1;
};

}  // namespace archmlp::base

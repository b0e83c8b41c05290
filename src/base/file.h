#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"

namespace archmlp::base {

/// A file's bytes, mapped read-only. Moves keep the address. For files that nobody else writes: if one is cut
/// short while it is mapped, touching what is gone ends the program. Users' data are read by FileReader.
class MappedFile {
 public:
  /// Errors: kNotFound, kIo (a folder, no permission). An empty file gives an empty span.
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  MappedFile(const std::byte* data, std::size_t size) noexcept : data_(data), size_(size) {}
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A file that is read piece by piece: a regular one at any offset and from many threads, others (pipes,
/// standard input as "-") from the beginning to the end.
class FileReader {
 public:
  /// Errors: kNotFound, kIo (a folder, no permission).
  static Result<FileReader> open(const std::filesystem::path& path);
  FileReader(FileReader&& other) noexcept;
  FileReader& operator=(FileReader&& other) noexcept;
  ~FileReader();

  bool is_regular() const noexcept { return is_regular_; }
  /// Of a regular file, when it was opened.
  std::uint64_t size() const noexcept { return size_; }
  /// Fills `out` with the bytes from `offset` on. Precondition: is_regular(), within size(). Errors: kIo;
  /// also if the file has become shorter.
  Status read_at(std::uint64_t offset, std::span<char> out) const;
  /// The next bytes of what is not regular; 0 at the end. Errors: kIo.
  Result<std::size_t> read_next(std::span<char> out) const;

 private:
  FileReader(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::filesystem::path path_;
  int descriptor_ = -1;
  bool is_regular_ = false;
  std::uint64_t size_ = 0;
};

/// A file without a name in the folder for temporary files ($TMPDIR): gone when this object is, or the
/// process.
class TemporaryFile {
 public:
  static Result<TemporaryFile> create();
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&& other) noexcept;
  ~TemporaryFile();

  Status append(std::string_view bytes);
  std::uint64_t size() const noexcept { return size_; }
  /// Precondition: within size().
  Status read_at(std::uint64_t offset, std::span<char> out) const;

 private:
  TemporaryFile(std::filesystem::path folder, int descriptor)
      : folder_(std::move(folder)), descriptor_(descriptor) {}
  std::filesystem::path folder_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// Calls `take` with all bytes of `path` ("-": standard input), in pieces and in order. Errors: as
/// FileReader, and what `take` gives.
Status read_in_pieces(const std::filesystem::path& path,
                      const std::function<Status(std::string_view piece)>& take);

/// All of `path`, or of standard input if `path` is "-".
Result<std::string> read_text(const std::filesystem::path& path);

/// The Error for a failed system call: what was tried, on which path, and errno's text.
Error io_error(std::string_view action, const std::filesystem::path& path, int error_number);

}  // namespace archmlp::base

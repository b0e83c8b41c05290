#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"

namespace archmlp::base {

/// A file's bytes, mapped read-only. Moves keep the address.
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

/// All of `path`, or of standard input if `path` is "-".
Result<std::string> read_text(const std::filesystem::path& path);

/// The Error for a failed system call: what was tried, on which path, and errno's text.
Error io_error(std::string_view action, const std::filesystem::path& path, int error_number);

}  // namespace archmlp::base

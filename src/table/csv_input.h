#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/file.h"
#include "archmlp/base/result.h"

namespace archmlp::table {

/// The text of one CSV, read at any offset and from many threads. Plain files are read where they lie; what
/// is compressed and what is no regular file is unpacked first: into memory if that is little, else into a
/// temporary file.
class CsvInput {
 public:
  /// "-" is standard input. Errors: as base::FileReader; `where` = the name for damaged compressed data.
  static base::Result<CsvInput> open(const std::filesystem::path& path);
  /// `bytes`, which may be compressed, must outlive this object.
  static base::Result<CsvInput> of_memory(std::string_view bytes, std::string name);

  /// As messages show it.
  const std::string& name() const noexcept { return name_; }
  std::size_t size() const noexcept { return size_; }
  /// The text from `offset` on, of the size or less at the end; `buffer` may hold it (and keeps its memory).
  /// Errors: kIo.
  base::Result<std::string_view> read(std::size_t offset, std::size_t size, std::vector<char>& buffer) const;
  /// Of the bytes as they lie on disk, if they had to be gone through for the text; else they are the text.
  const std::optional<std::string>& sha256() const noexcept { return sha256_; }

 private:
  class Unpacking;
  explicit CsvInput(std::string name) : name_(std::move(name)) {}
  base::Status unpack(std::string_view memory);

  std::string name_;
  std::size_t size_ = 0;
  std::optional<base::FileReader> file_;
  std::optional<base::TemporaryFile> temporary_;
  std::string owned_;        // if there is neither file
  std::string_view memory_;  // if there is none of them
  std::optional<std::string> sha256_;
};

}  // namespace archmlp::table

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"

namespace archmlp::bundle {

/// The container format of `.archmlp`: named, checksummed, aligned sections; it knows nothing of what they
/// mean. Byte layout: contracts/model-format.md.
inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kSectionAlignment = 64;
inline constexpr std::size_t kMaxSectionCount = 64;

struct Section {
  std::string name;  // 1 to 16 of a-z, 0-9, _
  std::span<const std::byte> bytes;
};

/// The bytes of a file with these sections, in this order. Precondition: names are distinct and fit, at most
/// kMaxSectionCount of them.
std::vector<std::byte> encode_model_file(std::span<const Section> sections);

/// Told by its first bytes, so that a large file of another kind need not be read: errors as
/// decode_model_file where it is no model file at all.
base::Status check_is_model_file(std::span<const std::byte> first_bytes, const std::string& source_name);
/// Is the file as long as its header says? Told before there is room for all of it. Errors: as
/// decode_model_file.
base::Status check_file_size(std::span<const std::byte> first_bytes, std::uint64_t actual,
                             const std::string& source_name);

/// Reads the directory and verifies every checksum and every byte of padding, in place: the sections show
/// `bytes`, which must be 8-byte aligned (64-byte aligned sections lie as they do in the file). Errors:
/// kInvalidInput, `where` = source_name: not a model file (says what it looks like: a pickle, ONNX, text, …),
/// cut short, damaged (names the section), made by a newer program (both versions).
base::Result<std::vector<Section>> decode_model_file(std::span<const std::byte> bytes,
                                                     const std::string& source_name);

/// Null if absent.
const Section* find_section(std::span<const Section> sections, std::string_view name) noexcept;

}  // namespace archmlp::bundle

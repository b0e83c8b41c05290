#include "archmlp/bundle/model_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "archmlp/base/hash.h"
#include "archmlp/base/try.h"
#include "archmlp/bundle/foreign_file.h"

// The file, in bytes; all numbers are little-endian. contracts/model-format.md says the same in words.
//
//   header      64   magic[8]  version u32  section_count u32  file_size u64  directory_checksum u64
//                    zero[24]  header_checksum u64 (over the 56 bytes before it)
//   directory   64 a section:  name[16]  offset u64  size u64  checksum u64  zero[24]
//   sections         each at the next multiple of 64, zeros between them, none behind the last

namespace archmlp::bundle {
namespace {

// As PNG's: the high bit shows a 7-bit channel, the line ends a text-mode transfer.
constexpr std::string_view kMagic =
    "\x89"
    "AML\r\n\x1a\n";
constexpr std::size_t kHeaderSize = 64;
constexpr std::size_t kHeaderChecksumAt = 56;
constexpr std::size_t kEntrySize = 64;
constexpr std::size_t kNameSize = 16;
static_assert(kMagic.size() == 8);

template <typename T>
void put(std::byte* at, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i) at[i] = static_cast<std::byte>(value >> (8 * i));
}

template <typename T>
T get(const std::byte* at) noexcept {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(std::to_integer<T>(at[i]) << (8 * i));
  return value;
}

constexpr std::uint64_t aligned(std::uint64_t offset) noexcept {
  return (offset + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
}

bool is_zero(std::span<const std::byte> bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

bool is_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kNameSize && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

constexpr std::string_view kCopyAgain = "copy the file again, or train the model again";

base::Error damaged(const std::string& source_name, std::string message) {
  return {.message = std::move(message), .where = source_name, .hint = std::string(kCopyAgain)};
}

base::Error not_a_model(std::span<const std::byte> bytes, const std::string& source_name) {
  const std::string_view looks_like = recognise_foreign_file(bytes);
  return {.message = looks_like.empty() ? "this is not an ArchMLP model file"
                                        : fmt::format("this is not an ArchMLP model file but {}", looks_like),
          .where = source_name,
          .hint = "give a file that `archmlp train` or `archmlp run` wrote"};
}

/// The header's promises, before anything behind it is looked at.
base::Status check_header(std::span<const std::byte> bytes, const std::string& source_name) {
  TRY(check_is_model_file(bytes, source_name));
  if (bytes.size() < kHeaderSize) return damaged(source_name, "the model file is cut short");
  if (base::checksum64(bytes.first(kHeaderChecksumAt)) != get<std::uint64_t>(&bytes[kHeaderChecksumAt])) {
    return damaged(source_name, "the model file is damaged: its header does not match its checksum");
  }
  if (const auto version = get<std::uint32_t>(&bytes[8]); version != kFormatVersion) {
    return base::Error{
        .message = fmt::format("the model file has format version {}; this program reads version {}", version,
                               kFormatVersion),
        .where = source_name,
        .hint = version > kFormatVersion ? "update ArchMLP" : "train the model again"};
  }
  TRY(check_file_size(bytes, bytes.size(), source_name));
  if (!is_zero(bytes.subspan(32, kHeaderChecksumAt - 32))) {
    return damaged(source_name, "the model file is damaged: reserved bytes of its header are not zero");
  }
  return {};
}

/// The directory's bytes, once count and checksum hold.
base::Result<std::span<const std::byte>> check_directory(std::span<const std::byte> bytes,
                                                         const std::string& source_name) {
  const auto section_count = get<std::uint32_t>(&bytes[12]);
  if (section_count > kMaxSectionCount || (bytes.size() - kHeaderSize) / kEntrySize < section_count) {
    return damaged(source_name,
                   fmt::format("the model file is damaged: it cannot hold {} sections", section_count));
  }
  const auto directory = bytes.subspan(kHeaderSize, section_count * kEntrySize);
  if (base::checksum64(directory) != get<std::uint64_t>(&bytes[24])) {
    return damaged(source_name, "the model file is damaged: its directory does not match its checksum");
  }
  return directory;
}

/// One entry: where the section lies follows from the ones before, so the stored offset must agree.
base::Result<Section> read_section(std::span<const std::byte> bytes, std::span<const std::byte> entry,
                                   std::uint64_t& end, const std::string& source_name) {
  const std::string_view padded(reinterpret_cast<const char*>(entry.data()), kNameSize);
  const std::string name(padded.substr(0, padded.find('\0')));
  if (!is_name(name) || !is_zero(entry.subspan(name.size(), kNameSize - name.size())) ||
      !is_zero(entry.subspan(40))) {
    return damaged(source_name, "the model file is damaged: its directory names no section");
  }
  const auto offset = get<std::uint64_t>(&entry[16]);
  const auto size = get<std::uint64_t>(&entry[24]);
  if (offset != aligned(end) || offset > bytes.size() || size > bytes.size() - offset) {
    return damaged(source_name,
                   fmt::format("the model file is damaged: section \"{}\" is not where it should be", name));
  }
  const auto section = bytes.subspan(offset, size);
  if (!is_zero(bytes.subspan(end, offset - end)) ||
      base::checksum64(section) != get<std::uint64_t>(&entry[32])) {
    return damaged(
        source_name,
        fmt::format("the model file is damaged: section \"{}\" does not match its checksum", name));
  }
  end = offset + size;
  return Section{.name = name, .bytes = section};
}

}  // namespace

std::vector<std::byte> encode_model_file(std::span<const Section> sections) {
  assert(sections.size() <= kMaxSectionCount);
  const std::size_t directory_end = kHeaderSize + sections.size() * kEntrySize;
  std::uint64_t file_size = directory_end;
  for (const Section& section : sections) file_size = aligned(file_size) + section.bytes.size();

  std::vector<std::byte> file(file_size);
  std::uint64_t end = directory_end;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const Section& section = sections[i];
    assert(is_name(section.name) && find_section(sections.first(i), section.name) == nullptr);
    const std::uint64_t offset = aligned(end);
    std::byte* entry = file.data() + kHeaderSize + i * kEntrySize;
    std::memcpy(entry, section.name.data(), section.name.size());
    put<std::uint64_t>(entry + 16, offset);
    put<std::uint64_t>(entry + 24, section.bytes.size());
    put<std::uint64_t>(entry + 32, base::checksum64(section.bytes));
    std::copy(section.bytes.begin(), section.bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
    end = offset + section.bytes.size();
  }

  std::memcpy(file.data(), kMagic.data(), kMagic.size());
  put<std::uint32_t>(&file[8], kFormatVersion);
  put<std::uint32_t>(&file[12], static_cast<std::uint32_t>(sections.size()));
  put<std::uint64_t>(&file[16], file_size);
  const std::span<const std::byte> bytes(file);
  put<std::uint64_t>(&file[24], base::checksum64(bytes.subspan(kHeaderSize, directory_end - kHeaderSize)));
  put<std::uint64_t>(&file[kHeaderChecksumAt], base::checksum64(bytes.first(kHeaderChecksumAt)));
  return file;
}

base::Result<std::vector<Section>> decode_model_file(std::span<const std::byte> bytes,
                                                     const std::string& source_name) {
  assert(std::bit_cast<std::uintptr_t>(bytes.data()) % 8 == 0);
  TRY(check_header(bytes, source_name));
  const std::span<const std::byte> directory = TRY(check_directory(bytes, source_name));
  std::vector<Section> sections;
  std::uint64_t end = kHeaderSize + directory.size();
  for (std::size_t at = 0; at < directory.size(); at += kEntrySize) {
    Section section = TRY(read_section(bytes, directory.subspan(at, kEntrySize), end, source_name));
    if (find_section(sections, section.name) != nullptr) {
      return damaged(source_name,
                     fmt::format("the model file is damaged: section \"{}\" is there twice", section.name));
    }
    sections.push_back(std::move(section));
  }
  if (end != bytes.size()) {
    return damaged(source_name, fmt::format("the model file is damaged: {} bytes belong to no section",
                                            bytes.size() - end));
  }
  return sections;
}

base::Status check_file_size(std::span<const std::byte> first_bytes, std::uint64_t actual,
                             const std::string& source_name) {
  if (first_bytes.size() < kHeaderSize) return damaged(source_name, "the model file is cut short");
  const auto said = get<std::uint64_t>(&first_bytes[16]);
  if (actual < said) {
    return damaged(source_name,
                   fmt::format("the model file is cut short: {} of {} bytes are there", actual, said));
  }
  if (actual > said) {
    return damaged(source_name,
                   fmt::format("the model file is damaged: {} bytes follow behind its end", actual - said));
  }
  return {};
}

base::Status check_is_model_file(std::span<const std::byte> first_bytes, const std::string& source_name) {
  const std::string_view text(reinterpret_cast<const char*>(first_bytes.data()), first_bytes.size());
  if (text.starts_with(kMagic)) return {};
  if (!text.empty() && kMagic.starts_with(text)) return damaged(source_name, "the model file is cut short");
  if (text.starts_with(kMagic.substr(0, 4))) {
    return base::Error{.message = "the model file was changed by a transfer in text mode",
                       .where = source_name,
                       .hint = "copy the file again, in binary mode"};
  }
  return not_a_model(first_bytes, source_name);
}

const Section* find_section(std::span<const Section> sections, std::string_view name) noexcept {
  const auto found =
      std::find_if(sections.begin(), sections.end(), [&](const Section& s) { return s.name == name; });
  return found == sections.end() ? nullptr : &*found;
}

}  // namespace archmlp::bundle

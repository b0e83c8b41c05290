#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"

namespace archmlp::base {

/// SHA-256 of bytes that arrive in pieces: lineage, and contracts between stages.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span(text))); }
  /// 64 lower-case hexadecimal digits. Nothing may be added afterwards.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view text);
/// Errors: kNotFound, kIo.
Result<std::string> sha256_of_file(const std::filesystem::path& path);

/// XXH3, 64 bits: integrity of sections of a model file, not security.
std::uint64_t checksum64(std::span<const std::byte> bytes) noexcept;

/// XXH3, 128 bits: so wide that equal hashes may be taken for equal bytes where nobody gains by a collision.
struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Hash128&) const = default;
};
Hash128 hash128(std::span<const std::byte> bytes) noexcept;

}  // namespace archmlp::base

#include "archmlp/base/text_index.h"

#include <cassert>
#include <cstring>
#include <utility>

#include "archmlp/base/rng.h"

namespace archmlp::base {
namespace {

template <typename Word>
std::uint64_t word_at(const char* bytes) noexcept {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// All the bytes of at most 8.
std::uint64_t last_word(const char* bytes, std::size_t size) noexcept {
  if (size >= 4) return word_at<std::uint32_t>(bytes) << 32U | word_at<std::uint32_t>(bytes + size - 4);
  if (size == 0) return 0;
  const auto byte = [bytes](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(bytes[i])}; };
  return byte(0) << 16U | byte(size / 2) << 8U | byte(size - 1);
}

std::uint64_t hash_of(std::string_view text) noexcept {
  const char* bytes = text.data();
  std::size_t left = text.size();
  std::uint64_t hash = left;
  for (; left > 8; left -= 8, bytes += 8) hash = mix64(hash ^ word_at<std::uint64_t>(bytes));
  return mix64(hash ^ last_word(bytes, left));
}

constexpr std::uint32_t upper_half(std::uint64_t hash) noexcept {
  return static_cast<std::uint32_t>(hash >> 32U);
}

}  // namespace

TextIndex::TextIndex(std::vector<std::string> texts) : texts_(std::move(texts)) {
  assert(texts_.size() < kEmpty);
  std::size_t size = 8;
  while (size < 2 * texts_.size()) size *= 2;
  slots_.resize(size);
  for (std::size_t place = 0; place < texts_.size(); ++place) {
    const std::uint64_t hash = hash_of(texts_[place]);
    std::size_t slot = hash & (size - 1);
    while (slots_[slot].place != kEmpty) slot = (slot + 1) & (size - 1);
    slots_[slot] = {upper_half(hash), static_cast<std::uint32_t>(place)};
  }
}

std::size_t TextIndex::find(std::string_view text) const noexcept {
  const std::uint64_t hash = hash_of(text);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask; slots_[i].place != kEmpty; i = (i + 1) & mask) {
    if (slots_[i].hash == upper_half(hash) && texts_[slots_[i].place] == text) return slots_[i].place;
  }
  return kNone;
}

}  // namespace archmlp::base

#include "archmlp/base/text_index.h"

#include <cassert>
#include <utility>

#include "archmlp/base/text_hash.h"

namespace archmlp::base {

TextIndex::TextIndex(std::vector<std::string> texts) : texts_(std::move(texts)) {
  assert(texts_.size() < kEmpty);
  std::size_t size = 8;
  while (size < 2 * texts_.size()) size *= 2;
  slots_.resize(size);
  for (std::size_t place = 0; place < texts_.size(); ++place) {
    const std::uint32_t hash = hash_of_text(texts_[place]);
    std::size_t slot = hash & (size - 1);
    while (slots_[slot].place != kEmpty) slot = (slot + 1) & (size - 1);
    slots_[slot] = {hash, static_cast<std::uint32_t>(place)};
  }
}

std::size_t TextIndex::find(std::string_view text) const noexcept {
  const std::uint32_t hash = hash_of_text(text);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask; slots_[i].place != kEmpty; i = (i + 1) & mask) {
    if (slots_[i].hash == hash && texts_[slots_[i].place] == text) return slots_[i].place;
  }
  return kNone;
}

}  // namespace archmlp::base

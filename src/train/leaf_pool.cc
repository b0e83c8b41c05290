#include "archmlp/train/leaf_pool.h"

#include <bit>
#include <cassert>
#include <cstring>

#include "archmlp/base/rng.h"

namespace archmlp::train {

std::size_t LeafPool::slot_of(std::span<const double> row) const noexcept {
  std::uint64_t hash = 0;
  for (const double value : row) hash = base::mix64(hash ^ std::bit_cast<std::uint64_t>(value));
  std::size_t slot = static_cast<std::size_t>(hash) & (slots_.size() - 1);
  while (slots_[slot] != kEmpty) {
    const double* held = values_.data() + std::size_t{slots_[slot]} * output_count_;
    if (std::memcmp(held, row.data(), row.size_bytes()) == 0) break;
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

void LeafPool::grow() {
  slots_.assign(slots_.size() * 2, kEmpty);
  for (std::size_t i = 0; i < size(); ++i) {
    slots_[slot_of(values().subspan(i * output_count_, output_count_))] = static_cast<std::uint32_t>(i);
  }
}

std::uint32_t LeafPool::add(std::span<const double> row) {
  assert(row.size() == output_count_);
  const std::size_t slot = slot_of(row);
  if (slots_[slot] != kEmpty) return slots_[slot];
  const auto place = static_cast<std::uint32_t>(size());
  slots_[slot] = place;
  values_.insert(values_.end(), row.begin(), row.end());
  if (2 * size() > slots_.size()) grow();
  return place;
}

}  // namespace archmlp::train

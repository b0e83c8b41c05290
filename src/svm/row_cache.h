#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace archmlp::svm {

/// Kernel rows of bounded memory: what was asked for least recently makes room.
template <typename T>
class RowCache {
 public:
  /// For rows of `length` values each, of `row_count` different ones. Holds what fits into `bytes`, but at
  /// least `least_rows`. Forgets all rows.
  void reset(std::size_t row_count, std::size_t length, std::size_t bytes, std::size_t least_rows) {
    bytes_ = std::max(bytes, least_rows * length * sizeof(T));
    if (bytes_ > allocated_) {
      allocated_ = std::min(bytes_, std::max(row_count, least_rows) * length * sizeof(T));
      memory_.reset(new T[allocated_ / sizeof(T)]);  // its pages are taken when they are written to
    }
    slots_.clear();
    lay_out(row_count, length);
    slot_of_.assign(row_count, kNone);
  }

  static std::size_t capacity_of(std::size_t length, std::size_t bytes) {
    return bytes / (length * sizeof(T));
  }

  /// Pointers to the rows `wanted`, all different and at most as many as fit; `missing` gets the places,
  /// among them, of those that the caller must now fill in.
  void acquire(std::span<const std::uint32_t> wanted, std::vector<T*>& rows,
               std::vector<std::uint32_t>& missing) {
    ++clock_;
    rows.assign(wanted.size(), nullptr);
    missing.clear();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::uint32_t slot = slot_of_[wanted[i]];
      if (slot == kNone) {
        missing.push_back(static_cast<std::uint32_t>(i));
        continue;
      }
      slots_[slot].used = clock_;
      rows[i] = row_at(slot);
    }
    make_room(missing.size());
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const std::uint32_t slot = free_[i];
      slots_[slot] = {wanted[missing[i]], clock_};
      slot_of_[wanted[missing[i]]] = slot;
      rows[missing[i]] = row_at(slot);
    }
  }

  /// Keeps of every row the values at `places`, ascending, and renames rows alike; those not listed are lost.
  void compact(std::span<const std::uint32_t> places, std::size_t new_length) {
    std::vector<std::uint32_t> new_name(slot_of_.size(), kNone);
    for (std::size_t i = 0; i < places.size(); ++i) new_name[places[i]] = static_cast<std::uint32_t>(i);
    std::vector<Slot> kept;
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      const std::uint32_t name = new_name[slots_[slot].row];
      if (name == kNone) continue;
      const T* from = memory_.get() + slot * length_;
      T* to = memory_.get() + kept.size() * new_length;  // never behind `from`
      for (std::size_t i = 0; i < places.size(); ++i) to[i] = from[places[i]];
      std::fill(to + places.size(), to + new_length, T{0});
      kept.push_back({name, slots_[slot].used});
    }
    slots_ = std::move(kept);
    lay_out(places.size(), new_length);
    slot_of_.assign(places.size(), kNone);
    for (std::size_t slot = 0; slot < slots_.size(); ++slot)
      slot_of_[slots_[slot].row] = static_cast<std::uint32_t>(slot);
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  struct Slot {
    std::uint32_t row = 0;
    std::uint64_t used = 0;
  };

  T* row_at(std::size_t slot) { return memory_.get() + slot * length_; }

  void lay_out(std::size_t row_count, std::size_t length) {
    length_ = length;
    capacity_ = std::min(row_count, allocated_ / (length * sizeof(T)));
  }

  /// free_: `count` slots to write to, fresh ones first, then the least recently used.
  void make_room(std::size_t count) {
    free_.clear();
    while (free_.size() < count && slots_.size() < capacity_) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.push_back({});
    }
    if (free_.size() == count) return;
    const std::size_t fresh = free_.size();
    std::vector<std::uint32_t> old;
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
      const bool is_fresh = fresh > 0 && slot >= free_.front();
      if (!is_fresh && slots_[slot].used != clock_) old.push_back(slot);
    }
    const std::size_t need = count - fresh;
    assert(old.size() >= need);
    const auto older = [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(slots_[a].used, a) < std::pair(slots_[b].used, b);
    };
    std::nth_element(old.begin(), old.begin() + static_cast<std::ptrdiff_t>(need - 1), old.end(), older);
    for (std::size_t i = 0; i < need; ++i) {
      slot_of_[slots_[old[i]].row] = kNone;
      free_.push_back(old[i]);
    }
  }

  std::unique_ptr<T[]> memory_;  // NOLINT(modernize-avoid-c-arrays): left uninitialised
  std::size_t bytes_ = 0, allocated_ = 0, length_ = 0, capacity_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> slot_of_, free_;
  std::uint64_t clock_ = 0;
};

}  // namespace archmlp::svm

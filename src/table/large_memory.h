#pragma once

#include <cstddef>
#include <vector>

namespace archmlp::table {

/// Tells the system that [begin, begin + size) will be filled soon, so that it may use large pages: otherwise
/// the page faults of a big column can cost more than reading it. Changes nothing but speed.
void advise_large_pages(void* begin, std::size_t size) noexcept;

template <typename T>
void reserve_large(std::vector<T>& values, std::size_t count) {
  values.reserve(count);
  advise_large_pages(values.data(), count * sizeof(T));
}

/// Gives its memory back, which `values = {}` does not.
template <typename T>
void release(std::vector<T>& values) noexcept {
  std::vector<T>().swap(values);
}

}  // namespace archmlp::table

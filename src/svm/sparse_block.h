#pragma once

#include <cstddef>
#include <span>

#include "archmlp/svm/sparse_rows.h"

namespace archmlp::svm {

/// Rows that are written out side by side, for others to be multiplied with all of them at a time.
template <typename T>
inline constexpr std::size_t kSpreadRows = 64 / sizeof(T);

/// dots[i, k] = entries[i]·(row k of `spread`). spread: [columns, kSpreadRows]; dots: [entries, kSpreadRows].
/// A value depends on its two rows alone, and is the same with the rows swapped.
void sparse_dots(std::span<const SparseEntries> entries, const float* spread, float* dots) noexcept;
void sparse_dots(std::span<const SparseEntries> entries, const double* spread, double* dots) noexcept;

}  // namespace archmlp::svm

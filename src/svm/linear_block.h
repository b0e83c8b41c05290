#pragma once

#include <cstddef>

namespace archmlp::svm {

/// Rows of a matrix that are worked on at a time, as columns in double precision: [columns, kBlockHeight].
/// What a block gives depends on the block alone.
inline constexpr std::size_t kBlockHeight = 256;

/// Tiles of a Gram matrix: columns that are multiplied with each other at a time, as registers hold their
/// sums.
inline constexpr std::size_t kTileRows = 4, kTileColumns = 3;

constexpr std::size_t padded_to(std::size_t count, std::size_t multiple) noexcept {
  return (count + multiple - 1) / multiple * multiple;
}

/// values[j, r] = panels[r, j] - centre[j], from panels of PackedRows<float>.
void load_block(const float* panels, std::size_t panel_count, std::size_t depth, const double* centre,
                double* values) noexcept;

/// out[r] = Σ_j factors[j] values[j, r]
void block_dots(const double* values, std::size_t columns, const double* factors, double* out) noexcept;

/// totals[j] += Σ_r factors[r] values[j, r]
void add_block_products(const double* values, std::size_t columns, const double* factors,
                        double* totals) noexcept;

/// scaled[j, r] = factors[r] values[j, r]
void scale_block(const double* values, std::size_t columns, const double* factors, double* scaled) noexcept;

/// gram[j, k] += Σ_r values[j, r] scaled[k, r] for j <= k at least. values: columns padded to kTileRows;
/// scaled and the rows of gram: to kTileColumns.
void add_block_gram(const double* values, const double* scaled, std::size_t columns, double* gram) noexcept;

}  // namespace archmlp::svm

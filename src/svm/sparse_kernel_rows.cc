#include "archmlp/svm/sparse_kernel_rows.h"

#include <algorithm>
#include <numeric>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/svm/kernel_block.h"
#include "archmlp/svm/sparse_block.h"

namespace archmlp::svm {
namespace {

constexpr std::size_t kTileEntries = 64;     // rows whose dots stay in L1
constexpr std::size_t kSparseChunk = 8192;   // rows that a thread takes at a time
constexpr std::size_t kWeightChunk = 16384;  // rows whose share of w is summed by itself

/// Rows side by side, in full: [columns, kSpreadRows].
template <typename T>
class Spread {
 public:
  explicit Spread(const SparseRows& rows) : rows_(rows), values_(rows.cols() * kSpreadRows<T>, T{0}) {}

  void write(std::span<const std::uint32_t> rows) {
    for (const std::size_t place : touched_) values_[place] = 0;
    touched_.clear();
    rows_.entries(rows, room_, entries_);
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      for (std::size_t i = 0; i < entries_[k].count; ++i) {
        touched_.push_back(entries_[k].columns[i] * kSpreadRows<T> + k);
        values_[touched_.back()] = static_cast<T>(entries_[k].values[i]);
      }
    }
  }
  const T* values() const noexcept { return values_.data(); }

 private:
  const SparseRows& rows_;
  std::vector<T> values_;
  std::vector<std::size_t> touched_;
  SparseRows::Room room_;
  std::vector<SparseEntries> entries_;
};

/// Dots of rows with a spread, turned so that those with each of its rows stand side by side.
template <typename T>
class DotTiles {
 public:
  explicit DotTiles(const SparseRows& rows) : rows_(rows), dots_(kTileEntries * kSpreadRows<T>) {}

  /// out[k][i] = rows[i]·(row k of the spread), k < count.
  void write(std::span<const std::uint32_t> rows, const Spread<T>& spread, T* const* out, std::size_t count) {
    for (std::size_t begin = 0; begin < rows.size(); begin += kTileEntries) {
      const std::size_t size = std::min(kTileEntries, rows.size() - begin);
      rows_.entries(rows.subspan(begin, size), room_, entries_);
      sparse_dots(entries_, spread.values(), dots_.data());
      for (std::size_t k = 0; k < count; ++k) {
        for (std::size_t i = 0; i < size; ++i) out[k][begin + i] = dots_[i * kSpreadRows<T> + k];
      }
    }
  }

 private:
  const SparseRows& rows_;
  std::vector<T> dots_;
  SparseRows::Room room_;
  std::vector<SparseEntries> entries_;
};

}  // namespace

std::vector<double> sparse_norms(const SparseRows& rows) {
  std::vector<double> norms(rows.rows(), 0.0);
  SparseRows::Room room;
  std::vector<SparseEntries> entries;
  for (std::uint32_t row = 0; row < norms.size(); ++row) {
    rows.entries({&row, 1}, room, entries);
    for (std::size_t i = 0; i < entries[0].count; ++i) {
      const auto value = static_cast<double>(entries[0].values[i]);
      norms[row] += value * value;
    }
  }
  return norms;
}

template <typename T>
SparseKernelRows<T>::SparseKernelRows(const SparseRows& rows, const model::Kernel& kernel, int thread_count)
    : rows_(rows), kernel_(kernel), thread_count_(thread_count) {
  const std::vector<double> norms = sparse_norms(rows);
  norms_.assign(norms.begin(), norms.end());
}

template <typename T>
void SparseKernelRows<T>::select(std::span<const std::uint32_t> rows) {
  chosen_.assign(rows.begin(), rows.end());
  chosen_norms_.assign(padded_count(), T{0});
  for (std::size_t i = 0; i < rows.size(); ++i) chosen_norms_[i] = norms_[rows[i]];
}

template <typename T>
std::size_t SparseKernelRows<T>::padded_count() const noexcept {
  return (chosen_.size() + kPanelRows<T> - 1) / kPanelRows<T> * kPanelRows<T>;
}

template <typename T>
base::Status SparseKernelRows<T>::compute(std::span<const std::uint32_t> places,
                                          std::span<T* const> out) const {
  const std::size_t chunks = (chosen_.size() + kSparseChunk - 1) / kSparseChunk;
  const std::size_t groups = (places.size() + kSpreadRows<T> - 1) / kSpreadRows<T>;
  // A thread takes a chunk of rows and all groups, so that the chunk's entries are read from a cache.
  return base::parallel_for(chunks, thread_count_, [&](std::size_t chunk) -> base::Status {
    const std::size_t begin = chunk * kSparseChunk;
    const std::size_t size = std::min(kSparseChunk, chosen_.size() - begin);
    const std::size_t padded = std::min(kSparseChunk, padded_count() - begin);
    Spread<T> spread(rows_);
    DotTiles<T> tiles(rows_);
    std::vector<std::uint32_t> group_rows;
    std::vector<T*> targets;
    for (std::size_t group = 0; group < groups; ++group) {
      group_rows.clear();
      targets.clear();
      for (std::size_t i = group * kSpreadRows<T>; i < std::min(places.size(), (group + 1) * kSpreadRows<T>);
           ++i) {
        group_rows.push_back(chosen_[places[i]]);
        targets.push_back(out[i] + begin);
        std::fill(targets.back() + size, targets.back() + padded, T{0});
      }
      spread.write(group_rows);
      tiles.write(std::span(chosen_).subspan(begin, size), spread, targets.data(), targets.size());
      for (std::size_t k = 0; k < targets.size(); ++k)
        finish_kernel(kernel_, chosen_norms_.data() + begin, norms_[group_rows[k]], padded, targets[k]);
    }
    return {};
  });
}

template class SparseKernelRows<float>;
template class SparseKernelRows<double>;

namespace {

/// w = Σ factors[i] x, by chunks of the rows whose number depends on nothing else; sums += x·w.
base::Status add_linear_decisions(const SparseRows& x, std::span<const std::uint32_t> rows,
                                  std::span<const double> factors, std::span<double> sums, int thread_count) {
  std::vector<double> w(x.cols(), 0.0);
  SparseRows::Room room;
  std::vector<SparseEntries> entries;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    x.entries(rows.subspan(i, 1), room, entries);
    for (std::size_t e = 0; e < entries[0].count; ++e)
      w[entries[0].columns[e]] += factors[i] * static_cast<double>(entries[0].values[e]);
  }
  const std::size_t chunks = (sums.size() + kWeightChunk - 1) / kWeightChunk;
  return base::parallel_for(chunks, thread_count, [&](std::size_t chunk) -> base::Status {
    TRY(base::check_cancelled());
    SparseRows::Room own_room;
    std::vector<SparseEntries> own;
    const std::size_t end = std::min(sums.size(), (chunk + 1) * kWeightChunk);
    for (auto row = static_cast<std::uint32_t>(chunk * kWeightChunk); row < end; ++row) {
      x.entries({&row, 1}, own_room, own);
      double dot = 0;
      for (std::size_t e = 0; e < own[0].count; ++e)
        dot += w[own[0].columns[e]] * static_cast<double>(own[0].values[e]);
      sums[row] += dot;
    }
    return {};
  });
}

}  // namespace

base::Status add_exact_sparse_decisions(const SparseRows& x, const model::Kernel& kernel,
                                        std::span<const std::uint32_t> rows, std::span<const double> factors,
                                        std::span<double> sums, int thread_count) {
  if (rows.empty()) return {};
  if (kernel.kind == model::KernelKind::kLinear)
    return add_linear_decisions(x, rows, factors, sums, thread_count);
  constexpr std::size_t kGroup = kSpreadRows<double>, kHeight = 1024;
  const std::vector<double> norms = sparse_norms(x);
  return base::parallel_for(
      (x.rows() + kHeight - 1) / kHeight, thread_count, [&](std::size_t chunk) -> base::Status {
        TRY(base::check_cancelled());
        const std::size_t begin = chunk * kHeight, size = std::min(kHeight, x.rows() - begin);
        std::vector<std::uint32_t> own(size);
        std::iota(own.begin(), own.end(), static_cast<std::uint32_t>(begin));
        std::vector<double> own_norms(kHeight, 0.0), values(kGroup * kHeight, 0.0), totals(kHeight, 0.0);
        std::copy_n(norms.begin() + static_cast<std::ptrdiff_t>(begin), size, own_norms.begin());
        std::copy_n(sums.begin() + static_cast<std::ptrdiff_t>(begin), size, totals.begin());
        std::vector<double*> targets;
        for (std::size_t k = 0; k < kGroup; ++k) targets.push_back(values.data() + k * kHeight);
        Spread<double> spread(x);
        DotTiles<double> tiles(x);
        for (std::size_t first = 0; first < rows.size(); first += kGroup) {
          const std::span<const std::uint32_t> group =
              rows.subspan(first, std::min(kGroup, rows.size() - first));
          spread.write(group);
          tiles.write(own, spread, targets.data(), group.size());
          for (std::size_t k = 0; k < group.size(); ++k)
            finish_kernel(kernel, own_norms.data(), norms[group[k]], kHeight, targets[k]);
          add_rows(targets.data(), factors.data() + first, group.size(), kHeight, totals.data());
        }
        std::copy_n(totals.begin(), size, sums.begin() + static_cast<std::ptrdiff_t>(begin));
        return {};
      });
}

}  // namespace archmlp::svm

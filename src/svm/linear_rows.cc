#include "archmlp/svm/linear_rows.h"

#include <algorithm>
#include <array>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"

namespace archmlp::svm {
namespace {

constexpr std::size_t kMostChunks = 64, kLeastChunks = 4;
constexpr std::size_t kGramBytes = std::size_t{64} << 20U;  // of the Gram matrices of all chunks
constexpr std::size_t kPanelsOfBlock = kBlockHeight / kPanelRows<float>;

}  // namespace

/// A block of a thread.
struct LinearRows::Scratch {
  std::vector<double> values, spare;
  OneHotRows::Room room;
  std::vector<RowEntries> entries;
};

LinearRows::LinearRows(const DualProblem& problem, const OneHotRows* one_hot,
                       std::span<const std::uint32_t> rows, std::span<const double> centre, int thread_count)
    : row_count_(rows.size()),
      bias_(problem.bias),
      thread_count_(thread_count),
      centre_(centre.begin(), centre.end()),
      one_hot_(one_hot) {
  if (one_hot_ != nullptr) {
    chosen_.assign(rows.begin(), rows.end());
  } else {
    packed_.pack(problem.x, rows, std::vector<double>(depth(), 0.0), thread_count);
  }
  const std::size_t block_count = (row_count_ + kBlockHeight - 1) / kBlockHeight;
  const std::size_t fitting = kGramBytes / (columns() * columns() * sizeof(double));
  const std::size_t most_chunks = std::clamp(fitting, kLeastChunks, kMostChunks);
  blocks_per_chunk_ = (block_count + most_chunks - 1) / most_chunks;
  chunk_count_ = (block_count + blocks_per_chunk_ - 1) / blocks_per_chunk_;
}

base::Status LinearRows::for_each_block(const std::function<void(const Block&)>& work) const {
  const std::size_t padded = padded_to(columns(), kTileRows * kTileColumns);
  return base::parallel_for(chunk_count_, thread_count_, [&](std::size_t chunk) -> base::Status {
    Scratch scratch;
    scratch.values.assign(padded * kBlockHeight, 0.0);
    scratch.spare.assign(padded * kBlockHeight, 0.0);
    if (bias_) {
      std::fill_n(scratch.values.begin() + static_cast<std::ptrdiff_t>(depth() * kBlockHeight), kBlockHeight,
                  -1.0);
    }
    const std::size_t begin = chunk * blocks_per_chunk_ * kBlockHeight;
    const std::size_t end = std::min(row_count_, begin + blocks_per_chunk_ * kBlockHeight);
    for (std::size_t first = begin; first < end; first += kBlockHeight) {
      TRY(base::check_cancelled());
      load(first, scratch);
      work({.chunk = chunk,
            .first = first,
            .count = std::min(kBlockHeight, row_count_ - first),
            .values = scratch.values.data(),
            .spare = scratch.spare.data()});
    }
    return {};
  });
}

void LinearRows::load(std::size_t first, Scratch& scratch) const {
  if (one_hot_ == nullptr) {
    const std::size_t panel = first / kPanelRows<float>;
    load_block(packed_.panels() + panel * kPanelRows<float> * depth(),
               std::min(kPanelsOfBlock, packed_.panel_count() - panel), depth(), centre_.data(),
               scratch.values.data());
    return;
  }
  for (std::size_t j = 0; j < depth(); ++j)
    std::fill_n(scratch.values.begin() + static_cast<std::ptrdiff_t>(j * kBlockHeight), kBlockHeight,
                -centre_[j]);
  one_hot_->entries(std::span(chosen_).subspan(first, std::min(kBlockHeight, row_count_ - first)),
                    scratch.room, scratch.entries);
  for (std::size_t i = 0; i < scratch.entries.size(); ++i) {
    const RowEntries& row = scratch.entries[i];
    for (std::size_t e = 0; e < row.count; ++e)
      scratch.values[row.columns[e] * kBlockHeight + i] += static_cast<double>(row.values[e]);
  }
}

void LinearRows::copy_row(std::size_t row, double* values) const {
  if (bias_) values[depth()] = -1;
  for (std::size_t j = 0; j < depth(); ++j) values[j] = -centre_[j];
  if (one_hot_ != nullptr) {
    OneHotRows::Room room;
    std::vector<RowEntries> entries;
    one_hot_->entries(std::span(chosen_).subspan(row, 1), room, entries);
    for (std::size_t e = 0; e < entries[0].count; ++e)
      values[entries[0].columns[e]] += static_cast<double>(entries[0].values[e]);
    return;
  }
  const float* from =
      packed_.panels() + row / kPanelRows<float> * depth() * kPanelRows<float> + row % kPanelRows<float>;
  for (std::size_t j = 0; j < depth(); ++j) values[j] += static_cast<double>(from[j * kPanelRows<float>]);
}

base::Status LinearRows::decide(std::span<const double> coefficients, std::span<double> out) const {
  return for_each_block([&](const Block& block) {
    std::array<double, kBlockHeight> decisions = {};
    block_dots(block.values, columns(), coefficients.data(), decisions.data());
    std::copy_n(decisions.begin(), block.count, out.begin() + static_cast<std::ptrdiff_t>(block.first));
  });
}

base::Result<std::vector<double>> LinearRows::weighted_sum(std::span<const double> factors) const {
  std::vector<double> parts(chunk_count_ * columns(), 0.0);
  TRY(for_each_block([&](const Block& block) {
    std::array<double, kBlockHeight> some = {};
    std::copy_n(factors.begin() + static_cast<std::ptrdiff_t>(block.first), block.count, some.begin());
    add_block_products(block.values, columns(), some.data(), parts.data() + block.chunk * columns());
  }));
  add_up_parts(parts, columns());
  return parts;
}

std::vector<double> linear_centre(const DualProblem& problem, const OneHotRows* one_hot, int thread_count) {
  std::vector<double> centre(one_hot != nullptr ? one_hot->cols() : problem.x.cols, 0.0);
  if (!problem.bias) return centre;
  if (one_hot == nullptr) return centre_of(problem.x, {.kind = model::KernelKind::kRbf}, thread_count);
  OneHotRows::Room room;
  std::vector<RowEntries> entries;
  for (std::uint32_t row = 0; row < problem.x.rows; ++row) {
    one_hot->entries({&row, 1}, room, entries);
    for (std::size_t e = 0; e < entries[0].count; ++e)
      centre[entries[0].columns[e]] += static_cast<double>(entries[0].values[e]);
  }
  for (double& value : centre) value /= static_cast<double>(problem.x.rows);
  return centre;
}

void add_up_parts(std::vector<double>& parts, std::size_t size) {
  for (std::size_t i = size; i < parts.size(); ++i) parts[i % size] += parts[i];
  parts.resize(size);
}

}  // namespace archmlp::svm

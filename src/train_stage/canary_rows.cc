#include "archmlp/train_stage/canary_rows.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "archmlp/base/hash.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/bundle/canary.h"

namespace archmlp::train_stage {
namespace {

using model::MatrixView;

constexpr std::size_t kMostCandidates = 64;  // bits of a mask
constexpr std::size_t kBlockRows = 16384;
/// Inputs and outputs of all rows, but that there is one row always: some models have very many of them.
constexpr std::size_t kMostValues = std::size_t{1} << 17U;

/// Visits all training rows before any comes again, and neighbours in time are far apart.
std::size_t stride_through(std::size_t row_count) {
  constexpr double kGoldenRatio = 0.6180339887498949;
  auto stride =
      std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(row_count) * kGoldenRatio));
  while (std::gcd(stride, row_count) != 1) ++stride;
  return stride;
}

/// With one pattern for all zeros and one for all NaN.
float plain(float value) noexcept {
  return std::isnan(value) ? std::numeric_limits<float>::quiet_NaN() : value + 0.0F;
}

/// Shape: [candidates, p].
std::vector<float> make_candidates(const MatrixView& x) {
  const std::size_t count = std::clamp<std::size_t>(x.rows / x.cols, 1, kMostCandidates);
  const std::size_t stride = stride_through(x.rows);
  std::vector<float> candidates(count * x.cols);
  std::size_t row = 0;
  for (std::size_t at = 0; at < candidates.size(); ++at) {
    candidates[at] = plain(x.at(row, at % x.cols));
    row = (row + stride) % x.rows;
  }
  return candidates;
}

/// Finds rows among a few by their hashes.
class RowHashes {
 public:
  void add(std::span<const float> row) {
    const std::uint64_t hash = hash_of(row);
    hashes_.push_back(hash);
    seen_[hash / 64 % seen_.size()] |= std::uint64_t{1} << (hash % 64);
  }
  /// A bit for each row that is equal.
  std::uint64_t find(std::span<const float> row) const {
    const std::uint64_t hash = hash_of(row);
    std::uint64_t mask = 0;
    if ((seen_[hash / 64 % seen_.size()] >> (hash % 64) & 1U) == 0) return mask;
    for (std::size_t i = 0; i < hashes_.size(); ++i) mask |= std::uint64_t{hashes_[i] == hash} << i;
    return mask;
  }

 private:
  static std::uint64_t hash_of(std::span<const float> row) { return base::checksum64(std::as_bytes(row)); }

  std::vector<std::uint64_t> hashes_;
  std::array<std::uint64_t, 64> seen_{};  // most rows are none of these: a bit tells
};

/// A bit for each candidate that is equal to a row of `x`.
base::Result<std::uint64_t> find_training_rows(const MatrixView& x, const RowHashes& candidates,
                                               int thread_count) {
  std::atomic<std::uint64_t> found = 0;
  TRY(base::parallel_for((x.rows + kBlockRows - 1) / kBlockRows, thread_count, [&](std::size_t block) {
    std::vector<float> values(x.cols);
    std::uint64_t mask = 0;
    const std::size_t end = std::min(x.rows, (block + 1) * kBlockRows);
    for (std::size_t row = block * kBlockRows; row < end; ++row) {
      for (std::size_t col = 0; col < x.cols; ++col) values[col] = plain(x.at(row, col));
      mask |= candidates.find(values);
    }
    found |= mask;
    return base::Status();
  }));
  return found.load();
}

/// Whether the model can be asked for it.
bool is_usable(std::span<const float> row, const model::Model& model) {
  for (std::size_t col = 0; col < row.size(); ++col) {
    const bool may_be_missing = model.takes_missing() || model.category_count(col) > 0;
    if (std::isinf(row[col]) || (std::isnan(row[col]) && !may_be_missing)) return false;
  }
  return true;
}

}  // namespace

base::Result<std::vector<float>> make_canary_rows(MatrixView x, const model::Model& model, int thread_count) {
  std::vector<float> rows;
  if (x.rows == 0) return rows;
  const std::vector<float> candidates = make_candidates(x);
  const std::size_t count = candidates.size() / x.cols;
  const auto candidate = [&](std::size_t i) { return std::span(candidates).subspan(i * x.cols, x.cols); };
  RowHashes hashes;
  std::uint64_t left_out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_repeated = hashes.find(candidate(i)) != 0;
    left_out |= std::uint64_t{is_repeated || !is_usable(candidate(i), model)} << i;
    hashes.add(candidate(i));
  }
  if (x.cols > 1) left_out |= TRY(find_training_rows(x, hashes, thread_count));
  const std::size_t most =
      std::clamp<std::size_t>(kMostValues / (x.cols + model.output_count()), 1, bundle::Canary::kMaxRows);
  for (std::size_t i = 0; i < count && rows.size() < most * x.cols; ++i) {
    if ((left_out >> i & 1U) == 0) rows.insert(rows.end(), candidate(i).begin(), candidate(i).end());
  }
  return rows;
}

}  // namespace archmlp::train_stage

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "archmlp/base/result.h"

namespace archmlp::bundle {

class FeatureEncoder;

/// How the training rows lie in one input of the model.
struct InputDistribution {
  /// Of a number the edges between its bins, finite; of a category the categories that have a bin of their
  /// own. Ascending.
  std::vector<float> marks;
  /// Training rows in each bin. Of a number: below the first edge, from one edge to the next, from the last
  /// on; of a category: each of `marks`, then all others that are known, if there are any. At last those
  /// where the value is missing.
  std::vector<std::uint64_t> counts;
};

/// The training distribution of the model's inputs, as FeatureEncoder gives them: what served rows are held
/// against. Immutable, safe from many threads.
class ReferenceDistribution {
 public:
  static constexpr std::size_t kMaxEdges = 9;
  /// Where an input has more, the most frequent ones have a bin each, and the others share one.
  static constexpr std::size_t kMaxCategoryBins = 20;

  /// inputs: in the encoder's order. Errors: kInvalidInput (`where` = the input): marks that are not as said
  /// above, another number of counts, counts whose sum is not `row_count`.
  static base::Result<ReferenceDistribution> make(const FeatureEncoder& encoder, std::uint64_t row_count,
                                                  std::vector<InputDistribution> inputs);
  /// The section of a model file: contracts/model-format.md. Errors: as make, and bytes that are too few or
  /// too many. Nothing is allocated for what is not there. Precondition: 8-byte aligned.
  static base::Result<ReferenceDistribution> from_bytes(const FeatureEncoder& encoder,
                                                        std::span<const std::byte> bytes);
  std::vector<std::byte> to_bytes() const;

  std::uint64_t row_count() const noexcept { return row_count_; }
  std::size_t input_count() const noexcept { return inputs_.size(); }
  const InputDistribution& input(std::size_t input) const noexcept { return inputs_[input]; }

  /// The last bin is that of missing values, and of categories that are not known.
  std::size_t bin_count(std::size_t input) const noexcept { return inputs_[input].counts.size(); }
  std::size_t bin_count() const noexcept { return bin_count_; }  // of all inputs, one behind the other
  /// Of a number the bin is how many edges are not above it; ±0 are equal. No allocation.
  std::size_t bin_of(std::size_t input, float value) const noexcept;
  /// The bin with the most training rows, of those of an interval of numbers or of a single category: never
  /// that of missing values.
  std::size_t usual_bin(std::size_t input) const noexcept { return usual_bins_[input]; }
  /// Calls visit(bin) for each input of a row that is not in its usual bin: its bin among those of all
  /// inputs. Far fewer than all where most inputs are indicators of categories. Shape: [inputs].
  template <typename Visit>
  void for_each_unusual_bin(std::span<const float> row, Visit visit) const {
    for (std::size_t begin = 0; begin < row.size(); begin += kBlockInputs) {
      for (std::uint32_t left = unusual_in_block(row, begin); left != 0; left &= left - 1) {
        const std::size_t input = begin + static_cast<std::size_t>(std::countr_zero(left));
        visit(lookups_[input].first_bin + bin_of(input, row[input]));
      }
    }
  }
  /// Of the training rows, in [0, 1].
  double share(std::size_t input, std::size_t bin) const noexcept {
    return static_cast<double>(inputs_[input].counts[bin]) / static_cast<double>(row_count_);
  }

  /// How far rows that were counted by bin are from the training rows: the sum over bins of
  /// (a - e) ln(a / e), where a is a bin's share of these rows and e its share of the training rows, either
  /// taken for kLeastShare where it is less, as the logarithm has no empty bins. 0 is none; 0.1 to 0.25 is
  /// commonly taken for a moderate shift, more for a large one. 0 where there are no rows.
  /// Shape: counts [bin_count(input)].
  /// Source: Siddiqi 2006, Credit Risk Scorecards, "system stability index".
  double population_stability_index(std::size_t input, std::span<const std::uint64_t> counts) const;
  static constexpr double kLeastShare = 1e-4;

 private:
  /// What bin_of reads.
  struct Lookup {
    std::array<float, kMaxCategoryBins> marks{};
    std::uint32_t mark_count = 0;
    std::uint32_t category_count = 0;  // 0: a number
    std::uint32_t last_bin = 0;
    std::uint32_t first_bin = 0;  // among those of all inputs
  };

  static constexpr std::size_t kBlockInputs = 32;

  ReferenceDistribution() = default;
  void add_lookup(const InputDistribution& input, std::uint32_t category_count);
  void add_usual(const InputDistribution& input, std::uint32_t category_count);
  /// Of the kBlockInputs inputs from `begin` on: bit i is set where begin + i is not in its usual bin.
  std::uint32_t unusual_in_block(std::span<const float> row, std::size_t begin) const noexcept;

  std::uint64_t row_count_ = 0;
  std::vector<InputDistribution> inputs_;
  std::vector<Lookup> lookups_;
  std::vector<std::uint32_t> usual_bins_;
  std::vector<float> usual_from_, usual_to_;  // the least and the greatest value in each usual bin
  std::uint32_t bin_count_ = 0;
};

}  // namespace archmlp::bundle

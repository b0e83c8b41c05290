#include "archmlp/bundle/reference.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/bundle/feature_encoder.h"
#include "archmlp/model/section_bytes.h"

// The section, little-endian:
//   u64 row_count  u32 input_count  u32 0
//   for each input:  u32 mark_count  u32 bin_count  f32 x mark_count  (u32 0 if mark_count is odd)
//                    u64 x bin_count

namespace archmlp::bundle {
namespace {

static_assert(std::endian::native == std::endian::little, "the section is read as it lies in the file");

constexpr std::string_view kReference = "reference";
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Bit i, as a table: SSE2 cannot shift by another amount in each lane.
constexpr std::array<std::uint32_t, 32> kBits = [] {
  std::array<std::uint32_t, 32> bits{};
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = std::uint32_t{1} << i;
  return bits;
}();

std::uint32_t mask_of(bool is_set) noexcept { return is_set ? ~std::uint32_t{0} : 0; }

base::Error wrong_input(const std::string& name, std::string message) {
  return model::broken_section(kReference, std::move(message), "input " + base::quoted(name));
}

/// Errors: how marks of an input of `category_count` categories, or of a number (0), are wrong.
base::Status check_marks(const std::string& name, std::uint32_t category_count,
                         std::span<const float> marks) {
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (!std::isfinite(marks[i])) return wrong_input(name, "an edge is not finite");
    if (i > 0 && !(marks[i - 1] < marks[i])) return wrong_input(name, "edges or categories do not ascend");
  }
  if (category_count == 0) {
    if (marks.size() <= ReferenceDistribution::kMaxEdges) return {};
    return wrong_input(
        name, fmt::format("it has {} edges, more than {}", marks.size(), ReferenceDistribution::kMaxEdges));
  }
  const std::size_t expected = std::min<std::size_t>(category_count, ReferenceDistribution::kMaxCategoryBins);
  if (marks.size() != expected) {
    return wrong_input(name, fmt::format("{} of its {} categories have a bin, not {}", marks.size(),
                                         category_count, expected));
  }
  for (const float mark : marks) {
    if (mark >= 0 && mark < static_cast<float>(category_count) && mark == std::trunc(mark)) continue;
    return wrong_input(name, fmt::format("{} is none of its {} categories", mark, category_count));
  }
  return {};
}

base::Status check_counts(const std::string& name, std::span<const std::uint64_t> counts,
                          std::size_t bin_count, std::uint64_t row_count) {
  if (counts.size() != bin_count)
    return wrong_input(name, fmt::format("it has {} bins, expected {}", counts.size(), bin_count));
  std::uint64_t left = row_count;
  for (const std::uint64_t count : counts) {
    if (count > left) return wrong_input(name, "its bins hold more rows than there are");
    left -= count;
  }
  if (left > 0) return wrong_input(name, "its bins hold fewer rows than there are");
  return {};
}

std::size_t bin_count_of(std::uint32_t category_count, std::size_t mark_count) noexcept {
  const bool has_more = category_count == 0 || mark_count < category_count;
  return mark_count + (has_more ? 1 : 0) + 1;
}

}  // namespace

base::Result<ReferenceDistribution> ReferenceDistribution::make(const FeatureEncoder& encoder,
                                                                std::uint64_t row_count,
                                                                std::vector<InputDistribution> inputs) {
  if (row_count == 0) return model::broken_section(kReference, "it speaks of no rows", "row_count");
  if (inputs.size() != encoder.input_count()) {
    return model::broken_section(
        kReference, fmt::format("it has {} inputs, the model {}", inputs.size(), encoder.input_count()),
        "input_count");
  }
  ReferenceDistribution reference;
  reference.row_count_ = row_count;
  reference.lookups_.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const InputDistribution& input = inputs[i];
    const std::uint32_t categories = encoder.category_count(i);
    TRY(check_marks(encoder.input_name(i), categories, input.marks));
    const std::size_t bins = bin_count_of(categories, input.marks.size());
    TRY(check_counts(encoder.input_name(i), input.counts, bins, row_count));
    reference.add_lookup(input, categories);
    reference.add_usual(input, categories);
  }
  reference.inputs_ = std::move(inputs);
  return reference;
}

base::Result<ReferenceDistribution> ReferenceDistribution::from_bytes(const FeatureEncoder& encoder,
                                                                      std::span<const std::byte> bytes) {
  std::span<const std::byte> rest = bytes;
  const auto rows = TRY(model::take_items<std::uint64_t>(kReference, rest, 1, "header"));
  const auto header = TRY(model::take_items<std::uint32_t>(kReference, rest, 2, "header"));
  if (header[0] != encoder.input_count() || header[1] != 0) {
    return model::broken_section(
        kReference, fmt::format("it has {} inputs, the model {}", header[0], encoder.input_count()),
        "header");
  }
  std::vector<InputDistribution> inputs;
  inputs.reserve(encoder.input_count());
  for (std::size_t i = 0; i < encoder.input_count(); ++i) {
    const auto sizes = TRY(model::take_items<std::uint32_t>(kReference, rest, 2, "sizes of an input"));
    const auto marks = TRY(model::take_items<float>(kReference, rest, sizes[0], "edges and categories"));
    if (marks.size() % 2 != 0) {
      const auto padding = TRY(model::take_items<std::uint32_t>(kReference, rest, 1, "padding"));
      if (padding[0] != 0) return wrong_input(encoder.input_name(i), "its padding is not zero");
    }
    const auto counts = TRY(model::take_items<std::uint64_t>(kReference, rest, sizes[1], "counts"));
    inputs.push_back({.marks = {marks.begin(), marks.end()}, .counts = {counts.begin(), counts.end()}});
  }
  if (!rest.empty()) return model::broken_section(kReference, "bytes follow behind the last input", "end");
  return make(encoder, rows[0], std::move(inputs));
}

std::vector<std::byte> ReferenceDistribution::to_bytes() const {
  std::vector<std::byte> out;
  const auto append_pair = [&out](std::size_t first, std::size_t second) {
    const std::uint32_t pair[] = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(second)};
    model::append_items<std::uint32_t>(out, pair);
  };
  model::append_items<std::uint64_t>(out, {&row_count_, 1});
  append_pair(inputs_.size(), 0);
  for (const InputDistribution& input : inputs_) {
    append_pair(input.marks.size(), input.counts.size());
    model::append_items<float>(out, input.marks);
    out.resize((out.size() + 7) / 8 * 8);
    model::append_items<std::uint64_t>(out, input.counts);
  }
  return out;
}

void ReferenceDistribution::add_lookup(const InputDistribution& input, std::uint32_t category_count) {
  Lookup& lookup = lookups_.emplace_back();
  std::copy(input.marks.begin(), input.marks.end(), lookup.marks.begin());
  lookup.category_count = category_count;
  lookup.mark_count = static_cast<std::uint32_t>(input.marks.size());
  lookup.last_bin = static_cast<std::uint32_t>(input.counts.size() - 1);
  lookup.first_bin = bin_count_;
  bin_count_ += lookup.last_bin + 1;
}

void ReferenceDistribution::add_usual(const InputDistribution& input, std::uint32_t category_count) {
  const std::vector<float>& marks = input.marks;
  const std::size_t candidates = category_count > 0 ? marks.size() : marks.size() + 1;
  const auto first = input.counts.begin();
  const auto most = std::max_element(first, first + static_cast<std::ptrdiff_t>(candidates));
  const auto bin = static_cast<std::size_t>(most - first);
  usual_bins_.push_back(static_cast<std::uint32_t>(bin));
  if (category_count > 0) {
    usual_from_.push_back(marks[bin]);
    usual_to_.push_back(marks[bin]);
  } else {
    usual_from_.push_back(bin > 0 ? marks[bin - 1] : -kInfinity);
    usual_to_.push_back(bin < marks.size() ? std::nextafter(marks[bin], -kInfinity) : kInfinity);
  }
}

std::uint32_t ReferenceDistribution::unusual_in_block(std::span<const float> row,
                                                      std::size_t begin) const noexcept {
  const float* const values = &row[begin];
  const float* const from = &usual_from_[begin];
  const float* const to = &usual_to_[begin];
  const std::size_t count = std::min(row.size() - begin, kBlockInputs);
  std::uint32_t unusual = 0;
  for (std::size_t i = 0; i < count; ++i) {  // without branches, for the compiler to compare several at once
    const std::uint32_t is_usual = mask_of(from[i] <= values[i]) & mask_of(values[i] <= to[i]);
    unusual |= kBits[i] & ~is_usual;
  }
  return unusual;
}

std::size_t ReferenceDistribution::bin_of(std::size_t input, float value) const noexcept {
  const Lookup& lookup = lookups_[input];
  if (std::isnan(value)) return lookup.last_bin;
  std::uint32_t not_above = 0;  // marks
  for (std::size_t i = 0; i < lookup.mark_count; ++i) not_above += lookup.marks[i] <= value ? 1U : 0U;
  if (lookup.category_count == 0) return not_above;
  if (not_above > 0 && lookup.marks[not_above - 1] == value) return not_above - 1;
  const bool is_known =
      value >= 0 && value < static_cast<float>(lookup.category_count) && value == std::trunc(value);
  return is_known ? lookup.mark_count : lookup.last_bin;
}

double ReferenceDistribution::population_stability_index(std::size_t input,
                                                         std::span<const std::uint64_t> counts) const {
  assert(counts.size() == bin_count(input));
  double total = 0;
  for (const std::uint64_t count : counts) total += static_cast<double>(count);
  if (total == 0) return 0;
  double index = 0;
  for (std::size_t bin = 0; bin < counts.size(); ++bin) {
    const double actual = std::max(static_cast<double>(counts[bin]) / total, kLeastShare);
    const double expected = std::max(share(input, bin), kLeastShare);
    index += (actual - expected) * std::log(actual / expected);
  }
  return index;
}

}  // namespace archmlp::bundle

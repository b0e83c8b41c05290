#include "archmlp/bundle/canary.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/model/section_bytes.h"

// The section, little-endian:
//   u32 row_count  u32 input_count  u32 output_count  u32 0
//   f64 x row_count * output_count: outputs   f32 x row_count * input_count: rows

namespace archmlp::bundle {
namespace {

static_assert(std::endian::native == std::endian::little, "the section is read as it lies in the file");

constexpr std::string_view kCanary = "canary";

/// Bit by bit, but that one NaN is as good as another.
bool is_same(double found, double expected) noexcept {
  if (std::isnan(found) || std::isnan(expected)) return std::isnan(found) && std::isnan(expected);
  return std::bit_cast<std::uint64_t>(found) == std::bit_cast<std::uint64_t>(expected);
}

base::Status compare(std::span<const double> found, std::span<const double> expected, std::size_t first_row,
                     std::size_t output_count, std::string_view how) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (is_same(found[i], expected[i])) continue;
    return base::Error{
        .message = fmt::format("the model does not predict what it did when it was trained: its output {} is "
                               "{} {}, and was {}",
                               i % output_count + 1, found[i], how, expected[i]),
        .where = fmt::format("canary row {}", first_row + i / output_count + 1),
        .hint = "do not use it; train the model again, and report the two programs' versions if it stays so"};
  }
  return {};
}

}  // namespace

base::Result<Canary> Canary::of(const model::Model& model, std::vector<float> rows) {
  Canary canary;
  canary.row_count_ = rows.size() / model.feature_count();
  assert(canary.row_count_ >= 1 && canary.row_count_ <= kMaxRows);
  assert(rows.size() == canary.row_count_ * model.feature_count());
  canary.rows_ = std::move(rows);
  canary.outputs_.resize(canary.row_count_ * model.output_count());
  TRY(model.predict(canary.rows(), canary.outputs_));
  // The bytes of a NaN do depend on the processor; those of a file do not.
  for (double& output : canary.outputs_) {
    if (std::isnan(output)) output = std::numeric_limits<double>::quiet_NaN();
  }
  return canary;
}

base::Result<Canary> Canary::from_bytes(const model::Model& model, std::span<const std::byte> bytes) {
  std::span<const std::byte> rest = bytes;
  const auto header = TRY(model::take_items<std::uint32_t>(kCanary, rest, 4, "header"));
  if (header[0] == 0 || header[0] > kMaxRows || header[3] != 0) {
    return model::broken_section(
        kCanary, fmt::format("it has {} rows, expected 1 to {}", header[0], kMaxRows), "header");
  }
  if (header[1] != model.feature_count() || header[2] != model.output_count()) {
    return model::broken_section(
        kCanary,
        fmt::format("its rows have {} inputs and {} outputs, the model {} and {}", header[1], header[2],
                    model.feature_count(), model.output_count()),
        "header");
  }
  const std::uint64_t row_count = header[0];
  const auto outputs =
      TRY(model::take_items<double>(kCanary, rest, row_count * model.output_count(), "outputs"));
  const auto rows = TRY(model::take_items<float>(kCanary, rest, row_count * model.feature_count(), "rows"));
  if (!rest.empty()) return model::broken_section(kCanary, "bytes follow behind the last row", "end");
  if (std::any_of(rows.begin(), rows.end(), [](float value) { return std::isinf(value); }))
    return model::broken_section(kCanary, "a value is infinite", "rows");
  Canary canary;
  canary.row_count_ = row_count;
  canary.rows_.assign(rows.begin(), rows.end());
  canary.outputs_.assign(outputs.begin(), outputs.end());
  return canary;
}

std::vector<std::byte> Canary::to_bytes() const {
  const std::uint32_t header[] = {static_cast<std::uint32_t>(row_count_),
                                  static_cast<std::uint32_t>(rows_.size() / row_count_),
                                  static_cast<std::uint32_t>(outputs_.size() / row_count_), 0};
  std::vector<std::byte> out;
  model::append_items<std::uint32_t>(out, header);
  model::append_items<double>(out, outputs_);
  model::append_items<float>(out, rows_);
  return out;
}

base::Status Canary::check(const model::Model& model) const {
  const std::size_t inputs = model.feature_count(), width = model.output_count();
  assert(rows_.size() == row_count_ * inputs && outputs_.size() == row_count_ * width);
  std::vector<double> found(outputs_.size());
  for (std::size_t row = 0; row < row_count_; ++row) {
    const std::span<double> out = std::span(found).subspan(row * width, width);
    model.predict_row(std::span(rows_).subspan(row * inputs, inputs), out);
    TRY(compare(out, outputs().subspan(row * width, width), row, width, "for the row alone"));
  }
  TRY(model.predict(rows(), found));
  return compare(found, outputs_, 0, width, "for the row among others");
}

}  // namespace archmlp::bundle

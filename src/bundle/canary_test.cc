#include "archmlp/bundle/canary.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace archmlp::bundle {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Outputs: the sum of two inputs, and the first divided by the second; off by `error` where it is told to
/// be.
class Sums final : public model::Model {
 public:
  double error_alone = 0;        // of a row alone
  double error_in_batch = 0;     // of a row among others
  std::size_t only_in_row = 99;  // of the batch

  std::string_view kind() const noexcept override { return "sums"; }
  contract::Task task() const noexcept override { return contract::Task::kRegression; }
  std::size_t feature_count() const noexcept override { return 2; }
  std::size_t class_count() const noexcept override { return 0; }
  model::OutputLayout outputs() const noexcept override { return {.values = 2}; }
  bool takes_missing() const noexcept override { return true; }
  std::uint32_t category_count(std::size_t) const noexcept override { return 0; }
  void predict_row(std::span<const float> row, std::span<double> out) const override {
    out[0] = double{row[0]} + double{row[1]} + error_alone;
    out[1] = double{row[0]} / double{row[1]};
  }
  std::size_t class_of(std::span<const double>) const noexcept override { return 0; }
  nlohmann::ordered_json summary() const override { return {}; }
  std::vector<std::byte> to_bytes() const override { return {}; }

 protected:
  void predict_rows(model::MatrixView x, std::span<double> out) const override {
    for (std::size_t row = 0; row < x.rows; ++row) {
      out[2 * row] = double{x.at(row, 0)} + double{x.at(row, 1)};
      out[2 * row + 1] = double{x.at(row, 0)} / double{x.at(row, 1)};
      if (row == only_in_row) out[2 * row + 1] += error_in_batch;
    }
  }
};

const std::vector<float> kRows = {1, 2, 0.5F, -4, 3, 8};

std::string text_of(const base::Status& status) {
  return status.ok() ? "same" : base::to_string(status.error());
}

TEST(Canary, HoldsWhatTheModelSays) {
  const Sums model;
  const Canary canary = Canary::of(model, kRows).value();
  EXPECT_EQ(canary.row_count(), 3U);
  EXPECT_THAT(canary.outputs(), testing::ElementsAre(3, 0.5, -3.5, -0.125, 11, 0.375));
  EXPECT_EQ(text_of(canary.check(model)), "same");
}

TEST(Canary, TellsAnotherBitInARowAloneAndAmongOthers) {
  Sums model;
  const Canary canary = Canary::of(model, kRows).value();
  model.error_alone = 1e-15;
  EXPECT_THAT(text_of(canary.check(model)),
              AllOf(HasSubstr("canary row 1: the model does not predict what it did"),
                    HasSubstr("output 1 is 3.000000000000001 for the row alone, and was 3")));
  model.error_alone = 0;
  model.error_in_batch = 1e-16;
  model.only_in_row = 2;
  EXPECT_THAT(
      text_of(canary.check(model)),
      AllOf(HasSubstr("canary row 3:"), HasSubstr("output 2 is 0.3750000000000001 for the row among")));
}

TEST(Canary, ZerosOfOtherSignsDifferAndNanIsNan) {
  const Sums model;
  const Canary canary = Canary::of(model, {0, 0, -0.0F, 1}).value();
  EXPECT_TRUE(std::isnan(canary.outputs()[1]));
  EXPECT_FALSE(std::signbit(canary.outputs()[1])) << "the bytes of a file do not depend on the processor";
  EXPECT_EQ(text_of(canary.check(model)), "same");
  std::vector<std::byte> bytes = canary.to_bytes();
  bytes[16 + 3 * 8 + 7] ^= std::byte{0x80};  // the sign of -0 / 1
  const auto changed = Canary::from_bytes(model, bytes);
  ASSERT_TRUE(changed.ok());
  EXPECT_THAT(text_of(changed->check(model)), HasSubstr("canary row 2:"));
}

TEST(Canary, BytesGiveItBack) {
  const Sums model;
  const std::vector<std::byte> bytes = Canary::of(model, kRows)->to_bytes();
  const auto again = Canary::from_bytes(model, bytes);
  ASSERT_TRUE(again.ok()) << base::to_string(again.error());
  EXPECT_EQ(again->to_bytes(), bytes);
  EXPECT_EQ(text_of(again->check(model)), "same");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(Canary::from_bytes(model, std::span(bytes).first(size)).ok()) << size;
  // Every bit of an output is told, or the file refused.
  for (std::size_t at = 16; at < 16 + 6 * 8; ++at) {
    std::vector<std::byte> damaged = bytes;
    damaged[at] ^= std::byte{1};
    EXPECT_NE(text_of(Canary::from_bytes(model, damaged)->check(model)), "same") << at;
  }
}

TEST(Canary, BytesOfOtherShapesAreRefused) {
  struct Wrong {
    std::size_t at;
    std::uint32_t value;
    std::string expected;
  };
  const Sums model;
  constexpr std::uint32_t kInfinityBits = 0x7F800000;
  for (const Wrong& wrong : std::vector<Wrong>{{0, 0, "it has 0 rows, expected 1 to 16"},
                                               {0, 17, "it has 17 rows"},
                                               {0, 4, "ends within the rows"},
                                               {0, 16, "ends within the outputs"},
                                               {0, 2, "bytes follow"},
                                               {4, 3, "3 inputs and 2 outputs, the model 2 and 2"},
                                               {8, 1, "2 inputs and 1 outputs, the model 2 and 2"},
                                               {12, 1, "rows"},
                                               {16 + 6 * 8 + 4, kInfinityBits, "a value is infinite"}}) {
    std::vector<std::byte> bytes = Canary::of(model, kRows)->to_bytes();
    std::memcpy(bytes.data() + wrong.at, &wrong.value, 4);
    const auto read = Canary::from_bytes(model, bytes);
    ASSERT_FALSE(read.ok()) << wrong.expected;
    EXPECT_THAT(base::to_string(read.error()), HasSubstr(wrong.expected));
  }
}

}  // namespace
}  // namespace archmlp::bundle

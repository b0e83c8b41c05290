#include "archmlp/bundle/reference.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "archmlp/bundle/feature_encoder.h"
#include "archmlp/test_support/counting_new.h"

namespace archmlp::bundle {
namespace {

using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Inputs: "size" (a number), "town" (3 categories), "street" (50 categories).
FeatureEncoder example_encoder() {
  using contract::ColumnKind;
  const contract::Schema features{{{"size", ColumnKind::kReal, true, {}},
                                   {"town", ColumnKind::kText, true, {}},
                                   {"street", ColumnKind::kInteger, true, {}}}};
  FeatureCategories categories = {{"town", {std::string("a"), std::string("b"), std::string("c")}}};
  for (std::int64_t street = 100; street < 150; ++street) categories["street"].emplace_back(street);
  return FeatureEncoder::make(features, features.names(), categories).value();
}

std::vector<InputDistribution> example_inputs() {
  InputDistribution street{.marks = {}, .counts = {}};
  for (int category = 1; category < 40; category += 2) street.marks.push_back(static_cast<float>(category));
  street.counts.assign(20, 4);
  street.counts.insert(street.counts.end(), {15, 5});
  return {{.marks = {-1.5F, 0, 10}, .counts = {10, 20, 30, 40, 0}},
          {.marks = {0, 1, 2}, .counts = {50, 0, 25, 25}},
          std::move(street)};
}

ReferenceDistribution example_reference() {
  return ReferenceDistribution::make(example_encoder(), 100, example_inputs()).value();
}

TEST(Reference, ANumberIsInTheBinOfTheEdgesThatAreNotAboveIt) {
  const ReferenceDistribution reference = example_reference();
  ASSERT_EQ(reference.bin_count(0), 5U);
  const std::vector<std::pair<float, std::size_t>> expected = {{-kInfinity, 0},
                                                               {-2, 0},
                                                               {std::nextafter(-1.5F, -2.0F), 0},
                                                               {-1.5F, 1},
                                                               {-0.1F, 1},
                                                               {-0.0F, 2},
                                                               {0.0F, 2},
                                                               {9.99F, 2},
                                                               {10, 3},
                                                               {1e30F, 3},
                                                               {kInfinity, 3},
                                                               {kNan, 4},
                                                               {std::copysign(kNan, -1.0F), 4}};
  const std::size_t before = test_support::allocation_count();
  for (const auto& [value, bin] : expected) EXPECT_EQ(reference.bin_of(0, value), bin) << value;
  EXPECT_EQ(test_support::allocation_count(), before);
}

TEST(Reference, ACategoryIsInItsOwnBinThatOfOthersOrTheLast) {
  const ReferenceDistribution reference = example_reference();
  for (const auto& [value, bin] : std::vector<std::pair<float, std::size_t>>{
           {0, 0}, {1, 1}, {2, 2}, {3, 3}, {-1, 3}, {0.5F, 3}, {kNan, 3}, {kInfinity, 3}, {-kInfinity, 3}})
    EXPECT_EQ(reference.bin_of(1, value), bin) << value;
  ASSERT_EQ(reference.bin_count(2), 22U);
  for (int category = 0; category < 50; ++category) {
    const bool is_listed = category % 2 == 1 && category < 40;
    EXPECT_EQ(reference.bin_of(2, static_cast<float>(category)), is_listed ? category / 2 : 20) << category;
  }
  EXPECT_EQ(reference.bin_of(2, 50), 21U);
  EXPECT_EQ(reference.bin_of(2, 2.5F), 21U);
  EXPECT_EQ(reference.bin_of(2, kNan), 21U);
}

TEST(Reference, TheUsualBinHoldsMostTrainingRowsWithAValueOfTheirOwn) {
  std::vector<InputDistribution> inputs = example_inputs();
  inputs[0].counts = {5, 3, 2, 0, 90};
  const ReferenceDistribution reference = ReferenceDistribution::make(example_encoder(), 100, inputs).value();
  EXPECT_EQ(reference.usual_bin(0), 0U) << "not that of missing values";
  EXPECT_EQ(reference.usual_bin(1), 0U);
  EXPECT_EQ(reference.usual_bin(2), 0U) << "not that of all other categories";
  EXPECT_EQ(example_reference().usual_bin(0), 3U);
}

/// 40 numbers whose usual bins lie everywhere among 0 to 9 edges, and 40 inputs of 3 or 50 categories.
ReferenceDistribution varied_reference() {
  contract::Schema features;
  FeatureCategories categories;
  std::vector<InputDistribution> inputs;
  for (std::size_t i = 0; i < 80; ++i) {
    const std::string name = "f" + std::to_string(i);
    features.columns.push_back({name, contract::ColumnKind::kInteger, true, {}});
    InputDistribution& input = inputs.emplace_back();
    if (i % 2 == 0) {
      for (std::size_t edge = 0; edge < i / 2 % 10; ++edge)
        input.marks.push_back(static_cast<float>(edge) - 3.0F);
      input.counts.assign(input.marks.size() + 2, 1);
    } else {
      input = example_inputs()[i % 4 == 1 ? 1 : 2];
      for (std::int64_t value = 0; value < (i % 4 == 1 ? 3 : 50); ++value)
        categories[name].emplace_back(value);
      input.counts.assign(input.counts.size(), 1);
    }
    input.counts[i / 2 % input.counts.size()] = 1001 - input.counts.size();
  }
  const auto encoder = FeatureEncoder::make(features, features.names(), categories);
  return ReferenceDistribution::make(encoder.value(), 1000, std::move(inputs)).value();
}

TEST(Reference, RowsThatAreNotInUnusualBinsAreInTheUsualOne) {
  const ReferenceDistribution reference = varied_reference();
  std::vector<float> values = {kNan, kInfinity, -kInfinity, -0.0F, 2.5F, 1e30F, 1e-45F, -1e-45F};
  for (int i = -5; i < 55; ++i) {
    const auto value = static_cast<float>(i);
    values.insert(values.end(), {value, std::nextafter(value, kInfinity), std::nextafter(value, -kInfinity)});
  }
  std::vector<std::uint64_t> expected(reference.bin_count()), counts(reference.bin_count());
  constexpr std::size_t kRowCount = 5000;
  std::mt19937 random(1);
  std::vector<float> row(reference.input_count());
  for (std::size_t i = 0; i < kRowCount; ++i) {
    for (float& value : row) value = values[random() % values.size()];
    std::size_t first = 0;
    for (std::size_t input = 0; input < row.size(); ++input) {
      ++expected[first + reference.bin_of(input, row[input])];
      first += reference.bin_count(input);
    }
    reference.for_each_unusual_bin(row, [&counts](std::size_t bin) { ++counts[bin]; });
  }
  std::size_t first = 0;
  for (std::size_t input = 0; input < row.size(); ++input) {
    std::uint64_t& usual = counts[first + reference.usual_bin(input)];
    EXPECT_EQ(usual, 0U) << input;
    usual = kRowCount;
    for (std::size_t bin = 0; bin < reference.bin_count(input); ++bin)
      if (bin != reference.usual_bin(input)) usual -= counts[first + bin];
    first += reference.bin_count(input);
  }
  EXPECT_EQ(counts, expected);
}

TEST(Reference, SharesAreOfTheTrainingRows) {
  const ReferenceDistribution reference = example_reference();
  EXPECT_EQ(reference.row_count(), 100U);
  EXPECT_EQ(reference.share(0, 3), 0.4);
  EXPECT_EQ(reference.share(1, 3), 0.25);
  EXPECT_EQ(reference.share(2, 20), 0.15);
}

TEST(Reference, StabilityIndex) {
  const ReferenceDistribution reference = example_reference();
  const auto index = [&](std::size_t input, const std::vector<std::uint64_t>& counts) {
    return reference.population_stability_index(input, counts);
  };
  EXPECT_EQ(index(0, {0, 0, 0, 0, 0}), 0);
  EXPECT_NEAR(index(0, {1000, 2000, 3000, 4000, 0}), 0, 1e-15);
  // (0.4 - 0.1) ln 4 + 0 + 0 + (0.1 - 0.4) ln (1 / 4), computed by hand.
  EXPECT_NEAR(index(0, {4, 2, 3, 1, 0}), 0.6 * std::log(4.0), 1e-12);
  // A bin that is empty on one side counts as one of 1e-4; empty on both it says nothing.
  EXPECT_NEAR(index(0, {0, 0, 0, 0, 7}),
              (1e-4 - 0.1) * std::log(1e-3) + (1e-4 - 0.2) * std::log(1e-4 / 0.2) +
                  (1e-4 - 0.3) * std::log(1e-4 / 0.3) + (1e-4 - 0.4) * std::log(1e-4 / 0.4) +
                  (1 - 1e-4) * std::log(1e4),
              1e-12);
  EXPECT_NEAR(index(1, {2, 0, 1, 1}), 0, 1e-15);
  EXPECT_GT(index(1, {std::uint64_t{1} << 63U, std::uint64_t{1} << 63U, 0, 0}), 0.25);
}

TEST(Reference, BytesGiveItBack) {
  const ReferenceDistribution reference = example_reference();
  const std::vector<std::byte> bytes = reference.to_bytes();
  const auto again = ReferenceDistribution::from_bytes(example_encoder(), bytes);
  ASSERT_TRUE(again.ok()) << base::to_string(again.error());
  EXPECT_EQ(again->to_bytes(), bytes);
  EXPECT_EQ(again->row_count(), 100U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(again->input(i).marks, reference.input(i).marks);
    EXPECT_EQ(again->input(i).counts, reference.input(i).counts);
  }
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(ReferenceDistribution::from_bytes(example_encoder(), std::span(bytes).first(size)).ok());
  std::vector<std::byte> longer = bytes;
  longer.resize(bytes.size() + 8);
  EXPECT_THAT(ReferenceDistribution::from_bytes(example_encoder(), longer).error().message,
              HasSubstr("bytes follow"));
}

TEST(Reference, BytesOfOtherShapesAreRefused) {
  struct Wrong {
    std::size_t word;  // of 4 bytes
    std::uint32_t value;
    std::string expected;
  };
  // Words: row_count (2), input_count, 0; mark_count, bin_count, 3 marks, 0, 5 counts (2 each), ….
  for (const Wrong& wrong : std::vector<Wrong>{{0, 0, "it speaks of no rows"},
                                               {0, 99, "more rows than there are"},
                                               {1, 1, "fewer rows than there are"},
                                               {2, 2, "it has 2 inputs, the model 3"},
                                               {2, 4'000'000'000, "it has 4000000000 inputs"},
                                               {3, 1, "inputs"},
                                               {4, 4'000'000'000, "ends within"},
                                               {5, 4'000'000'000, "ends within"},
                                               {9, 1, "its padding is not zero"},
                                               {11, 1, "more rows than there are"}}) {
    std::vector<std::byte> bytes = example_reference().to_bytes();
    std::memcpy(bytes.data() + 4 * wrong.word, &wrong.value, 4);
    const auto read = ReferenceDistribution::from_bytes(example_encoder(), bytes);
    ASSERT_FALSE(read.ok()) << wrong.expected;
    EXPECT_THAT(base::to_string(read.error()), HasSubstr(wrong.expected));
  }
}

TEST(Reference, PartsThatAreNotAsSaidAreRefused) {
  struct Wrong {
    std::function<void(std::vector<InputDistribution>&)> spoil;
    std::string expected;
  };
  using Inputs = std::vector<InputDistribution>;
  for (const Wrong& wrong : std::vector<Wrong>{
           {[](Inputs& inputs) { inputs.pop_back(); }, "it has 2 inputs, the model 3"},
           {[](Inputs& inputs) { inputs[0].marks[2] = kInfinity; }, "input \"size\": an edge is not finite"},
           {[](Inputs& inputs) { inputs[0].marks[1] = kNan; }, "not finite"},
           {[](Inputs& inputs) { inputs[0].marks[1] = -1.5F; }, "do not ascend"},
           {[](Inputs& inputs) { inputs[0].marks = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}; },
            "10 edges, more than 9"},
           {[](Inputs& inputs) { inputs[0].counts.pop_back(); }, "it has 4 bins, expected 5"},
           {[](Inputs& inputs) { inputs[0].counts[1] = 19; }, "fewer rows than there are"},
           {[](Inputs& inputs) { inputs[0].counts[1] = ~std::uint64_t{0}; }, "more rows than there are"},
           {[](Inputs& inputs) { inputs[1].marks.pop_back(); }, "input \"town\": 2 of its 3 categories"},
           {[](Inputs& inputs) { inputs[1].marks[2] = 3; }, "3 is none of its 3 categories"},
           {[](Inputs& inputs) { inputs[1].marks[0] = -1; }, "-1 is none of its 3 categories"},
           {[](Inputs& inputs) { inputs[1].marks[0] = 0.5F; }, "0.5 is none of its 3 categories"},
           {[](Inputs& inputs) { inputs[2].marks[1] = 1; }, "input \"street\": edges or categories do not"},
           {[](Inputs& inputs) { inputs[2].counts.pop_back(); }, "it has 21 bins, expected 22"}}) {
    Inputs inputs = example_inputs();
    wrong.spoil(inputs);
    const auto made = ReferenceDistribution::make(example_encoder(), 100, inputs);
    ASSERT_FALSE(made.ok()) << wrong.expected;
    EXPECT_THAT(base::to_string(made.error()), HasSubstr(wrong.expected));
  }
  EXPECT_FALSE(ReferenceDistribution::make(example_encoder(), 0, example_inputs()).ok());
}

}  // namespace
}  // namespace archmlp::bundle

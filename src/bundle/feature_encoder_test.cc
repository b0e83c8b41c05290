#include "archmlp/bundle/feature_encoder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace archmlp::bundle {
namespace {

using contract::ColumnKind;
using testing::HasSubstr;
using Names = std::vector<std::string>;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

const contract::Schema& features() {
  static const contract::Schema schema{{{"i", ColumnKind::kInteger, true, {}},
                                        {"r", ColumnKind::kReal, true, {}},
                                        {"b", ColumnKind::kBoolean, true, {}},
                                        {"color", ColumnKind::kText, true, {}}}};
  return schema;
}

table::Table rows() {
  return *table::Table::from_columns(
      {table::Column("i", table::IntegerCells{{9007199254740993, 5, 0}, {0, 0, 1}}),
       table::Column("r", table::RealCells{{0.1, 2.0, kMissing}}),
       table::Column("b", table::BooleanCells{{1, 0, -1}}),
       table::Column("color", table::TextCells{{1, 0, -1}, {"red", "green"}})});
}

std::vector<float> encode(const Names& inputs, const FeatureCategories& categories) {
  const auto encoder = FeatureEncoder::make(features(), inputs, categories);
  EXPECT_TRUE(encoder.ok()) << (encoder.ok() ? "" : base::to_string(encoder.error()));
  transform::BatchNotes notes;
  auto matrix = encoder->encode(rows(), notes);
  EXPECT_TRUE(matrix.ok());
  return std::move(matrix).value();
}

std::string error_of(const Names& inputs, const FeatureCategories& categories) {
  const auto encoder = FeatureEncoder::make(features(), inputs, categories);
  return encoder.ok() ? "accepted" : base::to_string(encoder.error());
}

TEST(FeatureEncoder, CastsNumbersInTheOrderOfTheInputs) {
  const std::vector<float> matrix = encode({"r", "i", "b"}, {});
  EXPECT_EQ(matrix[0], 0.1F);
  EXPECT_EQ(matrix[1], static_cast<float>(static_cast<double>(std::int64_t{9007199254740993})));
  EXPECT_EQ(matrix[2], 1.0F);
  for (std::size_t i = 6; i < 9; ++i) EXPECT_TRUE(std::isnan(matrix[i]));
}

TEST(FeatureEncoder, NumbersCategoriesInTheirOrder) {
  const auto categories = categories_of(rows(), Names{"color", "i", "b", "r"});
  ASSERT_TRUE(categories.ok());
  EXPECT_EQ(categories->at("color"),
            (std::vector<contract::Value>{std::string("green"), std::string("red")}));
  EXPECT_EQ(categories->at("i"),
            (std::vector<contract::Value>{std::int64_t{5}, std::int64_t{9007199254740993}}));
  const std::vector<float> matrix = encode({"b", "color", "i", "r"}, *categories);
  EXPECT_EQ(std::vector<float>(matrix.begin(), matrix.begin() + 8),
            (std::vector<float>{1, 0, 1, 0, 0, 1, 0, 1}));
  for (std::size_t i = 8; i < 12; ++i) EXPECT_TRUE(std::isnan(matrix[i]));
}

TEST(FeatureEncoder, UnknownCategoriesAreMissingAndCountedWhereTheRowCounts) {
  const auto encoder = FeatureEncoder::make(features(), Names{"color"}, {{"color", {std::string("blue")}}});
  ASSERT_TRUE(encoder.ok());
  EXPECT_EQ(encoder->category_count(0), 1U);
  transform::BatchNotes notes{.outside = {1, 0, 0}, .unknown_categories = {}};
  const auto matrix = encoder->encode(rows(), notes);
  ASSERT_TRUE(matrix.ok());
  for (const float value : *matrix) EXPECT_TRUE(std::isnan(value));
  EXPECT_EQ(notes.unknown_categories.at("color"), 1U);
}

TEST(FeatureEncoder, LooksUpIntegersAmongRealCategories) {
  const contract::Schema schema{{{"i", ColumnKind::kReal, true, {}}}};
  const auto encoder = FeatureEncoder::make(schema, Names{"i"}, {{"i", {0.5, std::int64_t{5}}}});
  ASSERT_TRUE(encoder.ok()) << base::to_string(encoder.error());
  transform::BatchNotes notes;
  const auto matrix = encoder->encode(rows(), notes);
  ASSERT_TRUE(matrix.ok());
  EXPECT_TRUE(std::isnan((*matrix)[0]));
  EXPECT_EQ((*matrix)[1], 1.0F);
}

TEST(FeatureEncoder, RecordsMayEndBeforeColumnsOfZeroAndOne) {
  const contract::Schema schema{{{"x", ColumnKind::kReal, true, {}},
                                 {"unread", ColumnKind::kInteger, false, {}},
                                 {"a", ColumnKind::kInteger, false, {}},
                                 {"b", ColumnKind::kInteger, false, {}},
                                 {"c", ColumnKind::kInteger, false, {}},
                                 {"d", ColumnKind::kInteger, false, {}}}};
  const auto encoder =
      FeatureEncoder::make(schema, Names{"c", "b", "d", "x", "a"},
                           {{"c", {std::int64_t{1}}}, {"d", {std::int64_t{0}, std::int64_t{1}}}});
  ASSERT_TRUE(encoder.ok()) << base::to_string(encoder.error());
  const auto cell = [](int value) { return table::Cell::of(std::int64_t{value}); };
  for (const std::vector<std::uint32_t>& ones :
       {std::vector<std::uint32_t>{}, {1, 2}, {3, 4}, {2, 3, 4, 5}, {5}}) {
    table::Record full = {table::Cell::of(2.5), cell(0), cell(0), cell(0), cell(0), cell(0)};
    for (const std::uint32_t one : ones) full[one].integer = 1;
    transform::RecordScratch scratch;
    std::vector<float> expected(5), row(5, 7.0F);
    ASSERT_TRUE(encoder->encode(full, scratch, expected).ok());
    const std::size_t unknown = scratch.unknown_categories.size();
    scratch.clear();
    scratch.ones = ones;
    ASSERT_TRUE(encoder->encode({full[0]}, scratch, row).ok());
    for (std::size_t i = 0; i < row.size(); ++i)
      EXPECT_TRUE(row[i] == expected[i] || (std::isnan(row[i]) && std::isnan(expected[i]))) << i;
    EXPECT_EQ(scratch.unknown_categories.size(), unknown);
  }
}

TEST(FeatureEncoder, TheFirstInputBeyondFloat32IsNamed) {
  const contract::Schema schema{{{"b", ColumnKind::kReal, true, {}}, {"a", ColumnKind::kReal, true, {}}}};
  const auto encoder = FeatureEncoder::make(schema, Names{"a", "b"}, {});
  transform::BatchNotes notes;
  const table::Table table = *table::Table::from_columns(
      {table::Column("b", table::RealCells{{1e39}}), table::Column("a", table::RealCells{{-2e39}})});
  EXPECT_THAT(encoder->encode(table, notes).error().message, HasSubstr("column \"a\": -2e+39"));
  transform::RecordScratch scratch;
  std::vector<float> row(2);
  const base::Status status = encoder->encode({table::Cell::of(1e39), table::Cell::of(-2e39)}, scratch, row);
  EXPECT_THAT(status.error().message, HasSubstr("column \"a\": -2e+39"));
  EXPECT_EQ(status.error().where, "a");
}

TEST(FeatureEncoder, RefusesWhatItCannotEncode) {
  EXPECT_THAT(error_of({"color"}, {}), HasSubstr("one_hot: {columns: [color]}"));
  EXPECT_THAT(error_of({"colour"}, {}), HasSubstr("\"color\""));
  EXPECT_THAT(error_of({"color"}, {{"color", {std::string("b"), std::string("a")}}}),
              HasSubstr("not sorted"));
  EXPECT_THAT(error_of({"color"}, {{"color", {std::string("a"), std::string("a")}}}),
              HasSubstr("occurs twice"));
  EXPECT_THAT(error_of({"color"}, {{"color", {std::int64_t{1}}}}), HasSubstr("cannot be the value"));
  EXPECT_THAT(error_of({"i"}, {{"i", {0.5}}}), HasSubstr("cannot be the value"));
  EXPECT_THAT(error_of({"i"}, {{"r", {0.5}}}), HasSubstr("no input of the model"));
  const contract::Schema schema{{{"color", ColumnKind::kReal, true, {}}, {"r", ColumnKind::kText, true, {}}}};
  transform::BatchNotes notes;
  const auto number = FeatureEncoder::make(schema, Names{"color"}, {});
  EXPECT_THAT(number->encode(rows(), notes).error().message, HasSubstr("\"color\" is text, expected real"));
  const auto text = FeatureEncoder::make(schema, Names{"r"}, {{"r", {std::string("a")}}});
  EXPECT_THAT(text->encode(rows(), notes).error().message, HasSubstr("\"r\" is real, expected text"));
  EXPECT_FALSE(categories_of(rows(), Names{"colour"}).ok());
}

}  // namespace
}  // namespace archmlp::bundle

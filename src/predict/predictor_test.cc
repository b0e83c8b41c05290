#include "archmlp/predict/predictor.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/bundle/feature_matrix.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/csv_writer.h"
#include "archmlp/test_support/counting_new.h"
#include "archmlp/test_support/example_parts.h"

namespace archmlp::predict {
namespace {

using testing::HasSubstr;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Raw rows with gaps, an unseen category, a category that is the first one, and integers beyond 2^53.
std::string raw_csv(std::size_t row_count) {
  base::Rng rng(5);
  const std::vector<std::string> kinds = {"a", "b", "c", ""};
  std::string csv = "amount,count,kind,flag,name,y\n";
  for (std::size_t row = 0; row < row_count; ++row) {
    csv += rng.below(5) == 0 ? "" : std::to_string(rng.uniform() * 3000.0);
    csv += "," + std::to_string(rng.below(3) == 0 ? 9007199254740993 + rng.below(1000) : rng.below(100));
    csv += "," + kinds[rng.below(kinds.size())];
    csv += rng.below(4) == 0 ? "," : rng.below(2) == 0 ? ",true" : ",false";
    csv += ",n" + std::to_string(row) + ",yes\n";
  }
  return csv;
}

contract::Schema with_label(contract::Schema schema) {
  schema.columns.push_back({"y", contract::ColumnKind::kText, false, {}});
  return schema;
}

class PredictorTest : public testing::Test {
 protected:
  std::shared_ptr<const bundle::Bundle> bundle_ = test_support::load_example(test_support::example_parts());
  Predictor predictor_{bundle_};

  table::Table read_raw(const std::string& csv) const {
    auto read = table::parse_csv_as(csv, "raw.csv", with_label(predictor_.schema(RecordForm::kRaw)), {});
    EXPECT_TRUE(read.ok()) << (read.ok() ? "" : base::to_string(read.error()));
    return read.ok() ? read->table : table::Table();
  }
};

table::Cell cell_of(const table::Column& column, std::size_t row) {
  if (column.is_missing(row)) return table::Cell::none(column.kind());
  switch (column.kind()) {
    case contract::ColumnKind::kInteger:
      return table::Cell::of(column.integers().values[row]);
    case contract::ColumnKind::kBoolean:
      return table::Cell::of(column.booleans().values[row] == 1);
    case contract::ColumnKind::kReal:
      return table::Cell::of(column.reals().values[row]);
    case contract::ColumnKind::kText:
      break;
  }
  const table::TextCells& texts = column.texts();
  return table::Cell::of(std::string_view(texts.levels[static_cast<std::size_t>(texts.codes[row])]));
}

bool same_bits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

TEST_F(PredictorTest, EveryFormGivesTheSameBits) {
  const table::Table raw = read_raw(raw_csv(500));
  const auto batch = predictor_.predict(raw, RecordForm::kRaw);
  ASSERT_TRUE(batch.ok()) << base::to_string(batch.error());

  transform::BatchNotes notes;
  std::vector<table::Column> input(raw.columns().begin(), raw.columns().end() - 1);  // without the label
  const auto features = bundle_->plan()->apply(*table::Table::from_columns(std::move(input)), notes);
  ASSERT_TRUE(features.ok());
  const auto prepared =
      table::parse_csv_as(table::to_csv(*features), "x.csv", bundle_->contract().features, {});
  ASSERT_TRUE(prepared.ok()) << base::to_string(prepared.error());
  const auto from_prepared = predictor_.predict(prepared->table, RecordForm::kPrepared, 2);
  ASSERT_TRUE(from_prepared.ok());
  EXPECT_TRUE(same_bits(batch->outputs, from_prepared->outputs));

  Predictor::Scratch scratch;
  std::vector<double> outputs(predictor_.output_count());
  std::set<std::vector<double>> distinct;
  for (std::size_t row = 0; row < raw.row_count(); ++row) {
    table::Record record;
    for (const auto& column : predictor_.schema(RecordForm::kRaw).columns) {
      record.push_back(cell_of(*raw.find(column.name), row));
    }
    ASSERT_TRUE(predictor_.predict(record, RecordForm::kRaw, scratch, outputs).ok());
    ASSERT_TRUE(same_bits(outputs, std::span(batch->outputs).subspan(2 * row, 2))) << row;
    distinct.insert(outputs);
  }
  EXPECT_GT(distinct.size(), 8U) << "rows must reach different leaves for the comparison to say anything";
}

TEST_F(PredictorTest, CountsUnknownCategories) {
  const table::Table raw = read_raw("amount,count,kind,flag,name,y\n1,1,zebra,true,n,no\n1,1,a,true,n,no\n");
  const auto batch = predictor_.predict(raw, RecordForm::kRaw);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->unknown_categories.at("kind"), 1U);
  EXPECT_TRUE(batch->outside.empty());
}

TEST_F(PredictorTest, RowsThatTheFilterDropsHaveNoOutput) {
  const table::Table raw = read_raw("amount,count,kind,flag,name,y\n1,1,a,true,n,no\n1e300,-1,a,true,n,no\n");
  const auto batch = predictor_.predict(raw, RecordForm::kRaw);
  ASSERT_TRUE(batch.ok()) << base::to_string(batch.error());
  EXPECT_THAT(batch->outside, testing::ElementsAre(0, 1));
  EXPECT_FALSE(std::isnan(batch->outputs[0]));
  EXPECT_TRUE(std::isnan(batch->outputs[2]) && std::isnan(batch->outputs[3]));

  table::Record record = {table::Cell::of(1.0), table::Cell::of(std::int64_t{-1}),
                          table::Cell::of(std::string_view("a")), table::Cell::of(true),
                          table::Cell::none(contract::ColumnKind::kText)};
  Predictor::Scratch scratch;
  std::vector<double> outputs(2);
  const base::Status status = predictor_.predict(record, RecordForm::kRaw, scratch, outputs);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::kOutsidePopulation);
}

TEST_F(PredictorTest, ColumnsMatchByNameAndOnlyIgnoredOnesMayBeAbsent) {
  EXPECT_THAT(predictor_.ignored(RecordForm::kRaw), testing::UnorderedElementsAre("name", "y"));
  const table::Table raw = read_raw(raw_csv(20));
  std::vector<table::Column> turned;
  for (const char* name : {"flag", "kind", "count", "amount"}) turned.push_back(*raw.find(name));
  const auto expected = predictor_.predict(raw, RecordForm::kRaw);
  const auto actual = predictor_.predict(*table::Table::from_columns(turned), RecordForm::kRaw);
  ASSERT_TRUE(actual.ok()) << base::to_string(actual.error());
  EXPECT_TRUE(same_bits(actual->outputs, expected->outputs));

  turned.pop_back();
  const auto incomplete = predictor_.predict(*table::Table::from_columns(turned), RecordForm::kRaw);
  ASSERT_FALSE(incomplete.ok());
  EXPECT_THAT(incomplete.error().message, HasSubstr("column \"amount\" is missing"));
}

TEST_F(PredictorTest, RefusesNumbersBeyondFloat32) {
  const auto batch = predictor_.predict(
      read_raw("amount,count,kind,flag,name,y\n1,1,a,true,n,no\n1e300,1,a,true,n,no\n"), RecordForm::kRaw);
  ASSERT_FALSE(batch.ok());
  EXPECT_THAT(base::to_string(batch.error()), HasSubstr("row 2: column \"total\""));
  table::Record record = {table::Cell::of(1e300), table::Cell::of(std::int64_t{1}), table::Cell::of(true),
                          table::Cell::of(std::int64_t{1}), table::Cell::of(std::int64_t{0})};
  Predictor::Scratch scratch;
  std::vector<double> outputs(2);
  const base::Status status = predictor_.predict(record, RecordForm::kPrepared, scratch, outputs);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().where, "total");
}

TEST_F(PredictorTest, ARecordAllocatesNothingInSteadyState) {
  if (!test_support::allocations_are_counted()) GTEST_SKIP() << "this sanitizer counts no allocations";
  Predictor::Scratch scratch;
  std::vector<double> outputs(2);
  table::Record record;
  std::string answer;
  const auto predict_once = [&] {
    record.assign({table::Cell::of(1200.0), table::Cell::of(std::int64_t{9}),
                   table::Cell::of(std::string_view("zebra")), table::Cell::of(true),
                   table::Cell::none(contract::ColumnKind::kText)});
    answer.clear();
    if (!predictor_.predict(record, RecordForm::kRaw, scratch, outputs).ok()) std::abort();
    append_prediction_json(answer, predictor_, outputs);
  };
  for (int warm_up = 0; warm_up < 10; ++warm_up) predict_once();
  const std::size_t before = test_support::allocation_count();
  for (int request = 0; request < 100; ++request) predict_once();
  EXPECT_EQ(test_support::allocation_count() - before, 0U);
}

TEST_F(PredictorTest, AnswersWithLabelsOfTheirType) {
  std::string answer;
  append_prediction_json(answer, predictor_, std::vector<double>{0.25, 0.75});
  EXPECT_EQ(answer, R"({"prediction": "yes", "probabilities": {"no": 0.25, "yes": 0.75}})");
  EXPECT_EQ(predictor_.label_of(std::vector<double>{0.5, 0.5}), contract::Value(std::string("no")));  // a tie

  const Predictor regression(test_support::load_example(test_support::example_regression_parts()));
  EXPECT_FALSE(regression.accepts(RecordForm::kRaw));
  EXPECT_EQ(regression.default_form(), RecordForm::kPrepared);
  answer.clear();
  append_prediction_json(answer, regression, std::vector<double>{3.0});
  EXPECT_EQ(answer, R"({"prediction": 3.0})");
  EXPECT_EQ(regression.label_of(std::vector<double>{3.0}), contract::Value(3.0));
}

TEST(FeatureMatrix, IsTheOneCast) {
  const auto table =
      table::Table::from_columns({table::Column("i", table::IntegerCells{{9007199254740993, 5}, {0, 1}}),
                                  table::Column("r", table::RealCells{{0.1, kMissing}}),
                                  table::Column("b", table::BooleanCells{{1, -1}})});
  ASSERT_TRUE(table.ok());
  const std::vector<std::string> features = {"r", "i", "b"};
  const auto matrix = bundle::to_matrix(*table, features);
  ASSERT_TRUE(matrix.ok());
  EXPECT_EQ((*matrix)[0], 0.1F);
  EXPECT_EQ((*matrix)[1], static_cast<float>(static_cast<double>(std::int64_t{9007199254740993})));
  EXPECT_EQ((*matrix)[2], 1.0F);
  for (std::size_t i = 3; i < 6; ++i) EXPECT_TRUE(std::isnan((*matrix)[i]));
}

TEST(FeatureMatrix, RefusesTextAndAbsentColumns) {
  const auto table = table::Table::from_columns({table::Column("color", table::TextCells{{0}, {"red"}})});
  const std::vector<std::string> text = {"color"};
  EXPECT_THAT(bundle::to_matrix(*table, text).error().hint, HasSubstr("one_hot: {columns: [color]}"));
  const std::vector<std::string> absent = {"colour"};
  EXPECT_THAT(bundle::to_matrix(*table, absent).error().hint, HasSubstr("\"color\""));
}

}  // namespace
}  // namespace archmlp::predict

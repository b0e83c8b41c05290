#include "archmlp/predict/predictor.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "archmlp/base/rng.h"
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

/// A table of raw records, the features written to a CSV and read again, and one record after another.
void expect_the_same_in_every_form(const Predictor& predictor, const table::Table& raw) {
  const auto batch = predictor.predict(raw, RecordForm::kRaw);
  ASSERT_TRUE(batch.ok()) << base::to_string(batch.error());

  transform::BatchNotes notes;
  std::vector<table::Column> input(raw.columns().begin(), raw.columns().end() - 1);  // without the label
  const bundle::Bundle& bundle = predictor.bundle();
  const auto features = bundle.plan()->apply(*table::Table::from_columns(std::move(input)), notes);
  ASSERT_TRUE(features.ok());
  const auto prepared =
      table::parse_csv_as(table::to_csv(*features), "x.csv", bundle.contract().features, {});
  ASSERT_TRUE(prepared.ok()) << base::to_string(prepared.error());
  const auto from_prepared = predictor.predict(prepared->table, RecordForm::kPrepared, 2);
  ASSERT_TRUE(from_prepared.ok());
  EXPECT_TRUE(same_bits(batch->outputs, from_prepared->outputs));

  std::set<std::vector<double>> distinct;
  std::map<std::string, std::size_t, std::less<>> unknown_categories;
  for (const RecordForm form : {RecordForm::kRaw, RecordForm::kPrepared}) {
    const table::Table& rows = form == RecordForm::kRaw ? raw : prepared->table;
    Predictor::Scratch scratch;
    std::vector<double> outputs(predictor.output_count());
    unknown_categories.clear();
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
      table::Record record;
      for (const auto& column : predictor.schema(form).columns) {
        record.push_back(cell_of(*rows.find(column.name), row));
      }
      ASSERT_TRUE(predictor.predict(record, form, scratch, outputs).ok());
      ASSERT_TRUE(same_bits(outputs, std::span(batch->outputs).subspan(2 * row, 2))) << row;
      for (const std::string* column : scratch.transform.unknown_categories) ++unknown_categories[*column];
      distinct.insert(outputs);
    }
    EXPECT_EQ(unknown_categories, predictor.predict(rows, form)->unknown_categories);
  }
  EXPECT_GT(distinct.size(), 7U) << "rows must reach different leaves for the comparison to say anything";
}

TEST_F(PredictorTest, EveryFormGivesTheSameBits) {
  expect_the_same_in_every_form(predictor_, read_raw(raw_csv(500)));
}

/// A model that takes two columns as categories.
class CategoricalPredictorTest : public testing::Test {
 protected:
  Predictor predictor_{test_support::load_example(test_support::example_categorical_parts())};

  table::Table read_raw(const std::string& rows) const {
    contract::Schema schema = predictor_.schema(RecordForm::kRaw);
    schema.columns.push_back({"y", contract::ColumnKind::kBoolean, false, {}});
    auto read = table::parse_csv_as("size,city,floor,y\n" + rows, "raw.csv", schema, {});
    EXPECT_TRUE(read.ok()) << (read.ok() ? "" : base::to_string(read.error()));
    return read.ok() ? read->table : table::Table();
  }
};

TEST_F(CategoricalPredictorTest, EveryFormGivesTheSameBits) {
  base::Rng rng(5);
  std::string rows;
  for (std::size_t row = 0; row < 500; ++row) {
    rows += rng.below(5) == 0 ? "" : std::to_string(rng.uniform() * 100.0);
    const std::size_t town = rng.below(50);  // some are not known
    rows += rng.below(10) == 0 ? "," : town < 10 ? ",t0" + std::to_string(town) : ",t" + std::to_string(town);
    rows += "," + std::to_string(static_cast<int>(rng.below(6)) - 2) + ",true\n";
  }
  expect_the_same_in_every_form(predictor_, read_raw(rows));
}

TEST_F(CategoricalPredictorTest, UnknownCategoriesAreCountedAndTakenForMissing) {
  const table::Table raw = read_raw("60,t40,1,true\n60,,1,true\n60,t39,7,true\n");
  const auto batch = predictor_.predict(raw, RecordForm::kRaw);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->unknown_categories.at("town"), 1U);
  EXPECT_EQ(batch->unknown_categories.at("floor"), 1U);
  EXPECT_EQ(batch->outputs[0], batch->outputs[2]);
  EXPECT_EQ(batch->outputs[0], 0.3);  // left to the floor, which is none of the set; right to the same leaf
}

TEST_F(CategoricalPredictorTest, ARecordAllocatesNothingInSteadyState) {
  if (!test_support::allocations_are_counted()) GTEST_SKIP() << "this sanitizer counts no allocations";
  Predictor::Scratch scratch;
  std::vector<double> outputs(2);
  table::Record record;
  std::size_t before = 0;
  for (int request = 0; request < 100; ++request) {
    if (request == 10) before = test_support::allocation_count();
    const std::string_view town = request % 2 == 0 ? "t07" : "elsewhere";
    record.assign({table::Cell::of(12.0), table::Cell::of(town), table::Cell::of(std::int64_t{2})});
    if (!predictor_.predict(record, RecordForm::kRaw, scratch, outputs).ok()) std::abort();
  }
  EXPECT_EQ(test_support::allocation_count() - before, 0U);
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

}  // namespace
}  // namespace archmlp::predict

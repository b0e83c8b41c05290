#include "archmlp/expression/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <limits>

#include "archmlp/base/rng.h"
#include "archmlp/expression/test_support.h"

namespace archmlp::expression {
namespace {

using contract::ColumnKind;
using table::Cell;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

contract::Schema example_schema() {
  return {{{.name = "amount", .kind = ColumnKind::kReal},
           {.name = "count", .kind = ColumnKind::kInteger},
           {.name = "flag", .kind = ColumnKind::kBoolean},
           {.name = "type", .kind = ColumnKind::kText},
           {.name = "old balance", .kind = ColumnKind::kReal}}};
}

Expression compiled(std::string_view text) {
  auto expression = Expression::compile(text, example_schema());
  EXPECT_TRUE(expression.ok()) << text << "\n" << (expression.ok() ? "" : to_string(expression.error()));
  return std::move(expression).value();
}

/// The value for amount 2.5, count -7, flag true, type "TRANSFER", old balance missing.
Cell value_of(std::string_view text, Scratch& scratch) {
  const table::Record record = {Cell::of(2.5), Cell::of(std::int64_t{-7}), Cell::of(true),
                                Cell::of(std::string_view("TRANSFER")), Cell::none(ColumnKind::kReal)};
  static std::deque<Expression> expressions;  // a text constant lives in its expression
  expressions.push_back(compiled(text));
  return expressions.back().evaluate(record, scratch);
}
double number(std::string_view text) {
  Scratch scratch;
  return value_of(text, scratch).as_double();
}
std::string error_of(std::string_view text) {
  const auto expression = Expression::compile(text, example_schema());
  EXPECT_FALSE(expression.ok()) << text;
  return expression.ok() ? "" : to_string(expression.error());
}

TEST(Expression, KnowsItsTypeAndColumns) {
  EXPECT_EQ(compiled("amount + count").kind(), ColumnKind::kReal);
  EXPECT_EQ(compiled("amount > count").kind(), ColumnKind::kBoolean);
  EXPECT_EQ(compiled("upper(type)").kind(), ColumnKind::kText);
  EXPECT_EQ(compiled("+flag").kind(), ColumnKind::kReal);
  EXPECT_THAT(compiled("`old balance` - amount * amount").columns(), ElementsAre(0, 4));
  EXPECT_THAT(compiled("1 + 2").columns(), IsEmpty());
  EXPECT_EQ(compiled(" amount ").text(), " amount ");
}

TEST(Expression, BindsAsPython) {
  EXPECT_EQ(number("-count ** 2"), -49.0);
  EXPECT_EQ(number("2 ** 3 ** 2"), 512.0);
  EXPECT_EQ(number("2 ** -1"), 0.5);
  EXPECT_EQ(number("7 - 2 - 1"), 4.0);
  EXPECT_EQ(number("count // 2"), -4.0);
  EXPECT_EQ(number("count % 3"), 2.0);
  EXPECT_EQ(number("7 % -3"), -2.0);
  EXPECT_EQ(number("2 + 3 * 4"), 14.0);
  EXPECT_EQ(number("0.1 + 0.2 + 0.3"), (0.1 + 0.2) + 0.3);
  EXPECT_EQ(number("amount == 2.5 & count == -7"), 1.0);
  EXPECT_EQ(number("not amount == 2.5 or flag"), 1.0);
  EXPECT_EQ(number("-10 < count < amount < 3"), 1.0);
  EXPECT_EQ(number("-10 < count < amount < 2"), 0.0);
  EXPECT_EQ(number("False == False in [True]"), 0.0);  // (False == False) and (False in [True])
}

TEST(Expression, ReadsNumbersAndTexts) {
  EXPECT_EQ(number("1.916920493E7"), 19169204.93);
  EXPECT_EQ(number("1_000.5_0"), 1000.5);
  EXPECT_EQ(number("1e-999"), 0.0);
  EXPECT_EQ(number("0.000"), 0.0);
  Scratch scratch;
  EXPECT_EQ(value_of(R"('it\'s \u00e9\x41\n"')", scratch).text, "it's éA\n\"");
  EXPECT_EQ(number("df.amount + df['count'] + df.`old balance`.isnull()"), -3.5);
}

TEST(Expression, TreatsMissingAsPandas) {
  EXPECT_TRUE(std::isnan(number("`old balance` + 1")));
  EXPECT_EQ(number("`old balance` < 1"), 0.0);
  EXPECT_EQ(number("`old balance` != `old balance`"), 1.0);
  EXPECT_EQ(number("`old balance` not in [1]"), 1.0);
  EXPECT_EQ(number("isnull(`old balance`)"), 1.0);
  EXPECT_EQ(number("`old balance` ** 0"), 1.0);
}

TEST(Expression, MissingTextAndBooleans) {
  const contract::Schema schema = example_schema();
  const table::Record record = {Cell::of(1.0), Cell::of(std::int64_t{1}), Cell::none(ColumnKind::kBoolean),
                                Cell::none(ColumnKind::kText), Cell::of(1.0)};
  Scratch scratch;
  const auto evaluate = [&](std::string_view text) {
    const Cell cell = Expression::compile(text, schema)->evaluate(record, scratch);
    return cell.missing ? -1 : static_cast<int>(cell.boolean);
  };
  EXPECT_EQ(evaluate("type == 'x'"), 0);
  EXPECT_EQ(evaluate("type != 'x'"), 1);
  EXPECT_EQ(evaluate("type < 'x'"), 0);
  EXPECT_EQ(evaluate("type in ['x']"), 0);
  EXPECT_EQ(evaluate("type not in ['x']"), 1);
  EXPECT_EQ(evaluate("type == type"), 0);
  EXPECT_EQ(evaluate("isnull(lower(type))"), 1);
  EXPECT_EQ(evaluate("contains(type, 'x')"), -1);
  EXPECT_EQ(evaluate("not contains(type, 'x')"), -1);
  EXPECT_EQ(evaluate("flag"), -1);
  EXPECT_EQ(evaluate("not flag"), -1);
  EXPECT_EQ(evaluate("flag or True"), 1);
  EXPECT_EQ(evaluate("flag and True"), 0);
  EXPECT_EQ(evaluate("flag == True"), 0);
  EXPECT_EQ(evaluate("flag != True"), 1);
}

TEST(Expression, ResultsThatAreNotFiniteAreMissing) {
  EXPECT_TRUE(std::isnan(number("amount / 0")));
  EXPECT_TRUE(std::isnan(number("log(0)")));
  EXPECT_TRUE(std::isnan(number("log(-1)")));
  EXPECT_TRUE(std::isnan(number("exp(1000)")));
  EXPECT_EQ(number("amount / 0 > 1e308"), 1.0);  // only the result: within an expression infinity is a number
  EXPECT_EQ(number("1 / (amount / 0)"), 0.0);
}

TEST(Expression, CallsFunctions) {
  EXPECT_EQ(number("round(0.5)"), 0.0);
  EXPECT_EQ(number("round(1.5)"), 2.0);
  EXPECT_EQ(number("round(1234.5678, 2)"), 1234.57);
  EXPECT_EQ(number("round(1250, -2)"), 1200.0);
  EXPECT_EQ(number("round(1e308, 22)"), 1e308);
  EXPECT_EQ(number("min(amount, count, 0)"), -7.0);
  EXPECT_TRUE(std::isnan(number("max(amount, `old balance`)")));
  EXPECT_EQ(number("clip(amount, `old balance`, 2)"), 2.0);
  EXPECT_EQ(number("len('é€')"), 2.0);
  EXPECT_EQ(number("contains(type, 'ANS')"), 1.0);
  EXPECT_EQ(number("contains(type, '.')"), 0.0);  // no regular expression
  EXPECT_EQ(number("type.str.lower().str.startswith('tr') and type.isin(['TRANSFER'])"), 1.0);
  EXPECT_EQ(number("amount.between(2, 3)"), 1.0);
  Scratch scratch;
  EXPECT_EQ(value_of("upper('straße ÿ')", scratch).text, "STRASSE Ÿ");
  EXPECT_EQ(value_of("lower('ÀÉΩЖ')", scratch).text, "àéωж");
  EXPECT_EQ(value_of("strip('\\u00a0\\u3000 a b\\t')", scratch).text, "a b");
}

TEST(ExpressionErrors, ShowThePlace) {
  EXPECT_EQ(
      error_of("count > 0 and amuont > 5"),
      "unknown column \"amuont\"\n    count > 0 and amuont > 5\n                  ^\nHint: did you mean "
      "\"amount\"?");
  EXPECT_THAT(error_of("'é' == type + 1"),
              HasSubstr("`+` needs a number, found text\n    'é' == type + 1\n           ^"));
  EXPECT_THAT(error_of("amount >\n  type"),
              HasSubstr("cannot compare a number with text\n      type\n      ^"));
}

TEST(ExpressionErrors, SayWhatToDo) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "the expression is empty"},
      {"  ", "the expression is empty"},
      {"type == 1", "put the number in quotes"},
      {"amount and flag", "`and` needs a condition, found a number"},
      {"not amount", "`not` needs a condition"},
      {"amount = 1", "write `==`"},
      {"amount && flag", "write `and`"},
      {"!flag", "write `not`"},
      {"amount is None", "isnull(x)"},
      {"amount == None", "isnull(x)"},
      {"flag == true", "write True"},
      {"old balance > 1", "backticks"},
      {"amount balance > 1", "backticks"},
      {"amount in 5", "`in` needs a list"},
      {"'T' in type", "contains(text"},
      {"amount in ['a']", "the list holds text"},
      {"amount in [1, 'a']", "both text and numbers"},
      {"amount in [count]", "constants only"},
      {"amount in [1", "expected \",\", found the end"},
      {"[1, 2]", "a list is no result"},
      {"[1] < amount", "a list can only be compared"},
      {"sqroot(amount)", "did you mean \"sqrt\""},
      {"log", "it is a function"},
      {"log(amount, 2)", "`log` takes 1 argument, found 2"},
      {"log()", "`log` takes 1 argument, found 0"},
      {"min(amount)", "takes 2 or more arguments"},
      {"round(amount, 1, 2)", "takes 1 or 2 arguments"},
      {"round(amount, count)", "whole number of digits"},
      {"clip(amount, 2, 1)", "lower bound"},
      {"len(amount)", "`len` needs text"},
      {"contains(type, type)", "fixed text"},
      {"(amount", "expected \")\", found the end"},
      {"amount)", "found \")\""},
      {"amount ==", "expected a value, found the end"},
      {"amount == not flag", "in parentheses"},
      {"amount <> 1", "write `!=`"},
      {"'abc", "the text is not closed"},
      {"'a\nb'", "the text is not closed"},
      {"'\\q'", "unknown escape"},
      {"'\\ud800'", "not the number of a character"},
      {"`amount", "the backtick is not closed"},
      {"007 + amount", "does not start with 0"},
      {"1e400", "too large"},
      {"1a", "followed by letters"},
      {"amount # no", "unexpected character"},
      {"@amount", "no outside variables"},
      {"amount.str.lower()", "`.str` needs text"},
      {"amount.b", "expected a function's name"},
      {"\xff", "not valid UTF-8"},
      {"amount 5", "expected an operator or the end"},
      {"__import__('os')", "unknown function"},
  };
  for (const auto& [text, part] : cases) EXPECT_THAT(error_of(text), HasSubstr(part)) << text;
}

TEST(ExpressionLimits, AreKeptWithoutRunningOutOfStack) {
  const auto repeated = [](std::string_view part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += part;
    return text;
  };
  EXPECT_THAT(error_of(repeated("(", 60'000)), HasSubstr("nested deeper than 200"));
  EXPECT_THAT(error_of(repeated("-", 60'000)), HasSubstr("nested deeper than 200"));
  EXPECT_THAT(error_of(repeated("not ", 15'000)), HasSubstr("nested deeper than 200"));
  EXPECT_THAT(error_of(repeated("2**", 20'000)), HasSubstr("nested deeper than 200"));
  EXPECT_THAT(error_of(repeated("abs(", 15'000)), HasSubstr("nested deeper than 200"));
  EXPECT_THAT(error_of("type" + repeated(".lower()", 300)), HasSubstr("more than 200 functions"));
  EXPECT_THAT(error_of(repeated(" ", 65'537)), HasSubstr("longer than 64 KiB"));
  EXPECT_EQ(number("0" + repeated("+count", 10'000)), -70'000.0);  // wide is not deep
  EXPECT_EQ(number(repeated("(", 190) + "count" + repeated(")", 190)), -7.0);
  EXPECT_EQ(number("count" + repeated(".abs()", 10'000)), 7.0);
}

TEST(RequireBoolean, RefusesNumbersAndText) {
  EXPECT_TRUE(require_boolean(compiled("amount > 1")).ok());
  EXPECT_THAT(require_boolean(compiled("amount")).error().message,
              HasSubstr("expected a condition, found a number"));
}

TEST(ExpressionTable, TransformedTextKeepsLevelsDistinct) {
  const table::Table rows =
      *table::Table::from_columns({{"t", table::TextCells{{0, 1, -1, 2, 3}, {"b", "B", " b", "x"}}}});
  const auto cells = *Expression::compile("upper(strip(t))", schema_of(rows))->evaluate(rows);
  EXPECT_THAT(std::get<table::TextCells>(cells).levels, ElementsAre("B", "X"));
  EXPECT_THAT(std::get<table::TextCells>(cells).codes, ElementsAre(0, 0, -1, 0, 1));
}

TEST(ExpressionTable, HandlesNoRowsAndConstants) {
  const table::Table none = *table::Table::from_columns({{"x", table::RealCells{}}});
  EXPECT_TRUE(std::get<table::RealCells>(*Expression::compile("x + 1", schema_of(none))->evaluate(none))
                  .values.empty());
  const table::Table bare = table::Table::without_columns(3);
  EXPECT_THAT(std::get<table::RealCells>(*Expression::compile("1 + 2", {})->evaluate(bare)).values,
              ElementsAre(3.0, 3.0, 3.0));
  EXPECT_THAT(std::get<table::TextCells>(*Expression::compile("'a'", {})->evaluate(bare)).codes,
              ElementsAre(0, 0, 0));
}

TEST(ExpressionProperty, TableAndRecordAgreeToTheBit) {
  base::Rng rng(7);
  Scratch scratch;
  for (int round = 0; round < 600; ++round) {
    const table::Table rows = random_table(rng, round % 10 == 0 ? 2500 : 40);  // also across blocks
    const std::string text = RandomExpression(rng).any(static_cast<int>(rng.below(5)));
    const auto expression = Expression::compile(text, schema_of(rows));
    ASSERT_TRUE(expression.ok()) << text << "\n" << to_string(expression.error());
    const table::Column column("result", *expression->evaluate(rows));
    ASSERT_EQ(column.kind(), expression->kind());
    ASSERT_EQ(column.row_count(), rows.row_count());
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
      scratch.clear();
      const Cell cell = expression->evaluate(record_at(rows, row), scratch);
      ASSERT_TRUE(equal_cells(cell, cell_at(column, row))) << text << "\nrow " << row;
      ASSERT_TRUE(cell.missing || std::isfinite(cell.real)) << text;
    }
  }
}

}  // namespace
}  // namespace archmlp::expression

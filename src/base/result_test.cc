#include "archmlp/base/result.h"

#include <gtest/gtest.h>

#include <memory>

#include "archmlp/base/try.h"

namespace archmlp::base {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error{.message = "odd", .where = std::to_string(value)};
  return value / 2;
}

Result<int> quarter(int value) {
  const int first = TRY(half(value));
  return TRY(half(first));
}

Result<std::unique_ptr<int>> boxed(int value) { return std::make_unique<int>(TRY(half(value))); }

Status both_even(int a, int b) {
  TRY(half(a));
  TRY(half(b));
  return {};
}

TEST(Result, TryPassesValuesOnAndReturnsErrors) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).error().where, "3");
  EXPECT_EQ(**boxed(4), 2);
  EXPECT_TRUE(both_even(2, 4).ok());
  EXPECT_EQ(both_even(2, 5).error().where, "5");
}

TEST(Result, ErrorsSayWhereWhatAndWhatToDo) {
  const Error error{.message = "expected a number, found \"x\"", .where = "a.csv:3", .hint = "mend it"};
  EXPECT_EQ(to_string(error), "a.csv:3: expected a number, found \"x\". Hint: mend it");
  const Error contract{
      .code = ErrorCode::kContractBroken, .message = "y_test.csv is missing", .component = "preprocess"};
  EXPECT_EQ(to_string(contract), "contract broken by preprocess: y_test.csv is missing");
}

}  // namespace
}  // namespace archmlp::base

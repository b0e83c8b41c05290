#include "archmlp/contract/value.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace archmlp::contract {
namespace {

constexpr std::int64_t kBeyondDouble = 9007199254740993;  // 2^53 + 1

TEST(Value, SaysWhatACsvCellWouldSay) {
  EXPECT_EQ(to_text(Value()), "");
  EXPECT_EQ(to_text(Value(true)), "true");
  EXPECT_EQ(to_text(Value(kBeyondDouble)), "9007199254740993");
  EXPECT_EQ(to_text(Value(0.5)), "0.5");
  EXPECT_EQ(to_text(Value(3.0)), "3.0");
  EXPECT_EQ(to_text(Value(std::string("yes"))), "yes");
}

TEST(Value, KeepsItsTypeThroughJson) {
  for (const Value& value : {Value(), Value(false), Value(kBeyondDouble), Value(std::int64_t{-1}), Value(3.0),
                             Value(1e22), Value(0.1), Value(std::string("1"))}) {
    const auto back = value_from_json(nlohmann::ordered_json::parse(to_json(value).dump()));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, value) << to_text(value);
  }
}

TEST(Value, RefusesWhatIsNoSingleValue) {
  EXPECT_FALSE(value_from_json(nlohmann::ordered_json::array()).ok());
  EXPECT_FALSE(value_from_json(nlohmann::ordered_json::object()).ok());
  EXPECT_FALSE(value_from_json(nlohmann::ordered_json(std::numeric_limits<std::uint64_t>::max())).ok());
  EXPECT_FALSE(value_from_json(nlohmann::ordered_json(std::numeric_limits<double>::infinity())).ok());
}

TEST(Value, SortsByKindThenByValue) {
  const std::vector<Value> sorted = {Value(),
                                     Value(false),
                                     Value(true),
                                     Value(-1e300),
                                     Value(std::int64_t{-5}),
                                     Value(-4.5),
                                     Value(std::int64_t{0}),
                                     Value(0.5),
                                     Value(0x1p53),
                                     Value(kBeyondDouble),
                                     Value(1e19),
                                     Value(std::string("")),
                                     Value(std::string("10")),
                                     Value(std::string("9")),
                                     Value(std::string("a"))};
  for (std::size_t a = 0; a < sorted.size(); ++a) {
    for (std::size_t b = 0; b < sorted.size(); ++b) {
      EXPECT_EQ(value_less(sorted[a], sorted[b]), a < b)
          << to_text(sorted[a]) << " and " << to_text(sorted[b]);
    }
  }
}

TEST(Value, TreatsEqualIntegersAndRealsAsEquals) {
  EXPECT_FALSE(value_less(Value(std::int64_t{2}), Value(2.0)));
  EXPECT_FALSE(value_less(Value(2.0), Value(std::int64_t{2})));
}

}  // namespace
}  // namespace archmlp::contract

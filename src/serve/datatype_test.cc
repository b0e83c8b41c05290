#include "archmlp/serve/datatype.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "archmlp/table/json_body.h"

namespace archmlp::serve {
namespace {

using contract::ColumnKind;
using testing::HasSubstr;

/// A half by its bits, by definition. Source: IEEE 754-2019, section 3.4.
double half_of_bits(std::uint32_t bits) {
  const double fraction = bits & 0x3FFU;
  const int exponent = static_cast<int>((bits >> 10U) & 0x1FU);
  const double value = exponent == 0 ? fraction * std::pow(2.0, -24)
                                     : (1.0 + fraction / 1024.0) * std::pow(2.0, exponent - 15);
  return (bits & 0x8000U) != 0 ? -value : value;
}

TEST(HalfPrecision, EveryHalfIsKept) {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    if ((bits & 0x7C00U) == 0x7C00U) continue;  // infinities and NaN
    const double half = half_of_bits(bits);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(rounded_to_half(half)), std::bit_cast<std::uint64_t>(half))
        << bits;
  }
}

TEST(HalfPrecision, WhatLiesBetweenGoesToTheNearestTiesToEven) {
  for (std::uint32_t bits = 0; bits < 0x7BFFU; ++bits) {
    const double low = half_of_bits(bits);
    const double high = half_of_bits(bits + 1);
    const double middle = low + (high - low) / 2;
    const double even = bits % 2 == 0 ? low : high;
    ASSERT_EQ(rounded_to_half(middle), even) << bits;
    ASSERT_EQ(rounded_to_half(std::nextafter(middle, 0.0)), low) << bits;
    ASSERT_EQ(rounded_to_half(-std::nextafter(middle, 1e9)), -high) << bits;
  }
  EXPECT_EQ(rounded_to_half(65519.999), 65504.0);
  EXPECT_EQ(rounded_to_half(65520.0), HUGE_VAL);
  EXPECT_EQ(rounded_to_half(-1e300), -HUGE_VAL);
  EXPECT_EQ(rounded_to_half(1e-300), 0.0);
}

class TensorValue : public testing::Test {
 protected:
  base::Result<table::Cell> decode(Datatype datatype, ColumnKind kind, const std::string& text,
                                   bool nullable = true) {
    EXPECT_TRUE(body_.parse("[" + text + "]").ok());
    const simdjson::dom::element value = *simdjson::dom::array(body_.root()).begin();
    const contract::ColumnSchema column{
        .name = "c", .kind = kind, .nullable = nullable, .missing_values = {}};
    return decode_tensor_value(datatype, column, value);
  }
  std::string error(Datatype datatype, ColumnKind kind, const std::string& text, bool nullable = true) {
    const base::Result<table::Cell> cell = decode(datatype, kind, text, nullable);
    return cell.ok() ? "" : base::to_string(cell.error());
  }
  table::JsonBody body_;
};

TEST_F(TensorValue, IntegersKeepTheirRange) {
  struct Case {
    Datatype datatype;
    const char* least;
    const char* greatest;
    const char* below;
    const char* above;
  };
  for (const Case& each : {
           Case{Datatype::kInt8, "-128", "127", "-129", "128"},
           Case{Datatype::kInt16, "-32768", "32767", "-32769", "32768"},
           Case{Datatype::kInt32, "-2147483648", "2147483647", "-2147483649", "2147483648"},
           Case{Datatype::kInt64, "-9223372036854775808", "9223372036854775807", "-9223372036854775809",
                "9223372036854775808"},
           Case{Datatype::kUint8, "0", "255", "-1", "256"},
           Case{Datatype::kUint16, "0", "65535", "-1", "65536"},
           Case{Datatype::kUint32, "0", "4294967295", "-1", "4294967296"},
           Case{Datatype::kUint64, "0", "9223372036854775807", "-1", "18446744073709551616"},
       }) {
    for (const char* fits : {each.least, each.greatest}) {
      const auto cell = decode(each.datatype, ColumnKind::kInteger, fits);
      ASSERT_TRUE(cell.ok()) << base::to_string(cell.error());
      EXPECT_EQ(std::to_string(cell->integer), fits);
    }
    for (const char* beyond : {each.below, each.above}) {
      EXPECT_THAT(error(each.datatype, ColumnKind::kReal, beyond), HasSubstr("out of range"))
          << to_string(each.datatype);
    }
    EXPECT_THAT(error(each.datatype, ColumnKind::kReal, "1.5"),
                HasSubstr("expected " + std::string(to_string(each.datatype)) + ", found 1.5"));
    EXPECT_TRUE(decode(each.datatype, ColumnKind::kReal, "7.0").ok());
    EXPECT_THAT(error(each.datatype, ColumnKind::kInteger, "\"1\""), HasSubstr("without quotes"));
    EXPECT_THAT(error(each.datatype, ColumnKind::kInteger, "true"), HasSubstr("found a boolean"));
  }
  EXPECT_EQ(decode(Datatype::kUint64, ColumnKind::kReal, "18446744073709551615")->real, 0x1p64);
  EXPECT_THAT(error(Datatype::kUint64, ColumnKind::kInteger, "18446744073709551615"),
              HasSubstr("out of range for an integer column"));
}

TEST_F(TensorValue, RealsAreRoundedToTheDatatype) {
  EXPECT_EQ(decode(Datatype::kFp64, ColumnKind::kReal, "0.1")->real, 0.1);
  EXPECT_EQ(decode(Datatype::kFp32, ColumnKind::kReal, "0.1")->real, static_cast<double>(0.1F));
  EXPECT_EQ(decode(Datatype::kFp16, ColumnKind::kReal, "0.1")->real, 0.0999755859375);
  EXPECT_EQ(decode(Datatype::kFp32, ColumnKind::kInteger, "16777217")->integer, 16777216);
  EXPECT_EQ(decode(Datatype::kFp32, ColumnKind::kReal, "3.4028235677973362e38")->real,
            static_cast<double>(std::numeric_limits<float>::max()));
  EXPECT_THAT(error(Datatype::kFp32, ColumnKind::kReal, "3.4028235677973366e38"),
              HasSubstr("out of range for FP32"));
  EXPECT_THAT(error(Datatype::kFp16, ColumnKind::kReal, "65520"), HasSubstr("65504"));
  EXPECT_THAT(error(Datatype::kFp64, ColumnKind::kInteger, "0.5"), HasSubstr("expected an integer"));
  EXPECT_THAT(error(Datatype::kFp16, ColumnKind::kReal, "\"x\""), HasSubstr("expected FP16"));
}

TEST_F(TensorValue, NullIsMissingForEveryDatatype) {
  const std::vector<std::pair<Datatype, ColumnKind>> pairs = {
      {Datatype::kBool, ColumnKind::kBoolean}, {Datatype::kInt8, ColumnKind::kInteger},
      {Datatype::kUint64, ColumnKind::kReal},  {Datatype::kFp16, ColumnKind::kReal},
      {Datatype::kFp32, ColumnKind::kInteger}, {Datatype::kFp64, ColumnKind::kReal},
      {Datatype::kBytes, ColumnKind::kText}};
  for (const auto& [datatype, kind] : pairs) {
    const auto cell = decode(datatype, kind, "null");
    ASSERT_TRUE(cell.ok());
    EXPECT_TRUE(cell->missing);
    EXPECT_EQ(cell->kind, kind);
    EXPECT_THAT(error(datatype, kind, "null", false), HasSubstr("may not be null"));
  }
}

TEST(Datatypes, NamesAndColumns) {
  for (const char* name : {"BOOL", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64",
                           "FP16", "FP32", "FP64", "BYTES"}) {
    const auto datatype = datatype_from(name);
    ASSERT_TRUE(datatype.ok()) << name;
    EXPECT_EQ(to_string(*datatype), name);
  }
  EXPECT_THAT(base::to_string(datatype_from("FP46").error()), HasSubstr("or \"FP64\""));
  EXPECT_FALSE(datatype_from("int64").ok());
  EXPECT_TRUE(suits(Datatype::kInt8, ColumnKind::kReal));
  EXPECT_TRUE(suits(Datatype::kFp16, ColumnKind::kInteger));
  EXPECT_FALSE(suits(Datatype::kBool, ColumnKind::kInteger));
  EXPECT_FALSE(suits(Datatype::kInt64, ColumnKind::kBoolean));
  EXPECT_FALSE(suits(Datatype::kBytes, ColumnKind::kReal));
  for (const ColumnKind kind :
       {ColumnKind::kInteger, ColumnKind::kReal, ColumnKind::kBoolean, ColumnKind::kText})
    EXPECT_TRUE(suits(datatype_of(kind), kind));
}

}  // namespace
}  // namespace archmlp::serve

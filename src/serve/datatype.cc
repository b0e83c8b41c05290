#include "archmlp/serve/datatype.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/table/json_cell.h"

namespace archmlp::serve {
namespace {

using base::Error;
using contract::ColumnKind;
using contract::ColumnSchema;
using simdjson::dom::element;
using simdjson::dom::element_type;
using table::Cell;

struct Named {
  Datatype datatype;
  std::string_view name;
};
constexpr std::array<Named, 13> kNamed = {{{Datatype::kBool, "BOOL"},
                                           {Datatype::kInt8, "INT8"},
                                           {Datatype::kInt16, "INT16"},
                                           {Datatype::kInt32, "INT32"},
                                           {Datatype::kInt64, "INT64"},
                                           {Datatype::kUint8, "UINT8"},
                                           {Datatype::kUint16, "UINT16"},
                                           {Datatype::kUint32, "UINT32"},
                                           {Datatype::kUint64, "UINT64"},
                                           {Datatype::kFp16, "FP16"},
                                           {Datatype::kFp32, "FP32"},
                                           {Datatype::kFp64, "FP64"},
                                           {Datatype::kBytes, "BYTES"}}};

/// Least and greatest value of an integer datatype.
struct Range {
  std::int64_t least;
  std::uint64_t greatest;
};

template <typename T>
constexpr Range range() {
  return {static_cast<std::int64_t>(std::numeric_limits<T>::min()),
          static_cast<std::uint64_t>(std::numeric_limits<T>::max())};
}

/// Precondition: an integer datatype.
Range range_of(Datatype datatype) noexcept {
  switch (datatype) {
    case Datatype::kInt8:
      return range<std::int8_t>();
    case Datatype::kInt16:
      return range<std::int16_t>();
    case Datatype::kInt32:
      return range<std::int32_t>();
    case Datatype::kUint8:
      return range<std::uint8_t>();
    case Datatype::kUint16:
      return range<std::uint16_t>();
    case Datatype::kUint32:
      return range<std::uint32_t>();
    case Datatype::kUint64:
      return range<std::uint64_t>();
    default:
      return range<std::int64_t>();
  }
}

std::string at_column(const ColumnSchema& column) { return "column " + base::quoted(column.name) + ": "; }

Error not_of_type(Datatype datatype, const ColumnSchema& column, const element& value) {
  const std::string name(to_string(datatype));
  return {.message = at_column(column) + "expected " + name + ", found " +
                     (value.is_number() ? table::shown_json(value) : std::string(table::json_kind_of(value))),
          .hint = value.is_string() ? "send it without quotes: what stands in quotes is BYTES"
                                    : "send values of that datatype, or declare another one"};
}

Error out_of_range(Datatype datatype, const ColumnSchema& column, const element& value) {
  std::string hint;
  if (datatype == Datatype::kFp16 || datatype == Datatype::kFp32) {
    hint =
        datatype == Datatype::kFp16 ? "its greatest value is 65504" : "its greatest value is 3.4028235e+38";
  } else {
    const Range range = range_of(datatype);
    hint = "it holds " + std::to_string(range.least) + " to " + std::to_string(range.greatest);
  }
  return {.message = at_column(column) + table::shown_json(value) + " is out of range for " +
                     std::string(to_string(datatype)),
          .hint = hint + "; a wider datatype holds more"};
}

base::Result<Cell> decode_integer_tensor(Datatype datatype, const ColumnSchema& column,
                                         const element& value) {
  const Range range = range_of(datatype);
  switch (value.type()) {
    case element_type::INT64: {
      const std::int64_t number = value.get_int64().value_unsafe();
      const bool fits =
          number >= range.least && (number < 0 || static_cast<std::uint64_t>(number) <= range.greatest);
      if (!fits) return out_of_range(datatype, column, value);
      break;
    }
    case element_type::UINT64:  // beyond INT64
      if (datatype != Datatype::kUint64) return out_of_range(datatype, column, value);
      break;
    case element_type::DOUBLE: {
      const double number = value.get_double().value_unsafe();
      if (number != std::floor(number)) return not_of_type(datatype, column, value);
      constexpr double kExactIntegers = 0x1p53;
      const bool fits = number >= static_cast<double>(range.least) &&
                        number <= static_cast<double>(range.greatest) && std::abs(number) < kExactIntegers;
      if (!fits) return out_of_range(datatype, column, value);
      break;
    }
    case element_type::NULL_VALUE:
      break;
    default:
      return not_of_type(datatype, column, value);
  }
  return table::decode_json(column, value);
}

/// FP16 and FP32.
base::Result<Cell> decode_rounded(Datatype datatype, const ColumnSchema& column, const element& value) {
  if (value.is_null()) return table::decode_json(column, value);
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) return not_of_type(datatype, column, value);
  const double rounded =
      datatype == Datatype::kFp16
          ? rounded_to_half(number)
          // What is beyond float32 by half a unit and more would be undefined.
          : (std::abs(number) >= 0x1.ffffffp127 ? std::numeric_limits<double>::infinity()
                                                : static_cast<double>(static_cast<float>(number)));
  if (!std::isfinite(rounded)) return out_of_range(datatype, column, value);
  return table::decode_json_real(column, rounded);
}

}  // namespace

std::string_view to_string(Datatype datatype) noexcept {
  return kNamed[static_cast<std::size_t>(datatype) - 1].name;
}

base::Result<Datatype> datatype_from(std::string_view name) {
  for (const Named& named : kNamed) {
    if (named.name == name) return named.datatype;
  }
  std::vector<std::string> known;
  known.reserve(std::size(kNamed));
  for (const Named& named : kNamed) known.emplace_back(named.name);
  return Error{.message = "unknown datatype " + base::quoted(name), .hint = base::suggest_names(name, known)};
}

Datatype datatype_of(ColumnKind kind) noexcept {
  switch (kind) {
    case ColumnKind::kInteger:
      return Datatype::kInt64;
    case ColumnKind::kBoolean:
      return Datatype::kBool;
    case ColumnKind::kText:
      return Datatype::kBytes;
    case ColumnKind::kReal:
      break;
  }
  return Datatype::kFp64;
}

bool suits(Datatype datatype, ColumnKind kind) noexcept {
  switch (datatype) {
    case Datatype::kAny:
      return true;
    case Datatype::kBool:
      return kind == ColumnKind::kBoolean;
    case Datatype::kBytes:
      return kind == ColumnKind::kText;
    default:
      return kind == ColumnKind::kInteger || kind == ColumnKind::kReal;
  }
}

base::Result<Cell> decode_tensor_value(Datatype datatype, const ColumnSchema& column, const element& value) {
  switch (datatype) {
    case Datatype::kAny:
    case Datatype::kBool:
    case Datatype::kBytes:
    case Datatype::kFp64:  // what suits the column is of the datatype
      return table::decode_json(column, value);
    case Datatype::kFp16:
    case Datatype::kFp32:
      return decode_rounded(datatype, column, value);
    default:
      return decode_integer_tensor(datatype, column, value);
  }
}

double rounded_to_half(double value) noexcept {
  constexpr int kFractionBits = 10;
  constexpr int kLeastExponent = -24;  // of the smallest subnormal
  constexpr double kGreatest = 65504;
  if (value == 0) return value;
  const int exponent = std::max(std::ilogb(value) - kFractionBits, kLeastExponent);
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -exponent)), exponent);
  return std::abs(rounded) <= kGreatest ? rounded : std::copysign(HUGE_VAL, value);
}

}  // namespace archmlp::serve

#pragma once

#include <simdjson.h>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"

namespace archmlp::serve {

/// What a tensor of the Open Inference Protocol holds. kAny: JSON values without a declared type.
enum class Datatype : std::uint8_t {
  kAny,
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kFp16,
  kFp32,
  kFp64,
  kBytes
};

/// "INT64". Precondition: not kAny.
std::string_view to_string(Datatype datatype) noexcept;
/// Errors: kInvalidInput (near names), without `where`.
base::Result<Datatype> datatype_from(std::string_view name);

/// The one that holds every value of such a column: INT64, FP64, BOOL, BYTES.
Datatype datatype_of(contract::ColumnKind kind) noexcept;
/// Can a tensor of that type give such a column its values? Numbers go into integer and real columns.
bool suits(Datatype datatype, contract::ColumnKind kind) noexcept;

/// As table::decode_json, of a value that must be one of the datatype, rounded to it where that is FP16 or
/// FP32. null is missing for all of them. Precondition: suits(datatype, column.kind). Errors: kInvalidInput
/// also for a value beyond the datatype's range.
base::Result<table::Cell> decode_tensor_value(Datatype datatype, const contract::ColumnSchema& column,
                                              const simdjson::dom::element& value);

/// To the nearest IEEE 754 half, ties to even; an infinity beyond 65504. Precondition: finite.
double rounded_to_half(double value) noexcept;

}  // namespace archmlp::serve

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/expression/kernels.h"

namespace archmlp::expression {

enum class FunctionShape : std::uint8_t {
  kNumber,      // number -> number by `op`
  kRound,       // number[, digits]
  kFold,        // two or more numbers, by `op` from the left
  kClip,        // number, lower, upper
  kBetween,     // number, lower, upper -> boolean
  kIsNull,      // anything -> boolean by `op`
  kText,        // text -> text
  kLength,      // text -> number
  kTextSearch,  // text, "literal" -> boolean
  kIsIn,        // anything, list -> boolean
};

struct Function {
  std::string_view name;
  FunctionShape shape;
  Op op;                   // kNumber, kFold, kIsNull
  std::uint8_t which = 0;  // kText: TextFunction; kTextSearch: TextTestKind
  std::size_t min_arguments = 1;
  std::size_t max_arguments = 1;
};

/// Null if there is none.
const Function* find_function(std::string_view name) noexcept;
/// For suggestions.
std::vector<std::string> function_names();

}  // namespace archmlp::expression

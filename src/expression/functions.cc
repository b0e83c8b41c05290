#include "archmlp/expression/functions.h"

#include "archmlp/expression/program.h"

namespace archmlp::expression {
namespace {

constexpr std::size_t kAny = static_cast<std::size_t>(-1);
constexpr auto code(TextFunction function) { return static_cast<std::uint8_t>(function); }
constexpr auto code(TextTestKind kind) { return static_cast<std::uint8_t>(kind); }
using Shape = FunctionShape;

constexpr Function kFunctions[] = {
    {"abs", Shape::kNumber, Op::kAbs},
    {"ceil", Shape::kNumber, Op::kCeil},
    {"exp", Shape::kNumber, Op::kExp},
    {"expm1", Shape::kNumber, Op::kExpm1},
    {"floor", Shape::kNumber, Op::kFloor},
    {"log", Shape::kNumber, Op::kLog},
    {"log10", Shape::kNumber, Op::kLog10},
    {"log1p", Shape::kNumber, Op::kLog1p},
    {"sqrt", Shape::kNumber, Op::kSqrt},
    {"round", Shape::kRound, Op::kRound, 0, 1, 2},
    {"min", Shape::kFold, Op::kMin, 0, 2, kAny},
    {"max", Shape::kFold, Op::kMax, 0, 2, kAny},
    {"clip", Shape::kClip, Op::kAtLeast, 0, 3, 3},
    {"between", Shape::kBetween, Op::kAnd, 0, 3, 3},
    {"isin", Shape::kIsIn, Op::kIn, 0, 2, 2},
    {"isnull", Shape::kIsNull, Op::kIsNull},
    {"isna", Shape::kIsNull, Op::kIsNull},
    {"notnull", Shape::kIsNull, Op::kNotNull},
    {"notna", Shape::kIsNull, Op::kNotNull},
    {"lower", Shape::kText, Op::kText, code(TextFunction::kLower)},
    {"upper", Shape::kText, Op::kText, code(TextFunction::kUpper)},
    {"strip", Shape::kText, Op::kText, code(TextFunction::kStrip)},
    {"len", Shape::kLength, Op::kText},
    {"contains", Shape::kTextSearch, Op::kText, code(TextTestKind::kContains), 2, 2},
    {"startswith", Shape::kTextSearch, Op::kText, code(TextTestKind::kStartsWith), 2, 2},
    {"endswith", Shape::kTextSearch, Op::kText, code(TextTestKind::kEndsWith), 2, 2},
};

}  // namespace

const Function* find_function(std::string_view name) noexcept {
  for (const Function& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const Function& function : kFunctions) names.emplace_back(function.name);
  return names;
}

}  // namespace archmlp::expression

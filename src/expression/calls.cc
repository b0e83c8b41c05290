#include "archmlp/expression/calls.h"

#include <cmath>
#include <utility>

#include "archmlp/base/try.h"

namespace archmlp::expression {

using base::Result;

namespace {

Result<Value> emit_round(Emitter& emit, std::vector<Value>& arguments) {
  constexpr double kMostDigits = 22.0;  // powers of ten beyond are not exact
  if (arguments.size() == 1) arguments.push_back(literal(0.0, Type::kNumber, arguments[0].at));
  const Value& digits = arguments[1];
  if (digits.is_list || digits.type != Type::kNumber || !digits.is_constant() ||
      std::nearbyint(digits.operand.constant) != digits.operand.constant ||
      std::fabs(digits.operand.constant) > kMostDigits) {
    return emit.fail(digits.at, "`round` needs a whole number of digits from -22 to 22");
  }
  return emit.arithmetic(Op::kRound, arguments[0], arguments[1], "round");
}

Result<Value> emit_clip(Emitter& emit, std::vector<Value>& arguments) {
  for (const Value& argument : arguments) TRY(emit.require_number(argument, "`clip`"));
  const Value& lower = arguments[1];
  const Value& upper = arguments[2];
  if (lower.is_constant() && upper.is_constant() && lower.operand.constant > upper.operand.constant) {
    return emit.fail(lower.at, "the lower bound of `clip` is above the upper one");
  }
  Value raised = TRY(emit.arithmetic(Op::kAtLeast, arguments[0], arguments[1], "clip"));
  return emit.arithmetic(Op::kAtMost, raised, arguments[2], "clip");
}

Result<Value> emit_between(Emitter& emit, const std::vector<Value>& arguments) {
  Value above = TRY(emit.comparison(Op::kGreaterEqual, arguments[0], arguments[1]));
  Value below = TRY(emit.comparison(Op::kLessEqual, arguments[0], arguments[2]));
  for (const Value& argument : arguments) emit.release(argument);
  return emit.logical(Op::kAnd, above, below, "and");
}

}  // namespace

Result<Value> emit_call(Emitter& emit, const Function& function, std::vector<Value>& arguments) {
  Value& first = arguments.front();
  switch (function.shape) {
    case FunctionShape::kNumber:
      return emit.numeric_function(function.op, first, function.name);
    case FunctionShape::kRound:
      return emit_round(emit, arguments);
    case FunctionShape::kFold:
      return std::move(first);
    case FunctionShape::kClip:
      return emit_clip(emit, arguments);
    case FunctionShape::kBetween:
      return emit_between(emit, arguments);
    case FunctionShape::kIsNull:
      return emit.null_test(function.op, std::move(first));
    case FunctionShape::kText:
      return emit.text_function(static_cast<TextFunction>(function.which), std::move(first), function.name);
    case FunctionShape::kLength:
      return emit.text_length(std::move(first));
    case FunctionShape::kTextSearch:
      return emit.text_search(static_cast<TextTestKind>(function.which), std::move(first),
                              std::move(arguments[1]), function.name);
    case FunctionShape::kIsIn:
      break;
  }
  Value found = TRY(emit.membership(first, arguments[1], false));
  emit.release(first);
  return found;
}

std::string describe_wrong_count(const Function& function, const std::string& spelling, std::size_t count) {
  std::string wanted = std::to_string(function.min_arguments);
  if (function.max_arguments > 1000) {
    wanted += " or more";
  } else if (function.max_arguments > function.min_arguments) {
    wanted += " or " + std::to_string(function.max_arguments);
  }
  return "`" + spelling + "` takes " + wanted + (wanted == "1" ? " argument" : " arguments") + ", found " +
         std::to_string(count);
}

}  // namespace archmlp::expression

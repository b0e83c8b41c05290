#include "archmlp/expression/emitter.h"

#include <algorithm>
#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/expression/lexer.h"

namespace archmlp::expression {
namespace {

using base::Error;
using base::Result;
using base::Status;

std::string name_of(std::string_view symbol) { return "`" + std::string(symbol) + "`"; }

Value constant_of(double number, Type type, std::size_t at) {
  return {.type = type, .at = at, .operand = {.kind = Operand::Kind::kConstant, .constant = number}};
}

}  // namespace

std::string_view describe(const Value& value) noexcept {
  if (value.is_list) return "a list";
  switch (value.type) {
    case Type::kNumber:
      return "a number";
    case Type::kBoolean:
      return "a boolean";
    case Type::kText:
      break;
  }
  return "text";
}

Error Emitter::fail(std::size_t at, std::string message, std::string hint) const {
  return error_at(text_, at, std::move(message), std::move(hint));
}

std::uint32_t Emitter::new_register() {
  if (free_registers_.empty()) return program_.register_count++;
  const std::uint32_t index = free_registers_.back();
  free_registers_.pop_back();
  return index;
}

void Emitter::release(const Value& value) {
  if (value.is_list || value.type == Type::kText || value.operand.kind != Operand::Kind::kRegister) return;
  free_registers_.push_back(value.operand.index);
}

Value Emitter::emit(Op op, const Operand& a, const Operand& b, Type type, std::size_t at, std::uint32_t aux) {
  const auto is_constant = [](const Operand& operand) { return operand.kind == Operand::Kind::kConstant; };
  if (op != Op::kIn && op != Op::kText && is_constant(a) && (!is_binary(op) || is_constant(b))) {
    return constant_of(compute(op, a.constant, b.constant), type, at);
  }
  const std::uint32_t target = new_register();
  program_.code.push_back({.op = op, .target = target, .a = a, .b = b, .aux = aux});
  return {.type = type, .at = at, .operand = {.kind = Operand::Kind::kRegister, .index = target}};
}

Value Emitter::emit_text(TextTest test, Type type, std::size_t at) {
  if (!test.a.is_column && !test.b.is_column) {
    return constant_of(test_text(test, test.a.constant, test.b.constant), type, at);
  }
  program_.text_tests.push_back(std::move(test));
  return emit(Op::kText, {}, {}, type, at, static_cast<std::uint32_t>(program_.text_tests.size() - 1));
}

Status Emitter::require_number(const Value& value, std::string_view what) const {
  if (!value.is_list && value.type != Type::kText) return {};
  std::string hint;
  if (!value.is_list && what == "`+`") hint = "texts cannot be joined";
  return fail(value.at, std::string(what) + " needs a number, found " + std::string(describe(value)), hint);
}

Status Emitter::require_text(const Value& value, std::string_view what) const {
  if (!value.is_list && value.type == Type::kText) return {};
  return fail(value.at, std::string(what) + " needs text, found " + std::string(describe(value)));
}

Status Emitter::require_boolean(const Value& value, std::string_view what) const {
  if (!value.is_list && value.type == Type::kBoolean) return {};
  std::string hint = "compare it first, as in `x > 0`";
  if (what == "`and`" || what == "`or`") hint += "; `and`, `or`, `&` and `|` bind weaker than comparisons";
  return fail(value.at, std::string(what) + " needs a condition, found " + std::string(describe(value)),
              hint);
}

Result<Value> Emitter::arithmetic(Op op, const Value& a, const Value& b, std::string_view symbol) {
  TRY(require_number(a, name_of(symbol)));
  TRY(require_number(b, name_of(symbol)));
  release(a);
  release(b);
  return emit(op, a.operand, b.operand, Type::kNumber, a.at);
}

Result<Value> Emitter::numeric_function(Op op, const Value& a, std::string_view name) {
  TRY(require_number(a, name_of(name)));
  release(a);
  return emit(op, a.operand, {}, Type::kNumber, a.at);
}

Result<Value> Emitter::logical(Op op, const Value& a, const Value& b, std::string_view symbol) {
  TRY(require_boolean(a, name_of(symbol)));
  TRY(require_boolean(b, name_of(symbol)));
  release(a);
  release(b);
  return emit(op, a.operand, b.operand, Type::kBoolean, a.at);
}

Result<Value> Emitter::negation(const Value& a, std::string_view symbol) {
  TRY(require_boolean(a, name_of(symbol)));
  release(a);
  return emit(Op::kNot, a.operand, {}, Type::kBoolean, a.at);
}

Result<Value> Emitter::comparison(Op op, const Value& a, const Value& b) {
  if (a.is_list || b.is_list) {
    if (op != Op::kEqual && op != Op::kNotEqual) {
      return fail((a.is_list ? a : b).at, "a list can only be compared with `==`, `!=`, `in` or `not in`");
    }
    return b.is_list ? membership(a, b, op == Op::kNotEqual) : membership(b, a, op == Op::kNotEqual);
  }
  if ((a.type == Type::kText) != (b.type == Type::kText)) {
    std::string hint;
    const Value& other = a.type == Type::kText ? b : a;
    if (other.type == Type::kNumber && other.is_literal)
      hint = "put the number in quotes to compare it as text";
    return fail(b.at, "cannot compare " + std::string(describe(a)) + " with " + std::string(describe(b)),
                hint);
  }
  if (a.type != Type::kText) return emit(op, a.operand, b.operand, Type::kBoolean, a.at);
  return emit_text({.kind = TextTestKind::kCompare, .comparison = op, .a = a.text, .b = b.text},
                   Type::kBoolean, a.at);
}

Result<Value> Emitter::membership(const Value& a, const Value& list, bool is_negated) {
  if (!list.is_list) {
    const bool both_text = a.type == Type::kText && list.type == Type::kText;
    return fail(list.at, "`in` needs a list, found " + std::string(describe(list)),
                both_text ? "use contains(text, \"part\") to look for a part of a text" : "write [1, 2, 3]");
  }
  if (a.is_list) return fail(a.at, "a list cannot be in a list");
  const bool is_empty = list.numbers.empty() && list.texts.empty();
  if (!is_empty && (a.type == Type::kText) != (list.type == Type::kText)) {
    return fail(list.at, "the list holds " + std::string(list.type == Type::kText ? "text" : "numbers") +
                             ", but it is compared with " + std::string(describe(a)));
  }
  Value found;
  if (a.type == Type::kText) {
    TextTest test{.kind = TextTestKind::kIn, .a = a.text, .list = list.texts};
    std::sort(test.list.begin(), test.list.end());
    found = emit_text(std::move(test), Type::kBoolean, a.at);
  } else {
    std::vector<double> numbers = list.numbers;
    numbers.erase(std::remove_if(numbers.begin(), numbers.end(), [](double x) { return x != x; }),
                  numbers.end());
    std::sort(numbers.begin(), numbers.end());
    program_.number_lists.push_back(std::move(numbers));
    const std::size_t index = program_.number_lists.size() - 1;
    found = emit(Op::kIn, a.operand, {}, Type::kBoolean, a.at, static_cast<std::uint32_t>(index));
  }
  if (!is_negated) return found;
  release(found);
  return emit(Op::kNot, found.operand, {}, Type::kBoolean, a.at);
}

Result<Value> Emitter::null_test(Op op, Value a) {
  if (a.is_list) return fail(a.at, "a list is never missing");
  release(a);
  if (a.type != Type::kText) return emit(op, a.operand, {}, Type::kBoolean, a.at);
  const TextTestKind kind = op == Op::kIsNull ? TextTestKind::kIsNull : TextTestKind::kNotNull;
  return emit_text({.kind = kind, .a = std::move(a.text)}, Type::kBoolean, a.at);
}

Result<Value> Emitter::text_function(TextFunction function, Value a, std::string_view name) {
  constexpr std::size_t kMostFunctions = 200;
  TRY(require_text(a, name_of(name)));
  a.is_literal = false;
  if (a.text.is_column) {
    if (a.text.functions.size() == kMostFunctions) return fail(a.at, "more than 200 functions of one text");
    a.text.functions.push_back(function);
  } else {
    std::string buffer;
    a.text.constant = std::string(apply_text_function(function, a.text.constant, buffer));
  }
  return a;
}

Result<Value> Emitter::text_length(Value a) {
  TRY(require_text(a, "`len`"));
  return emit_text({.kind = TextTestKind::kLength, .a = std::move(a.text)}, Type::kNumber, a.at);
}

Result<Value> Emitter::text_search(TextTestKind kind, Value a, Value pattern, std::string_view name) {
  TRY(require_text(a, name_of(name)));
  TRY(require_text(pattern, name_of(name)));
  if (!pattern.is_constant()) {
    return fail(pattern.at, name_of(name) + " looks for a fixed text", "put the text in quotes");
  }
  return emit_text({.kind = kind, .a = std::move(a.text), .b = std::move(pattern.text)}, Type::kBoolean,
                   a.at);
}

}  // namespace archmlp::expression

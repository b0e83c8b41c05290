#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/expression/program.h"

namespace archmlp::expression {

/// What a part of an expression stands for while it is compiled.
struct Value {
  Type type = Type::kNumber;
  bool is_list = false;
  std::size_t at = 0;       // where the part begins, for messages
  bool is_literal = false;  // a constant as the user wrote it
  Operand operand;          // numbers and booleans
  TextOperand text;
  std::vector<double> numbers;  // a list's items; `type` tells which of the two, none if both are empty
  std::vector<std::string> texts;

  bool is_constant() const noexcept {
    if (is_list) return true;
    return type == Type::kText ? !text.is_column : operand.kind == Operand::Kind::kConstant;
  }
};

/// A constant as the user wrote it, at `at`.
inline Value literal(double number, Type type, std::size_t at) {
  return {.type = type, .at = at, .is_literal = true, .operand = {.constant = number}};
}

/// `a number`, `a boolean`, `text`, `a list`.
std::string_view describe(const Value& value) noexcept;

/// Checks types and appends instructions; operations on constants alone are done at once.
class Emitter {
 public:
  Emitter(std::string_view text, Expression::Program& program) : text_(text), program_(program) {}

  /// Each takes its operands, whose registers become free unless `keep` says otherwise.
  base::Result<Value> arithmetic(Op op, const Value& a, const Value& b, std::string_view symbol);
  base::Result<Value> numeric_function(Op op, const Value& a, std::string_view name);
  base::Result<Value> logical(Op op, const Value& a, const Value& b, std::string_view symbol);
  base::Result<Value> negation(const Value& a, std::string_view symbol);
  /// `b` stays valid, for a chain, and so does `a` with keep_a.
  base::Result<Value> comparison(Op op, const Value& a, const Value& b);
  base::Result<Value> membership(const Value& a, const Value& list, bool is_negated);
  base::Result<Value> null_test(Op op, Value a);
  base::Result<Value> text_function(TextFunction function, Value a, std::string_view name);
  base::Result<Value> text_length(Value a);
  base::Result<Value> text_search(TextTestKind kind, Value a, Value pattern, std::string_view name);

  base::Status require_number(const Value& value, std::string_view what) const;
  void release(const Value& value);
  base::Error fail(std::size_t at, std::string message, std::string hint = {}) const;

 private:
  Value emit(Op op, const Operand& a, const Operand& b, Type type, std::size_t at, std::uint32_t aux = 0);
  Value emit_text(TextTest test, Type type, std::size_t at);
  base::Status require_text(const Value& value, std::string_view what) const;
  base::Status require_boolean(const Value& value, std::string_view what) const;
  std::uint32_t new_register();

  std::string_view text_;
  Expression::Program& program_;
  std::vector<std::uint32_t> free_registers_;
};

}  // namespace archmlp::expression

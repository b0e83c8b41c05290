#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/expression/expression.h"
#include "archmlp/expression/kernels.h"
#include "archmlp/expression/text_functions.h"

namespace archmlp::expression {

/// Where an operation finds a number or a boolean: a register, a column of `Program::columns` (while
/// compiling: of the schema), or a constant.
struct Operand {
  enum class Kind : std::uint8_t { kRegister, kColumn, kConstant };
  Kind kind = Kind::kConstant;
  std::uint32_t index = 0;
  double constant = kMissing;
};

struct Instruction {
  Op op = Op::kAdd;
  std::uint32_t target = 0;  // register
  Operand a, b;
  std::uint32_t aux = 0;  // kIn: index into number_lists; kText: index into text_tests
};

/// A column's text after some functions, or one text. No operation makes text from two texts, so this is all
/// that a text can be.
struct TextOperand {
  bool is_column = false;
  std::uint32_t column = 0;  // as Operand::index
  std::vector<TextFunction> functions;
  std::string constant;
};

enum class TextTestKind : std::uint8_t {
  kCompare,
  kIn,
  kContains,
  kStartsWith,
  kEndsWith,
  kLength,
  kIsNull,
  kNotNull
};

/// A number or a boolean learnt from text. Only a comparison may have two columns.
struct TextTest {
  TextTestKind kind = TextTestKind::kCompare;
  Op comparison = Op::kEqual;
  TextOperand a, b;               // b: what is compared with or looked for
  std::vector<std::string> list;  // kIn: sorted
};

/// The result for a text that is there, beside `b`.
double test_text(const TextTest& test, std::string_view a, std::string_view b) noexcept;
/// The result if one of the texts is missing.
double missing_text_result(const TextTest& test) noexcept;
/// Precondition: `sorted` is sorted, NaN is not in it.
double is_in(const std::vector<double>& sorted, double value) noexcept;
/// One operation on values. Precondition: not kText, kIn.
double compute(Op op, double a, double b) noexcept;

/// Precondition: `text` is what the operand's column holds; for a constant it is ignored.
std::string_view transform_text(const TextOperand& operand, std::string_view text, Scratch& scratch);

/// The compiled form: a list of operations on registers, each of which holds one row's value or a block of
/// them.
struct Expression::Program {
  std::string text;
  Type type = Type::kNumber;
  std::vector<std::size_t> columns;  // schema indices, ascending
  std::vector<Instruction> code;
  std::uint32_t register_count = 0;
  std::vector<std::vector<double>> number_lists;
  std::vector<TextTest> text_tests;
  Operand result;           // numbers and booleans
  TextOperand text_result;  // text
};

}  // namespace archmlp::expression

#include "archmlp/expression/expression.h"

#include <cmath>
#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/expression/compiler.h"
#include "archmlp/expression/lexer.h"
#include "archmlp/expression/program.h"
#include "archmlp/expression/table_evaluation.h"

namespace archmlp::expression {

Expression::Expression(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

base::Result<Expression> Expression::compile(std::string_view text, const contract::Schema& schema) {
  std::unique_ptr<const Program> program = TRY(compile_program(text, schema));
  return Expression(std::move(program));
}

Type Expression::type() const noexcept { return program_->type; }
const std::string& Expression::text() const noexcept { return program_->text; }
const std::vector<std::size_t>& Expression::columns() const noexcept { return program_->columns; }

contract::ColumnKind Expression::kind() const noexcept {
  switch (program_->type) {
    case Type::kNumber:
      return contract::ColumnKind::kReal;
    case Type::kBoolean:
      return contract::ColumnKind::kBoolean;
    case Type::kText:
      break;
  }
  return contract::ColumnKind::kText;
}

base::Result<table::Cells> Expression::evaluate(const table::Table& rows) const {
  return evaluate_table(*program_, rows);
}

namespace {

/// The texts of one record.
class RecordTexts {
 public:
  RecordTexts(const Expression::Program& program, const table::Record& record, Scratch& scratch)
      : program_(program), record_(record), scratch_(scratch) {}

  bool is_missing(const TextOperand& text) const {
    return text.is_column && record_[program_.columns[text.column]].missing;
  }
  std::string_view read(const TextOperand& text) const {
    return transform_text(
        text, text.is_column ? record_[program_.columns[text.column]].text : std::string_view(), scratch_);
  }
  double run(const TextTest& test) const {
    if (is_missing(test.a) || is_missing(test.b)) return missing_text_result(test);
    const std::size_t used = scratch_.texts_used;
    const double result = test_text(test, read(test.a), read(test.b));
    scratch_.texts_used = used;
    return result;
  }

 private:
  const Expression::Program& program_;
  const table::Record& record_;
  Scratch& scratch_;
};

}  // namespace

table::Cell Expression::evaluate(const table::Record& record, Scratch& scratch) const {
  const Program& program = *program_;
  const RecordTexts texts(program, record, scratch);
  if (program.type == Type::kText) {
    if (texts.is_missing(program.text_result)) return table::Cell::none(contract::ColumnKind::kText);
    return table::Cell::of(texts.read(program.text_result));
  }
  if (scratch.registers.size() < program.register_count) scratch.registers.resize(program.register_count);
  double* registers = scratch.registers.data();
  const auto fetch = [&](const Operand& operand) {
    switch (operand.kind) {
      case Operand::Kind::kRegister:
        return registers[operand.index];
      case Operand::Kind::kColumn:
        return record[program.columns[operand.index]].as_double();
      case Operand::Kind::kConstant:
        break;
    }
    return operand.constant;
  };
  for (const Instruction& step : program.code) {
    double& target = registers[step.target];
    if (step.op == Op::kText) {
      target = texts.run(program.text_tests[step.aux]);
    } else if (step.op == Op::kIn) {
      target = is_in(program.number_lists[step.aux], fetch(step.a));
    } else {
      target = compute(step.op, fetch(step.a), fetch(step.b));
    }
  }
  const double value = fetch(program.result);
  if (program.type == Type::kNumber) {
    return std::isfinite(value) ? table::Cell::of(value) : table::Cell::none(contract::ColumnKind::kReal);
  }
  return std::isnan(value) ? table::Cell::none(contract::ColumnKind::kBoolean)
                           : table::Cell::of(value != 0.0);
}

std::vector<std::string> mentioned_names(std::string_view text) {
  std::vector<std::string> names;
  const auto tokens = tokenize(text);
  if (!tokens.ok()) return names;
  for (const Token& token : *tokens) {
    if (token.kind == TokenKind::kName || token.kind == TokenKind::kColumn) names.push_back(token.text);
  }
  return names;
}

base::Status require_boolean(const Expression& expression) {
  if (expression.type() == Type::kBoolean) return {};
  const std::string_view found = expression.type() == Type::kText ? "text" : "a number";
  return error_at(expression.text(), 0, "expected a condition, found " + std::string(found),
                  "compare it, as in `x > 0`");
}

}  // namespace archmlp::expression

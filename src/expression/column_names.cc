#include "archmlp/expression/column_names.h"

#include <algorithm>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/expression/functions.h"

namespace archmlp::expression {

using contract::ColumnKind;

std::optional<Value> ColumnNames::find(const std::string& name, std::size_t at) {
  auto known = resolved_.find(name);
  if (known == resolved_.end()) {
    const auto found = schema_.find(name);
    if (!found) return std::nullopt;
    known = resolved_.emplace(name, *found).first;
  }
  const auto index = static_cast<std::uint32_t>(known->second);
  Value value{.at = at};
  switch (schema_.columns[index].kind) {
    case ColumnKind::kText:
      value.type = Type::kText;
      value.text = {.is_column = true, .column = index};
      return value;
    case ColumnKind::kBoolean:
      value.type = Type::kBoolean;
      break;
    case ColumnKind::kInteger:
    case ColumnKind::kReal:
      break;
  }
  value.operand = {.kind = Operand::Kind::kColumn, .index = index};
  return value;
}

std::string ColumnNames::hint_for_unknown(const std::string& name, bool is_followed_by_name) const {
  if (find_function(name) != nullptr) return "it is a function: write " + name + "(…)";
  if (name == "None" || name == "nan" || name == "NaN" || name == "null") return "use isnull(x)";
  if (name == "true") return "write True";
  if (name == "false") return "write False";
  std::string hint = base::suggest_names(name, schema_.names());
  if (is_followed_by_name) hint += " (put a column name with spaces in backticks)";
  return hint;
}

void number_columns(Expression::Program& program) {
  std::vector<std::size_t>& columns = program.columns;
  const auto visit_all = [&](const auto& visit) {
    const auto visit_operand = [&](Operand& operand) {
      if (operand.kind == Operand::Kind::kColumn) visit(operand.index);
    };
    const auto visit_text = [&](TextOperand& text) {
      if (text.is_column) visit(text.column);
    };
    for (Instruction& instruction : program.code) {
      visit_operand(instruction.a);
      visit_operand(instruction.b);
    }
    for (TextTest& test : program.text_tests) {
      visit_text(test.a);
      visit_text(test.b);
    }
    visit_operand(program.result);
    visit_text(program.text_result);
  };
  visit_all([&](std::uint32_t& index) { columns.push_back(index); });
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  visit_all([&](std::uint32_t& index) {
    index =
        static_cast<std::uint32_t>(std::lower_bound(columns.begin(), columns.end(), index) - columns.begin());
  });
}

}  // namespace archmlp::expression

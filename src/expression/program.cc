#include "archmlp/expression/program.h"

#include <algorithm>
#include <cassert>

namespace archmlp::expression {
namespace {

double truth(bool value) noexcept { return value ? 1.0 : 0.0; }

double compare(Op op, int order) noexcept {
  switch (op) {
    case Op::kEqual:
      return truth(order == 0);
    case Op::kNotEqual:
      return truth(order != 0);
    case Op::kLess:
      return truth(order < 0);
    case Op::kLessEqual:
      return truth(order <= 0);
    case Op::kGreater:
      return truth(order > 0);
    default:
      assert(op == Op::kGreaterEqual);
      return truth(order >= 0);
  }
}

}  // namespace

double test_text(const TextTest& test, std::string_view a, std::string_view b) noexcept {
  switch (test.kind) {
    case TextTestKind::kCompare:
      return compare(test.comparison, a.compare(b));
    case TextTestKind::kIn:
      return truth(std::binary_search(test.list.begin(), test.list.end(), a, std::less<>()));
    case TextTestKind::kContains:
      return truth(a.find(b) != std::string_view::npos);
    case TextTestKind::kStartsWith:
      return truth(a.starts_with(b));
    case TextTestKind::kEndsWith:
      return truth(a.ends_with(b));
    case TextTestKind::kLength:
      return static_cast<double>(text_length(a));
    case TextTestKind::kIsNull:
      return 0.0;
    case TextTestKind::kNotNull:
      break;
  }
  return 1.0;
}

double missing_text_result(const TextTest& test) noexcept {
  switch (test.kind) {
    case TextTestKind::kCompare:
      return truth(test.comparison == Op::kNotEqual);
    case TextTestKind::kIn:
    case TextTestKind::kNotNull:
      return 0.0;
    case TextTestKind::kIsNull:
      return 1.0;
    case TextTestKind::kContains:
    case TextTestKind::kStartsWith:
    case TextTestKind::kEndsWith:
    case TextTestKind::kLength:
      break;
  }
  return kMissing;
}

double is_in(const std::vector<double>& sorted, double value) noexcept {
  const auto found =
      std::lower_bound(sorted.begin(), sorted.end(), value);  // NaN: the first, which it does not equal
  return truth(found != sorted.end() && *found == value);
}

double compute(Op op, double a, double b) noexcept {
  return with_op(op, [&](auto constant) { return compute<constant()>(a, b); });
}

std::string_view transform_text(const TextOperand& operand, std::string_view text, Scratch& scratch) {
  if (!operand.is_column) return operand.constant;
  for (const TextFunction function : operand.functions) {
    if (scratch.texts_used == scratch.texts.size()) scratch.texts.emplace_back();
    std::string& buffer = scratch.texts[scratch.texts_used++];
    text = apply_text_function(function, text, buffer);
  }
  return text;
}

}  // namespace archmlp::expression

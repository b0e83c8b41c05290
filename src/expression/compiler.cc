#include "archmlp/expression/compiler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/expression/calls.h"
#include "archmlp/expression/column_names.h"
#include "archmlp/expression/emitter.h"
#include "archmlp/expression/functions.h"
#include "archmlp/expression/lexer.h"

namespace archmlp::expression {
namespace {

using base::Error;
using base::Result;
using base::Status;

constexpr int kDeepest = 200;

/// Python's, weakest first.
enum Precedence : int {
  kOrLevel = 1,
  kAndLevel,
  kNotLevel,
  kComparisonLevel,
  kSumLevel,
  kProductLevel,
  kUnaryLevel,
  kPowerLevel
};

struct Infix {
  int precedence = 0;  // 0: no infix operator
  Op op = Op::kAdd;
};

Infix infix_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::kOr:
      return {kOrLevel, Op::kOr};
    case TokenKind::kAnd:
      return {kAndLevel, Op::kAnd};
    case TokenKind::kIn:
    case TokenKind::kNot:
      return {kComparisonLevel, Op::kIn};
    case TokenKind::kEqual:
      return {kComparisonLevel, Op::kEqual};
    case TokenKind::kNotEqual:
      return {kComparisonLevel, Op::kNotEqual};
    case TokenKind::kLess:
      return {kComparisonLevel, Op::kLess};
    case TokenKind::kLessEqual:
      return {kComparisonLevel, Op::kLessEqual};
    case TokenKind::kGreater:
      return {kComparisonLevel, Op::kGreater};
    case TokenKind::kGreaterEqual:
      return {kComparisonLevel, Op::kGreaterEqual};
    case TokenKind::kPlus:
      return {kSumLevel, Op::kAdd};
    case TokenKind::kMinus:
      return {kSumLevel, Op::kSubtract};
    case TokenKind::kTimes:
      return {kProductLevel, Op::kMultiply};
    case TokenKind::kDivide:
      return {kProductLevel, Op::kDivide};
    case TokenKind::kFloorDivide:
      return {kProductLevel, Op::kFloorDivide};
    case TokenKind::kRemainder:
      return {kProductLevel, Op::kRemainder};
    case TokenKind::kPower:
      return {kPowerLevel, Op::kPower};
    default:
      return {};
  }
}

class Compiler {
 public:
  Compiler(std::string_view text, const contract::Schema& schema, std::vector<Token> tokens,
           Expression::Program& program)
      : tokens_(std::move(tokens)), columns_(schema), emit_(text, program), program_(program) {}

  Status run() {
    if (peek().kind == TokenKind::kEnd) return fail(0, "the expression is empty");
    const Value value = TRY(parse(kOrLevel));
    if (peek().kind != TokenKind::kEnd) return unexpected("an operator or the end");
    if (value.is_list) return fail(value.at, "a list is no result", "use it behind `in`");
    program_.type = value.type;
    program_.result = value.operand;
    program_.text_result = value.text;
    return {};
  }

 private:
  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  Error fail(std::size_t at, std::string message, std::string hint = {}) const {
    return emit_.fail(at, std::move(message), std::move(hint));
  }

  Error unexpected(std::string_view wanted) const {
    const Token& token = peek();
    std::string message = "expected " + std::string(wanted) + ", found ";
    message += token.kind == TokenKind::kEnd ? "the end" : base::quoted(token.spelling);
    std::string hint;
    if (token.kind == TokenKind::kName && at_ > 0 && tokens_[at_ - 1].kind == TokenKind::kName) {
      hint = "put a column name with spaces in backticks";
    }
    if (token.spelling == "is") hint = "write isnull(x), or `==` to compare";
    if (token.spelling == "if") hint = "use replace for values under a condition";
    if (token.kind == TokenKind::kNot) hint = "put `not …` in parentheses";
    return fail(token.at, std::move(message), std::move(hint));
  }

  Status expect(TokenKind kind, std::string_view spelling) {
    if (peek().kind != kind) return unexpected(base::quoted(spelling));
    take();
    return {};
  }

  /// What binds at least as strongly as `weakest`. Left-associative operators loop, so that only nesting
  /// recurses.
  Result<Value> parse(int weakest) {
    if (depth_ == kDeepest) return fail(peek().at, "nested deeper than 200 levels");
    ++depth_;
    Value value = TRY(parse_prefix(weakest));
    for (;;) {
      const Infix infix = infix_of(peek().kind);
      if (infix.precedence == 0 || infix.precedence < weakest) break;
      if (infix.precedence == kComparisonLevel) {
        value = TRY(parse_comparisons(std::move(value)));
      } else {
        value = TRY(parse_infix(value, infix));
      }
    }
    --depth_;
    return value;
  }

  Result<Value> parse_infix(const Value& left, const Infix& infix) {
    const std::string_view spelling = take().spelling;
    const std::size_t begin = left.at;
    // Python's grammar: what stands right of ** is a signed operand.
    Value right = TRY(parse(infix.op == Op::kPower ? static_cast<int>(kUnaryLevel) : infix.precedence + 1));
    Value value;
    if (infix.op == Op::kAnd || infix.op == Op::kOr) {
      value = TRY(emit_.logical(infix.op, left, right, infix.op == Op::kAnd ? "and" : "or"));
    } else {
      value = TRY(emit_.arithmetic(infix.op, left, right, spelling));
    }
    value.at = begin;
    return value;
  }

  /// `a < b < c` is `a < b and b < c`, `b` computed once.
  Result<Value> parse_comparisons(Value left) {
    const std::size_t begin = left.at;
    std::optional<Value> all;
    while (infix_of(peek().kind).precedence == kComparisonLevel) {
      const Token& token = take();
      Op op = infix_of(token.kind).op;
      const bool is_not_in = token.kind == TokenKind::kNot;
      if (is_not_in) TRY(expect(TokenKind::kIn, "in"));
      Value right = TRY(parse(kSumLevel));
      Value one =
          TRY(op == Op::kIn ? emit_.membership(left, right, is_not_in) : emit_.comparison(op, left, right));
      emit_.release(left);
      left = std::move(right);
      if (all) one = TRY(emit_.logical(Op::kAnd, *all, one, "and"));
      all = std::move(one);
    }
    emit_.release(left);
    all->at = begin;
    return std::move(*all);
  }

  Result<Value> parse_prefix(int weakest) {
    const Token& token = peek();
    const std::size_t begin = token.at;
    Value value;
    switch (token.kind) {
      case TokenKind::kNot:
        if (weakest > kNotLevel) return unexpected("a value");
        take();
        value = TRY(parse(kNotLevel));
        value = TRY(emit_.negation(value, "not"));
        break;
      case TokenKind::kTilde:
        take();
        value = TRY(parse(kUnaryLevel));
        value = TRY(emit_.negation(value, "~"));
        break;
      case TokenKind::kMinus: {
        take();
        Value operand = TRY(parse(kUnaryLevel));
        const bool is_literal = operand.is_literal;
        value = TRY(emit_.numeric_function(Op::kNegate, operand, "-"));
        value.is_literal = is_literal;
        break;
      }
      case TokenKind::kPlus: {
        take();
        value = TRY(parse(kUnaryLevel));
        TRY(emit_.require_number(value, "`+`"));
        value.type = Type::kNumber;
        break;
      }
      default:
        return parse_postfix();
    }
    value.at = begin;
    return value;
  }

  /// A primary and the methods called on it: `name.str.lower()`.
  Result<Value> parse_postfix() {
    Value value = TRY(parse_primary());
    while (peek().kind == TokenKind::kDot) {
      take();
      if (peek().spelling == "str" && peek(1).kind == TokenKind::kDot) {
        if (value.is_list || value.type != Type::kText) {
          return fail(value.at, "`.str` needs text, found " + std::string(describe(value)));
        }
        take();
        take();
      }
      const Token& name = peek();
      if (name.kind != TokenKind::kName || peek(1).kind != TokenKind::kOpen)
        return unexpected("a function's name");
      const std::size_t begin = value.at;
      std::vector<Value> arguments;
      arguments.push_back(std::move(value));
      value = TRY(parse_call(std::move(arguments)));
      value.at = begin;
    }
    return value;
  }

  Result<Value> parse_primary() {
    const Token& token = peek();
    switch (token.kind) {
      case TokenKind::kNumber:
        return literal(take().number, Type::kNumber, token.at);
      case TokenKind::kTrue:
        take();
        return literal(1.0, Type::kBoolean, token.at);
      case TokenKind::kFalse:
        take();
        return literal(0.0, Type::kBoolean, token.at);
      case TokenKind::kString: {
        take();
        Value value{.type = Type::kText, .at = token.at, .is_literal = true};
        value.text.constant = token.text;
        return value;
      }
      case TokenKind::kColumn:
        take();
        return column(token.text, token.at);
      case TokenKind::kName:
        return parse_name();
      case TokenKind::kOpen:
        return parse_parentheses();
      case TokenKind::kOpenBracket:
        take();
        return parse_items({}, TokenKind::kCloseBracket, "]", token.at);
      default:
        return unexpected("a value");
    }
  }

  Result<Value> parse_name() {
    const Token& token = peek();
    if (peek(1).kind == TokenKind::kOpen) return parse_call({});
    take();
    if (token.text == "df" && peek().kind == TokenKind::kDot) {
      const Token& name = peek(1);
      if (name.kind == TokenKind::kColumn ||
          (name.kind == TokenKind::kName && peek(2).kind != TokenKind::kOpen)) {
        take();
        take();
        return column(name.text, name.at);
      }
    }
    if (token.text == "df" && peek().kind == TokenKind::kOpenBracket && peek(1).kind == TokenKind::kString) {
      take();
      const Token& name = take();
      TRY(expect(TokenKind::kCloseBracket, "]"));
      return column(name.text, name.at);
    }
    return column(token.text, token.at);
  }

  Result<Value> parse_parentheses() {
    const std::size_t begin = take().at;
    if (peek().kind == TokenKind::kClose) return parse_items({}, TokenKind::kClose, ")", begin);
    Value value = TRY(parse(kOrLevel));
    if (peek().kind == TokenKind::kComma) {  // Python's tuple, as in `x in (1, 2)`
      return parse_items(std::move(value), TokenKind::kClose, ")", begin);
    }
    TRY(expect(TokenKind::kClose, ")"));
    value.at = begin;
    return value;
  }

  /// The rest of a list, whose first item may have been read already.
  Result<Value> parse_items(std::optional<Value> first, TokenKind close, std::string_view spelling,
                            std::size_t at) {
    Value list{.is_list = true, .at = at};
    if (first) {
      TRY(append_item(list, *first));
      TRY(expect(TokenKind::kComma, ","));
    }
    while (peek().kind != close) {
      const Value item = TRY(parse(kOrLevel));
      TRY(append_item(list, item));
      if (peek().kind == close) break;
      TRY(expect(TokenKind::kComma, ","));
    }
    TRY(expect(close, spelling));
    return list;
  }

  Status append_item(Value& list, const Value& item) const {
    if (item.is_list) return fail(item.at, "a list cannot hold a list");
    if (!item.is_constant()) {
      return fail(item.at, "a list holds constants only", "compare with columns one by one, joined by `or`");
    }
    const bool is_text = item.type == Type::kText;
    const bool is_first = list.numbers.empty() && list.texts.empty();
    if (!is_first && is_text != (list.type == Type::kText)) {
      return fail(item.at, "a list cannot hold both text and numbers");
    }
    if (is_first) list.type = is_text ? Type::kText : Type::kNumber;
    if (is_text) {
      list.texts.push_back(item.text.constant);
    } else {
      list.numbers.push_back(item.operand.constant);
    }
    return {};
  }

  Result<Value> column(const std::string& name, std::size_t at) {
    if (const auto found = columns_.find(name, at)) return *found;
    return fail(at, "unknown column " + base::quoted(name),
                columns_.hint_for_unknown(name, peek().kind == TokenKind::kName));
  }

  /// At a function's name. `arguments` holds what a method is called on, or nothing.
  Result<Value> parse_call(std::vector<Value> arguments) {
    const Token& name = take();
    const Function* function = find_function(name.text);
    if (function == nullptr) {
      return fail(name.at, "unknown function " + base::quoted(name.text),
                  base::suggest_names(name.text, function_names()));
    }
    take();
    std::size_t count = arguments.size();
    while (peek().kind != TokenKind::kClose) {
      Value next = TRY(parse(kOrLevel));
      ++count;
      if (function->shape == FunctionShape::kFold && !arguments.empty()) {
        // Folded as they come: a thousand arguments need two registers.
        Value& last = arguments.back();
        last = TRY(emit_.arithmetic(function->op, last, next, function->name));
      } else {
        arguments.push_back(std::move(next));
      }
      if (peek().kind == TokenKind::kClose) break;
      TRY(expect(TokenKind::kComma, ","));
    }
    TRY(expect(TokenKind::kClose, ")"));
    if (count < function->min_arguments || count > function->max_arguments)
      return fail(name.at, describe_wrong_count(*function, name.text, count));
    Value value = TRY(emit_call(emit_, *function, arguments));
    value.at = name.at;
    return value;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  ColumnNames columns_;
  Emitter emit_;
  Expression::Program& program_;
};

}  // namespace

Result<std::unique_ptr<Expression::Program>> compile_program(std::string_view text,
                                                             const contract::Schema& schema) {
  auto program = std::make_unique<Expression::Program>();
  program->text = std::string(text);
  std::vector<Token> tokens = TRY(tokenize(program->text));
  TRY(Compiler(program->text, schema, std::move(tokens), *program).run());
  number_columns(*program);
  return program;
}

}  // namespace archmlp::expression

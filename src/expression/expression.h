#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

namespace archmlp::expression {

enum class Type { kNumber, kBoolean, kText };

/// Working memory for evaluating records; one a thread.
struct Scratch {
  std::vector<double> registers;
  std::deque<std::string> texts;  // a deque, so that what points into it stays valid
  std::size_t texts_used = 0;

  void clear() noexcept { texts_used = 0; }  // once a record: strings are reused
};

/// An expression in the notation of pandas.eval, parsed, typed and bound to the columns of a schema. It
/// computes in double precision, left to right as written, and never executes anything. See
/// docs/guides/expressions.md. Immutable and safe from many threads.
class Expression {
 public:
  struct Program;

  /// Errors: kInvalidInput whose message shows, on lines of its own, the text with a caret below the
  /// character at fault, and a hint (the nearest column or function names). Limits: 64 KiB of text, nesting
  /// of 200.
  static base::Result<Expression> compile(std::string_view text, const contract::Schema& schema);
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

  Type type() const noexcept;
  /// The column kind of the result: real, boolean or text.
  contract::ColumnKind kind() const noexcept;
  const std::string& text() const noexcept;
  /// Indices into the schema of the columns that are read, ascending.
  const std::vector<std::size_t>& columns() const noexcept;

  /// Precondition: the table's columns are those of the schema, in order.
  /// Errors: kResourceLimit only.
  base::Result<table::Cells> evaluate(const table::Table& rows) const;
  /// The same value, to the bit, for one record; allocates nothing once `scratch` has grown.
  /// A text result lives in the record, in this expression (a constant) or, made by a function (upper, …), in
  /// `scratch` until its clear().
  table::Cell evaluate(const table::Record& record, Scratch& scratch) const;

 private:
  explicit Expression(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

/// Every name in the text that may be a column's, functions and a `df` in front among them. None where the
/// text is no expression.
std::vector<std::string> mentioned_names(std::string_view text);

/// For the condition of a filter or a replacement, where missing counts as false.
/// Errors: kInvalidInput if the expression is not boolean (points at it).
base::Status require_boolean(const Expression& expression);

}  // namespace archmlp::expression

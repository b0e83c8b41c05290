#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"

namespace archmlp::table {

inline constexpr double kMissingReal = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::int8_t kMissingBoolean = -1;

struct IntegerCells {
  std::vector<std::int64_t> values;   // 0 where missing
  std::vector<std::uint8_t> missing;  // empty if no value is missing; otherwise one 0/1 a row
  bool operator==(const IntegerCells&) const = default;
};
struct RealCells {
  std::vector<double> values;  // NaN is missing; infinities never occur
};
struct BooleanCells {
  std::vector<std::int8_t> values;  // 0, 1; -1 is missing
  bool operator==(const BooleanCells&) const = default;
};
struct TextCells {
  std::vector<std::int32_t> codes;  // index into levels; -1 is missing
  std::vector<std::string> levels;  // distinct, in order of first appearance; a level may be unused
};

/// The alternatives stand in the order of contract::ColumnKind.
using Cells = std::variant<IntegerCells, RealCells, BooleanCells, TextCells>;

/// A named column. Copies share the cells, so that steps which keep a column cost nothing.
class Column {
 public:
  Column(std::string name, Cells cells)
      : Column(std::move(name), std::make_shared<const Cells>(std::move(cells))) {}
  Column(std::string name, std::shared_ptr<const Cells> cells)
      : name_(std::move(name)), cells_(std::move(cells)) {}

  const std::string& name() const noexcept { return name_; }
  contract::ColumnKind kind() const noexcept { return static_cast<contract::ColumnKind>(cells_->index()); }
  const Cells& cells() const noexcept { return *cells_; }
  const std::shared_ptr<const Cells>& shared_cells() const noexcept { return cells_; }
  const IntegerCells& integers() const { return std::get<IntegerCells>(*cells_); }
  const RealCells& reals() const { return std::get<RealCells>(*cells_); }
  const BooleanCells& booleans() const { return std::get<BooleanCells>(*cells_); }
  const TextCells& texts() const { return std::get<TextCells>(*cells_); }

  std::size_t row_count() const noexcept;
  bool is_missing(std::size_t row) const noexcept;
  std::size_t missing_count() const noexcept;
  contract::Value value(std::size_t row) const;  // for messages, labels, small tables: allocates for text
  Column renamed(std::string name) const { return {std::move(name), cells_}; }
  /// The rows at `rows`, in that order; levels are kept.
  Column gathered(std::span<const std::uint32_t> rows) const;

 private:
  std::string name_;
  std::shared_ptr<const Cells> cells_;
};

/// The cells of a real column, NaN where missing; none of any other.
std::span<const double> real_values(const Column& column) noexcept;

/// Numbers as double: integers and booleans (0/1) converted, missing as NaN. Precondition: not text.
void copy_as_doubles(const Column& column, std::span<double> out);

/// Named columns of equal length, fixed once built; safe to read from many threads. At most 2^32 - 1 rows.
class Table {
 public:
  Table() = default;
  /// Errors: kInvalidInput if lengths differ, a name is empty or repeats, or there are too many rows.
  static base::Result<Table> from_columns(std::vector<Column> columns);
  /// The same without columns, for a table whose rows still count.
  static Table without_columns(std::size_t row_count);

  std::size_t row_count() const noexcept { return row_count_; }
  std::span<const Column> columns() const noexcept { return columns_; }
  const Column& column(std::size_t index) const { return columns_[index]; }
  /// Null if absent: asking for a column is a question, not an error.
  const Column* find(std::string_view name) const noexcept;
  /// The same where it most likely is the column at `place`: many such questions take no search.
  const Column* find(std::string_view name, std::size_t place) const noexcept {
    return place < columns_.size() && columns_[place].name() == name ? &columns_[place] : find(name);
  }
  std::vector<std::string> names() const;
  /// Columns that share their cells share them afterwards too.
  Table gathered(std::span<const std::uint32_t> rows, int thread_count = 1) const;

 private:
  std::vector<Column> columns_;
  std::size_t row_count_ = 0;
};

}  // namespace archmlp::table

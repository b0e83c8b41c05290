#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/csv_scanner.h"
#include "archmlp/table/table.h"
#include "archmlp/table/text_levels.h"

namespace archmlp::table {

/// The unquoted cells that mean "missing".
class MissingTokens {
 public:
  explicit MissingTokens(std::vector<std::string> tokens);
  bool contains(std::string_view text) const noexcept {
    if (text.empty()) return has_empty_;
    return text.size() <= longest_ && first_bytes_[static_cast<unsigned char>(text[0])] && search(text);
  }
  /// Whether some token reads as a number, so that numbers too must be looked up.
  bool has_number() const noexcept { return has_number_; }
  const std::vector<std::string>& tokens() const noexcept { return tokens_; }

 private:
  bool search(std::string_view text) const noexcept;
  std::vector<std::string> tokens_;
  std::bitset<256> first_bytes_;
  std::size_t longest_ = 0;
  bool has_empty_ = false;
  bool has_number_ = false;
};

/// Which forms of values a column's cells have; the union over chunks decides the kind, so cutting changes
/// nothing.
class SeenForms {
 public:
  enum Form : std::uint8_t { kInteger = 1, kBigInteger = 2, kReal = 4, kBoolean = 8, kText = 16 };
  void add(Form form) noexcept { bits_ |= form; }
  void add(SeenForms other) noexcept { bits_ |= other.bits_; }
  bool has(Form form) const noexcept { return (bits_ & form) != 0; }
  bool none() const noexcept { return bits_ == 0; }
  /// Integers only: integer, or text if one is beyond 64 bits (then they are names of things, and a double
  /// would change them). Numbers: real. Booleans only: boolean. Nothing: real. Anything else: text.
  contract::ColumnKind kind() const noexcept;
  /// Whether no further cell can change kind().
  bool settled() const noexcept;

 private:
  std::uint8_t bits_ = 0;
};

/// How one column of the file is to be read.
struct ColumnPlan {
  std::string name;
  std::shared_ptr<const MissingTokens> missing_values;
  std::optional<contract::ColumnKind> given;     // none: guessed
  std::optional<contract::ColumnKind> expected;  // where to start guessing; only a matter of speed
  bool nullable = true;                          // otherwise a missing value is an error
  bool skipped = false;
};

/// One column's cells of one chunk of records, in the narrowest form that holds all seen so far.
class ColumnChunk {
 public:
  explicit ColumnChunk(const ColumnPlan& plan) { restart(plan); }

  /// As a new one, but for the memory that it has or will need, if this chunk is like the one before.
  void restart(const ColumnPlan& plan);

  /// Appends the cells fields[0], fields[stride], … The first that contradicts a given kind stops it.
  /// Precondition: the fields' text outlives this object.
  struct BadCell {
    std::size_t row;  // within this call
    base::Error error;
  };
  std::optional<BadCell> append(const CsvField* fields, std::size_t stride, std::size_t row_count);

  /// No more cells will come.
  void close() {
    level_count_ = text_.levels.size();
    level_bytes_ = text_.levels.byte_count();
  }
  /// Gives what helped to find texts to the chunk of the column that is read next.
  void hand_index_to(ColumnChunk& next) noexcept {
    std::swap(index_, next.index_);
    next.level_count_ = level_count_;
    next.level_bytes_ = level_bytes_;
  }

  SeenForms seen() const noexcept { return seen_; }
  bool any_missing() const noexcept { return any_missing_; }
  std::size_t row_count() const noexcept { return row_count_; }
  /// Whether take(kind) can be called. If not, seen() shows another kind, alone or with other chunks' cells.
  bool holds(contract::ColumnKind kind) const noexcept;
  /// The cells as a column's; what was held is gone afterwards. Precondition: holds(kind).
  Cells take(contract::ColumnKind kind);

 private:
  friend class ColumnBuilder;
  enum class Form { kIntegers, kReals, kBooleans, kTexts, kNothing };

  /// Each appends cells from `row` on until one does not fit (it widens the form and returns that row) or the
  /// end.
  std::size_t append_integers(const CsvField* fields, std::size_t stride, std::size_t row,
                              std::size_t row_count);
  std::size_t append_reals(const CsvField* fields, std::size_t stride, std::size_t row,
                           std::size_t row_count);
  std::size_t append_booleans(const CsvField* fields, std::size_t stride, std::size_t row,
                              std::size_t row_count);
  void append_texts(const CsvField* fields, std::size_t stride, std::size_t row_count);
  std::int32_t level_of(const CsvField& field, std::uint32_t hash);
  /// Takes notice of cells of a column that is only expected to be text, until one proves it.
  void look_for_text(const CsvField* fields, std::size_t stride, std::size_t row_count);
  std::optional<BadCell> append_given(const CsvField* fields, std::size_t stride, std::size_t row_count);
  void append_missing_integer();
  /// Changes the form so that `field`, which is not missing, fits.
  void widen_for(const CsvField& field);
  void integers_to_reals();
  void give_up();

  const ColumnPlan* plan_ = nullptr;
  Form form_ = Form::kIntegers;
  SeenForms seen_;
  bool any_missing_ = false;
  std::size_t row_count_ = 0;
  std::vector<std::int64_t> integers_;
  std::vector<std::uint8_t> missing_;  // of integers_; empty if none is
  std::vector<double> reals_;
  std::vector<std::int8_t> booleans_;
  TextChunk text_;
  LevelIndex index_;  // of its levels
  // Of the chunk before: this one will have about as many.
  std::size_t level_count_ = 0;
  std::size_t level_bytes_ = 0;
};

}  // namespace archmlp::table

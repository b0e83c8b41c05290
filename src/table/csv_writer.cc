#include "archmlp/table/csv_writer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "archmlp/base/cancel.h"
#include "archmlp/base/number_text.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/csv_options.h"
#include "archmlp/table/cell_decoder.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;

constexpr std::size_t kBlockCells = 100'000;

bool is_default_missing(std::string_view text) {
  static const std::vector<std::string> tokens = contract::default_missing_values();
  return std::ranges::find(tokens, text) != tokens.end();
}

/// The other delimiters count too: text that holds them must not mislead the reader's choice.
bool needs_quotes_anywhere(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // at the start of a file it would vanish
  return text.empty() || text.find_first_of(",;\t|\"\r\n") != std::string_view::npos || text.front() == ' ' ||
         text.back() == ' ' || text.starts_with(kByteOrderMark);
}

bool needs_quotes(std::string_view text) {
  return needs_quotes_anywhere(text) || decode_real(text) || decode_boolean(text) || is_default_missing(text);
}

std::size_t quoted_size(std::string_view text) noexcept {
  return text.size() + static_cast<std::size_t>(std::ranges::count(text, '"')) + 2;
}

char* copy(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/// Writes quoted_size(text) bytes.
char* copy_quoted(char* out, std::string_view text) noexcept {
  *out++ = '"';
  for (std::size_t quote = text.find('"'); quote != std::string_view::npos; quote = text.find('"')) {
    out = copy(out, text.substr(0, quote + 1));
    *out++ = '"';
    text.remove_prefix(quote + 1);
  }
  out = copy(out, text);
  *out++ = '"';
  return out;
}

void append_quoted(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out.resize(begin + quoted_size(text));
  copy_quoted(out.data() + begin, text);
}

/// Writes the cells of one column.
class CellWriter {
 public:
  CellWriter(const Column& column, bool only_column) : column_(&column), missing_(only_column ? "NA" : "") {}

  /// Finds out how the levels of a text column look.
  base::Status prepare(int thread_count) {
    if (column_->kind() != ColumnKind::kText) return {};
    constexpr std::size_t kStep = 10'000;
    const std::vector<std::string>& levels = column_->texts().levels;
    quoted_.resize(levels.size());
    return base::parallel_for((levels.size() + kStep - 1) / kStep, thread_count,
                              [&](std::size_t step) -> base::Status {
                                const std::size_t end = std::min(levels.size(), (step + 1) * kStep);
                                for (std::size_t level = step * kStep; level < end; ++level)
                                  quoted_[level] = needs_quotes(levels[level]) ? 1 : 0;
                                return {};
                              });
  }

  /// Writes the cell and a comma.
  void append(CsvText& out, std::size_t row) const {
    switch (column_->kind()) {
      case ColumnKind::kInteger: {
        const IntegerCells& cells = column_->integers();
        const bool missing = !cells.missing.empty() && cells.missing[row] != 0;
        return append_number(out, missing,
                             [&](char* at) { return base::write_integer(at, cells.values[row]); });
      }
      case ColumnKind::kReal: {
        const double value = column_->reals().values[row];
        return append_number(out, std::isnan(value), [&](char* at) { return base::write_real(at, value); });
      }
      case ColumnKind::kBoolean: {
        const std::int8_t value = column_->booleans().values[row];
        return append_number(out, value < 0,
                             [&](char* at) { return copy(at, value != 0 ? "true" : "false"); });
      }
      case ColumnKind::kText:
        return append_text(out, column_->texts().codes[row]);
    }
  }

 private:
  template <typename Write>
  void append_number(CsvText& out, bool missing, const Write& write) const {
    char* at = out.room(base::kNumberTextSize + 1);
    at = missing ? copy(at, missing_) : write(at);
    *at++ = ',';
    out.taken(at);
  }

  void append_text(CsvText& out, std::int32_t code) const {
    if (code < 0) return append_number(out, true, [](char* at) { return at; });
    const auto level = static_cast<std::size_t>(code);
    const std::string& text = column_->texts().levels[level];
    char* at = nullptr;
    if (quoted_[level] != 0) {
      at = copy_quoted(out.room(quoted_size(text) + 1), text);
    } else {
      at = copy(out.room(text.size() + 1), text);
    }
    *at++ = ',';
    out.taken(at);
  }

  const Column* column_;
  std::string_view missing_;
  std::vector<std::uint8_t> quoted_;  // of a text column: one a level
};

/// Rows to write: all, or those of a selection.
struct Rows {
  std::size_t count;
  const std::uint32_t* selected;  // null: all

  std::size_t operator[](std::size_t i) const noexcept { return selected == nullptr ? i : selected[i]; }
};

/// While one wave of blocks is formatted, the one before goes to the sink.
base::Status write_rows(const Table& table, const Rows& rows, const Sink& sink, int thread_count) {
  const std::size_t column_count = table.columns().size();
  if (column_count == 0) return base::Error{.message = "a table without columns cannot be written as CSV"};
  std::vector<CellWriter> writers;
  writers.reserve(column_count);
  for (const Column& column : table.columns()) {
    TRY(writers.emplace_back(column, column_count == 1).prepare(thread_count));
  }
  TRY(sink(csv_header(table.names())));

  const std::size_t rows_a_block = std::max<std::size_t>(1, kBlockCells / column_count);
  const std::size_t block_count = (rows.count + rows_a_block - 1) / rows_a_block;
  const std::size_t wave =
      std::min(block_count, static_cast<std::size_t>(base::resolve_thread_count(thread_count)) * 4);
  std::vector<CsvText> formatted(wave);
  std::vector<CsvText> formatting(wave);
  const auto give_to_sink = [&]() -> base::Status {
    for (CsvText& block : formatted) {
      if (!block.text().empty()) TRY(sink(block.text()));
      block.clear();
    }
    return {};
  };
  for (std::size_t first = 0; first < block_count; first += wave) {
    const std::size_t count = std::min(wave, block_count - first);
    const auto work = [&](std::size_t task) -> base::Status {
      TRY(base::check_cancelled());
      if (task == 0) return give_to_sink();
      CsvText& out = formatting[task - 1];
      const std::size_t begin = (first + task - 1) * rows_a_block;
      const std::size_t end = std::min(rows.count, begin + rows_a_block);
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t row = rows[i];
        for (const CellWriter& writer : writers) writer.append(out, row);
        out.end_line();
      }
      return {};
    };
    TRY(base::parallel_for(count + 1, thread_count, work));
    std::swap(formatted, formatting);
  }
  return give_to_sink();
}

}  // namespace

void CsvText::clear() noexcept {
  constexpr std::size_t kLargestKept = std::size_t{24} << 20U;  // more held a long cell
  size_ = 0;
  if (capacity_ <= kLargestKept) return;
  bytes_.reset();
  capacity_ = 0;
}

void CsvText::grow(std::size_t needed) {
  const std::size_t capacity = std::max(needed, capacity_ * 2);
  std::unique_ptr<char[]> bytes(new char[capacity]);
  if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

std::string csv_header(std::span<const std::string> names) {
  std::string header;
  for (const std::string& name : names) {
    if (!header.empty()) header += ',';
    if (needs_quotes_anywhere(name)) {
      append_quoted(header, name);
    } else {
      header += name;
    }
  }
  return header + '\n';
}

void append_csv(const Table& block, std::span<const std::uint32_t> rows, CsvText& out) {
  const std::size_t column_count = block.columns().size();
  assert(column_count > 0);
  std::vector<CellWriter> writers;
  writers.reserve(column_count);
  for (const Column& column : block.columns()) {
    static_cast<void>(writers.emplace_back(column, column_count == 1).prepare(1));  // cannot fail
  }
  for (const std::uint32_t row : rows) {
    for (const CellWriter& writer : writers) writer.append(out, row);
    out.end_line();
  }
}

base::Status write_csv(const Table& table, const Sink& sink, int thread_count) {
  return write_rows(table, {.count = table.row_count(), .selected = nullptr}, sink, thread_count);
}

base::Status write_csv(const Table& table, std::span<const std::uint32_t> rows, const Sink& sink,
                       int thread_count) {
  return write_rows(table, {.count = rows.size(), .selected = rows.data()}, sink, thread_count);
}

std::string to_csv(const Table& table) {
  std::string text;
  const auto append = [&](std::string_view bytes) -> base::Status {
    text += bytes;
    return {};
  };
  static_cast<void>(
      write_csv(table, append, 1));  // fails only where there is no column, hence nothing to write
  return text;
}

void append_csv_text(std::string& out, std::string_view text) {
  if (needs_quotes(text)) {
    append_quoted(out, text);
  } else {
    out += text;
  }
}

}  // namespace archmlp::table

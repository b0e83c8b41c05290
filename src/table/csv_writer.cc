#include "archmlp/table/csv_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/text.h"
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

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t quote = text.find('"'); quote != std::string_view::npos; quote = text.find('"')) {
    out += text.substr(0, quote + 1);
    out += '"';
    text.remove_prefix(quote + 1);
  }
  out += text;
  out += '"';
}

/// Writes the cells of one column.
class CellWriter {
 public:
  CellWriter(const Column& column, bool only_column) : column_(&column), missing_(only_column ? "NA" : "") {}

  /// Finds out which levels of a text column need quotes.
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

  void append(std::string& out, std::size_t row) const {
    if (column_->is_missing(row)) {
      out += missing_;
      return;
    }
    switch (column_->kind()) {
      case ColumnKind::kInteger: {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.begin(), digits.end(), column_->integers().values[row]).ptr;
        out.append(digits.begin(), end);
        return;
      }
      case ColumnKind::kReal:
        base::append_real(out, column_->reals().values[row]);
        return;
      case ColumnKind::kBoolean:
        out += column_->booleans().values[row] != 0 ? "true" : "false";
        return;
      case ColumnKind::kText: {
        const auto level = static_cast<std::size_t>(column_->texts().codes[row]);
        const std::string& text = column_->texts().levels[level];
        if (quoted_[level] != 0) {
          append_quoted(out, text);
        } else {
          out += text;
        }
        return;
      }
    }
  }

 private:
  const Column* column_;
  std::string_view missing_;
  std::vector<std::uint8_t> quoted_;  // of a text column: one a level
};

std::string header_of(const Table& table) {
  std::string header;
  for (const Column& column : table.columns()) {
    if (!header.empty()) header += ',';
    if (needs_quotes_anywhere(column.name())) {
      append_quoted(header, column.name());
    } else {
      header += column.name();
    }
  }
  return header + '\n';
}

}  // namespace

base::Status write_csv(const Table& table, const Sink& sink, int thread_count) {
  const std::size_t column_count = table.columns().size();
  if (column_count == 0) return base::Error{.message = "a table without columns cannot be written as CSV"};
  std::vector<CellWriter> writers;
  writers.reserve(column_count);
  for (const Column& column : table.columns()) {
    TRY(writers.emplace_back(column, column_count == 1).prepare(thread_count));
  }
  TRY(sink(header_of(table)));

  const std::size_t rows_a_block = std::max<std::size_t>(1, kBlockCells / column_count);
  const std::size_t block_count = (table.row_count() + rows_a_block - 1) / rows_a_block;
  const std::size_t wave = static_cast<std::size_t>(base::resolve_thread_count(thread_count)) * 4;
  std::vector<std::string> blocks(std::min(wave, block_count));
  for (std::size_t first = 0; first < block_count; first += wave) {
    const std::size_t count = std::min(wave, block_count - first);
    const auto format = [&](std::size_t i) -> base::Status {
      TRY(base::check_cancelled());
      std::string& out = blocks[i];
      out.clear();
      const std::size_t end = std::min(table.row_count(), (first + i + 1) * rows_a_block);
      for (std::size_t row = (first + i) * rows_a_block; row < end; ++row) {
        for (const CellWriter& writer : writers) {
          writer.append(out, row);
          out += ',';
        }
        out.back() = '\n';
      }
      return {};
    };
    TRY(base::parallel_for(count, thread_count, format));
    for (std::size_t i = 0; i < count; ++i) TRY(sink(blocks[i]));
  }
  return {};
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

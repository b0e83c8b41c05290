#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/table/table.h"

namespace archmlp::table {

/// Takes the next bytes of the output. It is called from any thread, but one call at a time, in order.
using Sink = std::function<base::Status(std::string_view)>;

/// Writes `table` as CSV: `,`, `\n`, header; real numbers with the shortest digits that read back as the same
/// double (integral ones with `.0`), missing as an empty cell (`NA` in a table of one column, where others
/// would skip the line); text quoted only where reading it back would otherwise give another column kind or
/// value (delimiter, quotes, line breaks, missing tokens, blanks at the ends, text that looks like a number
/// or boolean in a text column). What parse_csv reads back is equal, kinds included, but for
/// columns without any value, which read back real. Errors: kInvalidInput without columns; the sink's.
/// Formatted in parallel by blocks of rows; the bytes do not depend on `thread_count`.
base::Status write_csv(const Table& table, const Sink& sink, int thread_count = 0);
/// The rows at `rows`, in that order.
base::Status write_csv(const Table& table, std::span<const std::uint32_t> rows, const Sink& sink,
                       int thread_count = 0);
std::string to_csv(const Table& table);

/// One cell of text as write_csv would write it.
void append_csv_text(std::string& out, std::string_view text);

}  // namespace archmlp::table

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/csv_options.h"
#include "archmlp/table/table.h"

namespace archmlp::table {

struct CsvTable {
  Table table;
  contract::Schema schema;  // kinds as guessed or given, missing tokens as used, nullable where one was seen
  char delimiter = ',';
  std::string sha256;  // of the file as it lies on disk (compressed, if it is)
};

/// Reads a CSV (RFC 4180 and what the world writes; see docs/guides/csv.md), plain, .gz or .zst, recognised
/// by content.
/// "-" is standard input. Kinds are guessed from *all* cells: integer, else real, else boolean, else text; a
/// column without any value is real. Rows that hold nothing at all are skipped at the end of the file only.
/// Errors: kInvalidInput with `file:line` (the line where the record starts, counted in the decompressed
/// text), the column, the text found and a hint: a ragged row, an unclosed quote, text behind a closing
/// quote, invalid UTF-8, a duplicate or empty column name, an empty file, a header without rows, a type
/// override that a cell contradicts.
base::Result<CsvTable> read_csv(const std::filesystem::path& path, const contract::CsvOptions& options,
                                base::Progress& progress = base::no_progress());
/// What the schema says of a column that was not read.
contract::ColumnSchema unread_column(const std::string& name);
/// The same from memory; `source_name` is shown in errors.
base::Result<CsvTable> parse_csv(std::string_view text, const std::string& source_name,
                                 const contract::CsvOptions& options);

/// How a known schema is met by a file that is not the one it was guessed from.
struct KnownSchemaOptions {
  std::optional<char> delimiter;      // none: detected
  std::vector<std::string> optional;  // columns of the schema that may be absent: then absent from the table
  std::vector<std::string> unread;    // text columns that nobody will look at: not parsed, all missing
  bool allow_extra = false;  // unknown columns are dropped; otherwise an error names the nearest known name
  bool allow_header_only = false;  // a table of zero rows instead of an error
  int thread_count = 0;
};

/// Reads a CSV whose columns are known: matched by name in any order, decoded with the kinds and missing
/// tokens of `schema` (decode_cell's rules, `exact` false), never guessed. The table's columns stand in the
/// schema's order. Errors: as read_csv; and a missing column, an unknown one (near names), a cell of the
/// wrong type, a missing value in a column that is not nullable.
base::Result<CsvTable> read_csv_as(const std::filesystem::path& path, const contract::Schema& schema,
                                   const KnownSchemaOptions& options,
                                   base::Progress& progress = base::no_progress());
base::Result<CsvTable> parse_csv_as(std::string_view text, const std::string& source_name,
                                    const contract::Schema& schema, const KnownSchemaOptions& options);

}  // namespace archmlp::table

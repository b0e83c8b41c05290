#pragma once

#include <span>

#include "archmlp/base/result.h"
#include "archmlp/table/csv_columns.h"
#include "archmlp/table/csv_file.h"

namespace archmlp::table {

struct CsvWorkspace;

/// Parses chunks of one file.
class CsvChunkReader {
 public:
  /// `plans`: one a column of the file; must outlive what it reads.
  CsvChunkReader(const CsvFile& file, const std::vector<ColumnPlan>& plans) : file_(file), plans_(plans) {}

  /// Parses `piece`, which begins and ends where records do, into workspace.columns. `endless`: its last
  /// record is not all there, which is an error behind all others. Errors: that of the first row, and in it
  /// the first column, that has one.
  base::Status read(const CsvPiece& piece, bool endless, CsvWorkspace& workspace) const;

 private:
  /// What there is to say of a run of records.
  struct Records {
    const CsvBlock& block;
    const char* end;           // of the last
    const char* invalid_utf8;  // the first place in the piece, or null
  };
  base::Status read_records(const CsvPiece& piece, const Records& records, CsvWorkspace& workspace) const;
  std::size_t column_at(const CsvBlock& block, std::size_t row, const char* position) const;

  const CsvFile& file_;
  const std::vector<ColumnPlan>& plans_;
};

}  // namespace archmlp::table

#pragma once

#include <string>
#include <string_view>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/table/csv_input.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/csv_rows.h"

namespace archmlp::table {

/// Reads all of a CSV into one table. csv_reader.h is the way in; the chunk size is here for tests.
struct CsvParsing {
  std::size_t chunk_size = kCsvChunkSize;
  base::Progress* progress = &base::no_progress();
};

base::Result<CsvTable> parse_guessing_kinds(CsvInput input, const contract::CsvOptions& options,
                                            const CsvParsing& parsing = {});
base::Result<CsvTable> parse_with_schema(CsvInput input, const contract::Schema& schema,
                                         const KnownSchemaOptions& options, const CsvParsing& parsing = {});

}  // namespace archmlp::table

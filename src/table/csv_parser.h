#pragma once

#include <string>
#include <string_view>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/table/csv_reader.h"

namespace archmlp::table {

/// What both ways of reading share. csv_reader.h is the way in; the chunk size is here for tests.
struct CsvSource {
  std::string_view bytes;  // as they lie on disk
  std::string name;        // for errors
  std::size_t chunk_size = std::size_t{2} << 20U;
  base::Progress* progress = &base::no_progress();
};

base::Result<CsvTable> parse_guessing_kinds(const CsvSource& source, const contract::CsvOptions& options);
base::Result<CsvTable> parse_with_schema(const CsvSource& source, const contract::Schema& schema,
                                         const KnownSchemaOptions& options);

}  // namespace archmlp::table

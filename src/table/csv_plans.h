#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/csv_options.h"
#include "archmlp/table/csv_columns.h"
#include "archmlp/table/csv_file.h"
#include "archmlp/table/csv_reader.h"

namespace archmlp::table {

/// What is wanted of one CSV, or of several with the same columns.
struct CsvPlans {
  contract::Schema schema;                       // kinds and nullable as given, or still to be found out
  std::vector<std::vector<ColumnPlan>> columns;  // [file][column of the file]
  /// [file][column of the file]: the column of `schema`; none: dropped.
  std::vector<std::vector<std::optional<std::size_t>>> schema_index;
};

/// Kinds are guessed unless `options` gives them. Errors: an option names an unknown column; files differ in
/// their columns; one has no rows.
base::Result<CsvPlans> plan_guessing_kinds(std::span<const std::unique_ptr<CsvFile>> files,
                                           const contract::CsvOptions& options);
/// `schema` of the result: the columns of `schema` that the file has. Errors: an unknown or a missing column;
/// no rows.
base::Result<CsvPlans> plan_with_schema(const CsvFile& file, const contract::Schema& schema,
                                        const KnownSchemaOptions& options);

}  // namespace archmlp::table

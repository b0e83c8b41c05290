#include "archmlp/table/csv_reader.h"

#include "archmlp/base/try.h"
#include "archmlp/table/csv_parser.h"

namespace archmlp::table {

base::Result<CsvTable> read_csv(const std::filesystem::path& path, const contract::CsvOptions& options,
                                base::Progress& progress) {
  return parse_guessing_kinds(TRY(CsvInput::open(path)), options, {.progress = &progress});
}

base::Result<CsvTable> parse_csv(std::string_view text, const std::string& source_name,
                                 const contract::CsvOptions& options) {
  return parse_guessing_kinds(TRY(CsvInput::of_memory(text, source_name)), options);
}

base::Result<CsvTable> read_csv_as(const std::filesystem::path& path, const contract::Schema& schema,
                                   const KnownSchemaOptions& options, base::Progress& progress) {
  return parse_with_schema(TRY(CsvInput::open(path)), schema, options, {.progress = &progress});
}

base::Result<CsvTable> parse_csv_as(std::string_view text, const std::string& source_name,
                                    const contract::Schema& schema, const KnownSchemaOptions& options) {
  return parse_with_schema(TRY(CsvInput::of_memory(text, source_name)), schema, options);
}

}  // namespace archmlp::table

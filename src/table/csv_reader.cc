#include "archmlp/table/csv_reader.h"

#include "archmlp/base/file.h"
#include "archmlp/base/try.h"
#include "archmlp/table/csv_parser.h"

namespace archmlp::table {
namespace {

/// Calls `parse` with the bytes of a file, or of standard input.
template <typename Parse>
base::Result<CsvTable> with_bytes_of(const std::filesystem::path& path, base::Progress& progress,
                                     const Parse& parse) {
  if (path == "-") {
    const std::string text = TRY(base::read_text(path));
    return parse(CsvSource{.bytes = text, .name = "standard input", .progress = &progress});
  }
  const base::MappedFile file = TRY(base::MappedFile::open(path));
  return parse(CsvSource{.bytes = file.text(), .name = path.string(), .progress = &progress});
}

}  // namespace

base::Result<CsvTable> read_csv(const std::filesystem::path& path, const contract::CsvOptions& options,
                                base::Progress& progress) {
  return with_bytes_of(path, progress,
                       [&](const CsvSource& source) { return parse_guessing_kinds(source, options); });
}

base::Result<CsvTable> parse_csv(std::string_view text, const std::string& source_name,
                                 const contract::CsvOptions& options) {
  return parse_guessing_kinds({.bytes = text, .name = source_name}, options);
}

base::Result<CsvTable> read_csv_as(const std::filesystem::path& path, const contract::Schema& schema,
                                   const KnownSchemaOptions& options, base::Progress& progress) {
  return with_bytes_of(path, progress,
                       [&](const CsvSource& source) { return parse_with_schema(source, schema, options); });
}

base::Result<CsvTable> parse_csv_as(std::string_view text, const std::string& source_name,
                                    const contract::Schema& schema, const KnownSchemaOptions& options) {
  return parse_with_schema({.bytes = text, .name = source_name}, schema, options);
}

}  // namespace archmlp::table

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "archmlp/table/csv_parser.h"
#include "archmlp/table/csv_writer.h"

namespace {

namespace table = archmlp::table;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Whatever is accepted must come out the same however it is cut, and again after writing and reading.
void check(std::string_view text) {
  const archmlp::contract::CsvOptions options{.thread_count = 1};
  const auto whole = table::parse_guessing_kinds({.bytes = text, .name = "fuzz"}, options);
  const auto cut = table::parse_guessing_kinds({.bytes = text, .name = "fuzz", .chunk_size = 5}, options);
  require(whole.ok() == cut.ok());
  if (!whole.ok()) {
    require(to_string(whole.error()) == to_string(cut.error()));
    return;
  }
  require(whole->schema == cut->schema);
  const std::string written = table::to_csv(whole->table);
  require(written == table::to_csv(cut->table));
  const auto again = table::parse_guessing_kinds({.bytes = written, .name = "written"}, options);
  require(again.ok());
  require(table::to_csv(again->table) == written);
  table::KnownSchemaOptions known;
  known.thread_count = 1;
  require(table::parse_with_schema({.bytes = text, .name = "fuzz"}, whole->schema, known).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  check({reinterpret_cast<const char*>(data), size});
  return 0;
}

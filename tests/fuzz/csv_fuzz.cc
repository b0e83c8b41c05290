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

archmlp::base::Result<table::CsvTable> parse(std::string_view text, const table::CsvParsing& parsing) {
  auto input = table::CsvInput::of_memory(text, "fuzz");
  if (!input.ok()) return std::move(input).error();
  return table::parse_guessing_kinds(*std::move(input), {.thread_count = 1}, parsing);
}

/// Whatever is accepted must come out the same however it is cut, and again after writing and reading.
void check(std::string_view text) {
  const auto whole = parse(text, {});
  const auto cut = parse(text, {.chunk_size = 5});
  require(whole.ok() == cut.ok());
  if (!whole.ok()) {
    require(to_string(whole.error()) == to_string(cut.error()));
    return;
  }
  require(whole->schema == cut->schema);
  const std::string written = table::to_csv(whole->table);
  require(written == table::to_csv(cut->table));
  const auto again = parse(written, {});
  require(again.ok());
  require(table::to_csv(again->table) == written);
  table::KnownSchemaOptions known;
  known.thread_count = 1;
  require(table::parse_csv_as(text, "fuzz", whole->schema, known).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  check({reinterpret_cast<const char*>(data), size});
  return 0;
}

// bench_csv table|blocks|write FILE THREADS [COLUMNS_FOLDER]
//
// Reads a CSV once, into one table or into the blocks that the preprocess stage gets, and prints one JSON
// object:
//   read_seconds, read_cpu_seconds (of all threads), rows, columns: [{name, kind, missing, sum}]
// `sum` is the sum of a column's numbers, or of the lengths of its texts, for comparing with what others
// read. With COLUMNS_FOLDER, every real column is also written there as raw doubles, NAME.f64.
// `write`: reads a table and writes it as CSV to nowhere; write_seconds, written_bytes instead of columns.

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "archmlp/table/csv_blocks.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/csv_writer.h"

namespace {

using archmlp::contract::ColumnKind;
using archmlp::table::Column;
using archmlp::table::Table;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double sum_of(const Column& column) {
  double sum = 0.0;
  if (column.kind() == ColumnKind::kText) {
    for (const std::int32_t code : column.texts().codes) {
      if (code >= 0) sum += static_cast<double>(column.texts().levels[static_cast<std::size_t>(code)].size());
    }
    return sum;
  }
  std::vector<double> values(column.row_count());
  archmlp::table::copy_as_doubles(column, values);
  for (const double value : values) sum += std::isnan(value) ? 0.0 : value;
  return sum;
}

[[noreturn]] void fail(const archmlp::base::Error& error) {
  std::cerr << archmlp::base::to_string(error) << '\n';
  std::exit(1);
}

template <typename T>
T value_of(archmlp::base::Result<T> result) {
  if (!result.ok()) fail(result.error());
  return std::move(result).value();
}

/// One table, with the levels of all rows.
std::vector<Table> read_table(const char* path, int threads) {
  std::vector<Table> tables;
  tables.push_back(std::move(value_of(archmlp::table::read_csv(path, {.thread_count = threads})).table));
  return tables;
}

/// All blocks, as the preprocess stage gets them: the levels are those of each block.
std::vector<Table> read_blocks(const char* path, int threads) {
  auto blocks = value_of(archmlp::table::CsvBlocks::open({path}, {.thread_count = threads}));
  std::vector<Table> tables(blocks.block_count());
  const auto keep = [&](std::size_t block, Table rows) -> archmlp::base::Status {
    tables[block] = std::move(rows);
    return {};
  };
  while (!value_of(blocks.read(keep))) {
  }
  std::erase_if(tables, [](const Table& table) { return table.row_count() == 0; });
  return tables;
}

nlohmann::ordered_json describe(const std::vector<Table>& tables, const char* folder) {
  auto columns = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < tables[0].columns().size(); ++i) {
    const Column& first = tables[0].column(i);
    std::size_t missing = 0;
    double sum = 0.0;
    std::ofstream file;
    if (folder != nullptr && first.kind() == ColumnKind::kReal)
      file.open(std::filesystem::path(folder) / (first.name() + ".f64"), std::ios::binary);
    for (const Table& table : tables) {
      const Column& column = table.column(i);
      missing += column.missing_count();
      sum += sum_of(column);
      if (!file.is_open()) continue;
      file.write(reinterpret_cast<const char*>(column.reals().values.data()),
                 static_cast<std::streamsize>(column.row_count() * sizeof(double)));
    }
    columns.push_back({{"name", first.name()},
                       {"kind", archmlp::contract::to_string(first.kind())},
                       {"missing", missing},
                       {"sum", sum}});
  }
  return columns;
}

void write_to_nowhere(const Table& table, int threads, nlohmann::ordered_json& answer) {
  std::size_t written = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto count = [&](std::string_view bytes) -> archmlp::base::Status {
    written += bytes.size();
    return {};
  };
  const auto status = archmlp::table::write_csv(table, count, threads);
  if (!status.ok()) fail(status.error());
  answer["write_seconds"] = seconds_since(start);
  answer["written_bytes"] = written;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc < 4 ? "" : argv[1];
  if (argc > 5 || (what != "table" && what != "blocks" && what != "write")) {
    std::cerr << "usage: bench_csv table|blocks|write FILE THREADS [COLUMNS_FOLDER]\n";
    return 2;
  }
  const int threads = std::atoi(argv[3]);
  const double cpu_start = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Table> tables =
      what == "blocks" ? read_blocks(argv[2], threads) : read_table(argv[2], threads);
  nlohmann::ordered_json answer = {{"read_seconds", seconds_since(start)},
                                   {"read_cpu_seconds", cpu_seconds() - cpu_start}};
  std::size_t rows = 0;
  for (const Table& table : tables) rows += table.row_count();
  answer["rows"] = rows;
  if (what == "write") {
    write_to_nowhere(tables[0], threads, answer);
  } else {
    answer["columns"] = describe(tables, argc == 5 ? argv[4] : nullptr);
  }
  std::cout << answer.dump() << '\n';
}

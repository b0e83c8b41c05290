// bench_csv FILE THREADS [COLUMNS_FOLDER]
//
// Reads a CSV once, writes it once to nowhere, and prints one JSON object:
//   read_seconds, read_cpu_seconds (of all threads), write_seconds, rows, written_bytes, columns: [{name,
//   kind, missing, sum}]
// `sum` is the sum of a column's numbers, or of the lengths of its texts, for comparing with what others
// read. With COLUMNS_FOLDER, every real column is also written there as raw doubles, NAME.f64.

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "archmlp/table/csv_reader.h"
#include "archmlp/table/csv_writer.h"

namespace {

using archmlp::contract::ColumnKind;
using archmlp::table::Column;

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

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::cerr << "usage: bench_csv FILE THREADS [COLUMNS_FOLDER]\n";
    return 2;
  }
  const int threads = std::atoi(argv[2]);
  const double cpu_start = cpu_seconds();
  const auto read_start = std::chrono::steady_clock::now();
  auto csv = archmlp::table::read_csv(argv[1], {.thread_count = threads});
  const double read_seconds = seconds_since(read_start);
  const double read_cpu_seconds = cpu_seconds() - cpu_start;
  if (!csv.ok()) fail(csv.error());

  std::size_t written = 0;
  const auto write_start = std::chrono::steady_clock::now();
  const auto count = [&](std::string_view bytes) -> archmlp::base::Status {
    written += bytes.size();
    return {};
  };
  const auto status = archmlp::table::write_csv(csv->table, count, threads);
  const double write_seconds = seconds_since(write_start);
  if (!status.ok()) fail(status.error());

  nlohmann::ordered_json answer = {
      {"read_seconds", read_seconds},   {"read_cpu_seconds", read_cpu_seconds},
      {"write_seconds", write_seconds}, {"rows", csv->table.row_count()},
      {"written_bytes", written},       {"columns", nlohmann::ordered_json::array()}};
  for (const Column& column : csv->table.columns()) {
    answer["columns"].push_back({{"name", column.name()},
                                 {"kind", archmlp::contract::to_string(column.kind())},
                                 {"missing", column.missing_count()},
                                 {"sum", sum_of(column)}});
    if (argc == 4 && column.kind() == ColumnKind::kReal) {
      std::ofstream file(std::filesystem::path(argv[3]) / (column.name() + ".f64"), std::ios::binary);
      file.write(reinterpret_cast<const char*>(column.reals().values.data()),
                 static_cast<std::streamsize>(column.row_count() * sizeof(double)));
    }
  }
  std::cout << answer.dump() << '\n';
}

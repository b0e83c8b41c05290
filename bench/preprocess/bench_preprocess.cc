// What a server does between decoding a record and asking the model: the fitted steps of examples/fraud.yaml
// applied to one decoded record after the other, and to the same rows as a table.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "archmlp/base/atomic_output.h"
#include "archmlp/datasets/paysim.h"
#include "archmlp/preprocess/preprocess_stage.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/table_row.h"
#include "archmlp/test_support/counting_new.h"
#include "archmlp/transform/contract_check.h"

namespace {

namespace fs = std::filesystem;
using namespace archmlp;

template <typename T>
T must(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::cerr << base::to_string(result.error()) << '\n';
  std::exit(1);
}
void must(const base::Status& status) {
  if (status.ok()) return;
  std::cerr << base::to_string(status.error()) << '\n';
  std::exit(1);
}

/// The example's fitted steps, and rows for them.
struct Fraud {
  std::optional<transform::Plan> plan;
  table::Table rows;
  std::vector<table::Record> records;

  Fraud() {
    const fs::path folder = fs::temp_directory_path() / ("archmlp_bench_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const fs::path data = folder / "paysim.csv";
    base::AtomicFile file = must(base::AtomicFile::create(data));
    must(datasets::generate_paysim({.rows = 50'000},
                                   [&](std::string_view bytes) { return file.write(bytes); }));
    must(file.commit());
    preprocess::PreprocessOptions options;
    options.recipe = must(contract::read_recipe(fs::path(ARCHMLP_SOURCE_DIR) / "examples/fraud.yaml"));
    options.data = {data};
    options.out = folder / "prepared";
    const preprocess::PreprocessReport report = must(preprocess::run_preprocess_stage(options));
    plan = must(transform::check_contract(report.contract));
    rows = must(table::read_csv_as(data, plan->input(), {.allow_extra = true})).table;
    fs::remove_all(folder);
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
      table::Record record;
      for (const table::Column& column : rows.columns()) record.push_back(cell_at(column, row));
      records.push_back(std::move(record));
    }
  }
};

const Fraud& fraud() {
  static const Fraud loaded;
  return loaded;
}

/// Records that the recipe's filter keeps: refusing one writes a message.
std::vector<table::Record> kept_records() {
  std::vector<table::Record> kept;
  transform::RecordScratch scratch;
  table::Record record;
  for (const table::Record& one : fraud().records) {
    record = one;
    if (fraud().plan->apply(record, scratch).ok()) kept.push_back(one);
  }
  return kept;
}

void apply_to_records(benchmark::State& state) {
  const std::vector<table::Record> records = kept_records();
  transform::RecordScratch scratch;
  table::Record record;
  std::size_t next = 0;
  const auto apply_next = [&] {
    const table::Record& raw = records[next];
    record.assign(raw.begin(), raw.end());
    must(fraud().plan->apply(record, scratch));
    next = next + 1 == records.size() ? 0 : next + 1;
    benchmark::DoNotOptimize(record.data());
  };
  for (std::size_t warm_up = 0; warm_up < records.size(); ++warm_up) apply_next();
  const std::size_t before = test_support::allocation_count();
  std::size_t count = 0;
  for (auto _ : state) {
    apply_next();
    ++count;
  }
  const std::size_t after = test_support::allocation_count();
  state.SetItemsProcessed(static_cast<std::int64_t>(count));
  state.counters["allocations"] = static_cast<double>(after - before);
}
BENCHMARK(apply_to_records);

void apply_to_a_table(benchmark::State& state) {
  for (auto _ : state) {
    transform::BatchNotes notes;
    benchmark::DoNotOptimize(must(fraud().plan->apply(fraud().rows, notes)).row_count());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(fraud().rows.row_count()));
}
BENCHMARK(apply_to_a_table)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

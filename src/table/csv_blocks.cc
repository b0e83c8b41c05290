#include "archmlp/table/csv_blocks.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <mutex>

#include "archmlp/base/try.h"
#include "archmlp/table/csv_plans.h"
#include "archmlp/table/csv_rows.h"

namespace archmlp::table {

using contract::ColumnKind;

class CsvBlocks::State {
 public:
  /// `guessed`: kinds that are not given are to be found out.
  State(std::unique_ptr<CsvRows> rows, CsvPlans plans, bool guessed)
      : rows_(std::move(rows)), plans_(std::move(plans)), guessed_(guessed) {
    set_expected();
  }

  base::Result<bool> read(const Take& take);

  const contract::Schema& schema() const noexcept { return plans_.schema; }
  const CsvRows& rows() const noexcept { return *rows_; }
  const std::vector<std::uint64_t>& rows_before() const noexcept { return rows_before_; }
  const std::vector<std::string>& sha256() const noexcept { return sha256_; }

 private:
  /// Of one column of the schema, in all files.
  struct Seen {
    SeenForms forms;
    bool any_missing = false;
  };

  void set_expected();
  base::Status take_chunk(std::size_t chunk, CsvWorkspace& workspace, const Take& take);
  base::Result<Table> table_of(std::size_t file, CsvWorkspace& workspace, std::size_t row_count) const;
  bool is_contradicted(std::size_t file, const CsvWorkspace& workspace) const;
  /// Whether all cells have the kinds of the schema, which they get otherwise.
  bool settle();

  std::unique_ptr<CsvRows> rows_;
  CsvPlans plans_;
  bool guessed_;
  std::vector<std::uint64_t> rows_before_;
  std::vector<std::string> sha256_;

  // While read() runs.
  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::vector<std::size_t> row_counts_;
  std::atomic<bool> contradicted_ = false;
};

/// Every file's columns are read as those of the schema.
void CsvBlocks::State::set_expected() {
  for (std::size_t file = 0; file < plans_.columns.size(); ++file) {
    for (std::size_t column = 0; column < plans_.columns[file].size(); ++column) {
      ColumnPlan& plan = plans_.columns[file][column];
      if (plan.skipped || plan.given) continue;
      plan.expected = plans_.schema.columns[*plans_.schema_index[file][column]].kind;
    }
  }
}

base::Result<bool> CsvBlocks::State::read(const Take& take) {
  seen_.assign(plans_.schema.columns.size(), {});
  row_counts_.assign(rows_->chunk_count(), 0);
  contradicted_ = false;
  TRY(rows_->read(0, rows_->chunk_count(), plans_.columns, [&](std::size_t chunk, CsvWorkspace& workspace) {
    return take_chunk(chunk, workspace, take);
  }));
  sha256_ = TRY(rows_->sha256());
  rows_before_.assign(1, 0);
  for (const std::size_t count : row_counts_) rows_before_.push_back(rows_before_.back() + count);
  return !guessed_ || settle();
}

base::Status CsvBlocks::State::take_chunk(std::size_t chunk, CsvWorkspace& workspace, const Take& take) {
  const std::size_t file = rows_->file_of(chunk);
  const std::size_t row_count = workspace.columns[0].row_count();
  row_counts_[chunk] = row_count;
  {
    const std::scoped_lock lock(mutex_);
    for (std::size_t column = 0; column < workspace.columns.size(); ++column) {
      const auto index = plans_.schema_index[file][column];
      if (!index || plans_.columns[file][column].skipped) continue;
      seen_[*index].forms.add(workspace.columns[column].seen());
      seen_[*index].any_missing = seen_[*index].any_missing || workspace.columns[column].any_missing();
    }
  }
  if (contradicted_ || row_count == 0) return {};
  if (is_contradicted(file, workspace)) {
    contradicted_ = true;
    return {};
  }
  return take(chunk, TRY(table_of(file, workspace, row_count)));
}

/// Whether the chunk alone shows that a guess was wrong. What only all chunks show, settle() finds.
bool CsvBlocks::State::is_contradicted(std::size_t file, const CsvWorkspace& workspace) const {
  for (std::size_t column = 0; column < workspace.columns.size(); ++column) {
    const ColumnPlan& plan = plans_.columns[file][column];
    if (plan.skipped || plan.given) continue;
    if (!workspace.columns[column].holds(*plan.expected)) return true;
  }
  return false;
}

base::Result<Table> CsvBlocks::State::table_of(std::size_t file, CsvWorkspace& workspace,
                                               std::size_t row_count) const {
  const contract::Schema& schema = plans_.schema;
  if (schema.columns.empty()) return Table::without_columns(row_count);
  std::vector<std::shared_ptr<const Cells>> cells(schema.columns.size());
  std::shared_ptr<const Cells> nothing;
  for (std::size_t column = 0; column < workspace.columns.size(); ++column) {
    const auto index = plans_.schema_index[file][column];
    if (!index) continue;
    if (!plans_.columns[file][column].skipped) {
      cells[*index] =
          std::make_shared<const Cells>(workspace.columns[column].take(schema.columns[*index].kind));
      continue;
    }
    if (!nothing) {
      nothing = std::make_shared<const Cells>(TextCells{std::vector<std::int32_t>(row_count, -1), {}});
    }
    cells[*index] = nothing;
  }
  std::vector<Column> columns;
  columns.reserve(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i)
    columns.emplace_back(schema.columns[i].name, std::move(cells[i]));
  return Table::from_columns(std::move(columns));
}

bool CsvBlocks::State::settle() {
  bool as_expected = true;
  for (std::size_t file_column = 0; file_column < plans_.columns[0].size(); ++file_column) {
    const ColumnPlan& plan = plans_.columns[0][file_column];
    if (plan.skipped || plan.given) continue;
    const std::size_t index = *plans_.schema_index[0][file_column];
    const ColumnKind kind = seen_[index].forms.kind();
    as_expected = as_expected && plans_.schema.columns[index].kind == kind;
    plans_.schema.columns[index].kind = kind;
  }
  if (!as_expected) {
    set_expected();
    return false;
  }
  assert(!contradicted_);
  for (std::size_t file_column = 0; file_column < plans_.columns[0].size(); ++file_column) {
    if (plans_.columns[0][file_column].skipped) continue;
    const std::size_t index = *plans_.schema_index[0][file_column];
    plans_.schema.columns[index].nullable = seen_[index].any_missing;
  }
  return true;
}

namespace {

base::Result<std::unique_ptr<CsvRows>> open_rows(std::vector<CsvInput> inputs, CsvPlans& plans,
                                                 const contract::CsvOptions& options, std::size_t chunk_size,
                                                 base::Progress& progress) {
  std::vector<std::unique_ptr<CsvFile>> files;
  files.reserve(inputs.size());
  for (CsvInput& input : inputs)
    files.push_back(TRY(CsvFile::open(std::move(input), options.delimiter, options.header)));
  plans = TRY(plan_guessing_kinds(files, options));
  auto rows = std::make_unique<CsvRows>(std::move(files), chunk_size, options.thread_count, progress);
  TRY(rows->expect_kinds(plans.columns[0]));
  for (std::size_t column = 0; column < plans.columns[0].size(); ++column) {
    const auto expected = plans.columns[0][column].expected;
    if (expected) plans.schema.columns[column].kind = *expected;
  }
  for (std::size_t file = 1; file < rows->file_count(); ++file) {
    for (const auto index : plans.schema_index[file]) plans.columns[file].push_back(plans.columns[0][*index]);
  }
  return rows;
}

}  // namespace

CsvBlocks::CsvBlocks(std::unique_ptr<State> state) : state_(std::move(state)) {}
CsvBlocks::CsvBlocks(CsvBlocks&&) noexcept = default;
CsvBlocks& CsvBlocks::operator=(CsvBlocks&&) noexcept = default;
CsvBlocks::~CsvBlocks() = default;

base::Result<CsvBlocks> CsvBlocks::open(const std::vector<std::filesystem::path>& files,
                                        const contract::CsvOptions& options, base::Progress& progress) {
  assert(!files.empty());
  std::vector<CsvInput> inputs;
  inputs.reserve(files.size());
  for (const std::filesystem::path& file : files) inputs.push_back(TRY(CsvInput::open(file)));
  CsvPlans plans;
  auto rows = TRY(open_rows(std::move(inputs), plans, options, kCsvChunkSize, progress));
  return CsvBlocks(std::make_unique<State>(std::move(rows), std::move(plans), true));
}

base::Result<CsvBlocks> CsvBlocks::open_texts(const std::vector<std::string_view>& texts,
                                              const contract::CsvOptions& options, std::size_t chunk_size) {
  std::vector<CsvInput> inputs;
  inputs.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i)
    inputs.push_back(TRY(CsvInput::of_memory(texts[i], std::to_string(i))));
  CsvPlans plans;
  auto rows = TRY(open_rows(std::move(inputs), plans, options, chunk_size, base::no_progress()));
  return CsvBlocks(std::make_unique<State>(std::move(rows), std::move(plans), true));
}

base::Result<CsvBlocks> CsvBlocks::open_as(const std::filesystem::path& file, const contract::Schema& schema,
                                           const KnownSchemaOptions& options, base::Progress& progress) {
  std::vector<std::unique_ptr<CsvFile>> files;
  CsvInput input = TRY(CsvInput::open(file));
  files.push_back(TRY(CsvFile::open(std::move(input), options.delimiter, true)));
  CsvPlans plans = TRY(plan_with_schema(*files[0], schema, options));
  auto rows = std::make_unique<CsvRows>(std::move(files), kCsvChunkSize, options.thread_count, progress);
  return CsvBlocks(std::make_unique<State>(std::move(rows), std::move(plans), false));
}

const contract::Schema& CsvBlocks::schema() const noexcept { return state_->schema(); }
char CsvBlocks::delimiter() const noexcept { return state_->rows().file(0).delimiter(); }
std::size_t CsvBlocks::block_count() const noexcept { return state_->rows().chunk_count(); }
base::Result<bool> CsvBlocks::read(const Take& take) { return state_->read(take); }
std::uint64_t CsvBlocks::row_count() const noexcept { return state_->rows_before().back(); }
std::uint64_t CsvBlocks::rows_before(std::size_t block) const noexcept {
  return state_->rows_before()[block];
}
const std::vector<std::string>& CsvBlocks::sha256() const noexcept { return state_->sha256(); }
std::size_t CsvBlocks::file_count() const noexcept { return state_->rows().file_count(); }

const std::string& CsvBlocks::file_name(std::size_t file) const noexcept {
  return state_->rows().file(file).input().name();
}

CsvBlocks::Place CsvBlocks::place_of(std::uint64_t row) const noexcept {
  const std::vector<std::uint64_t>& before = state_->rows_before();
  const auto behind = std::upper_bound(before.begin(), before.end(), row);
  const auto block = static_cast<std::size_t>(behind - before.begin()) - 1;
  const std::size_t file = state_->rows().file_of(block);
  std::size_t first = block;  // of the file
  while (first > 0 && state_->rows().file_of(first - 1) == file) --first;
  return {.file = file, .row = row - before[first]};
}

}  // namespace archmlp::table

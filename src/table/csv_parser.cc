#include "archmlp/table/csv_parser.h"

#include <algorithm>
#include <limits>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/table/csv_column_builder.h"
#include "archmlp/table/csv_plans.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;
using Kinds = std::vector<std::optional<ColumnKind>>;  // one a column of the file; none: not read

constexpr std::size_t kMaxRows = std::numeric_limits<std::uint32_t>::max();

std::vector<std::unique_ptr<CsvFile>> list_of(std::unique_ptr<CsvFile> file) {
  std::vector<std::unique_ptr<CsvFile>> files;
  files.push_back(std::move(file));
  return files;
}

/// Puts the chunks of one file together into whole columns.
class WholeColumns {
 public:
  WholeColumns(CsvRows& rows, std::vector<ColumnPlan> plans)
      : rows_(rows), plans_(std::move(plans)), columns_(plans_.size()) {}

  base::Status read();
  /// Reads the text again for columns whose cells were not kept as their kind.
  base::Status reread_for(const Kinds& kinds);
  /// Columns by their place in the file. Precondition: reread_for(kinds) was called.
  base::Result<std::vector<std::optional<Column>>> take(const Kinds& kinds);

  const ColumnBuilder& column(std::size_t index) const noexcept { return columns_[index]; }
  std::size_t row_count() const noexcept { return row_count_; }

 private:
  base::Status read_chunks(const std::vector<ColumnPlan>& plans);
  base::Status add(const std::vector<ColumnPlan>& plans, std::span<std::vector<ColumnChunk>> wave,
                   double share_read);

  CsvRows& rows_;
  std::vector<ColumnPlan> plans_;
  std::vector<ColumnBuilder> columns_;
  std::size_t row_count_ = 0;
};

base::Status WholeColumns::read() {
  TRY(read_chunks(plans_));
  if (row_count_ <= kMaxRows) return {};
  return rows_.file(0).errors().in_file({.code = base::ErrorCode::kResourceLimit,
                                         .message = "the file has " + base::with_thousands(row_count_) +
                                                    " rows; a table holds at most 4,294,967,295",
                                         .hint = "split the file"});
}

/// In waves, so that chunks are copied while they are in cache and their memory is used again.
base::Status WholeColumns::read_chunks(const std::vector<ColumnPlan>& plans) {
  const std::size_t wave = std::max<std::size_t>(8, static_cast<std::size_t>(rows_.thread_count()) * 4);
  std::vector<std::vector<ColumnChunk>> chunks(std::min(wave, rows_.chunk_count()));
  const std::vector<std::vector<ColumnPlan>> plans_of_files = {plans};
  for (std::vector<ColumnChunk>& chunk : chunks) {
    for (const ColumnPlan& plan : plans) chunk.emplace_back(plan);
  }
  row_count_ = 0;
  for (std::size_t first = 0; first < rows_.chunk_count(); first += wave) {
    const std::size_t last = std::min(first + wave, rows_.chunk_count());
    TRY(rows_.read(first, last, plans_of_files,
                   [&](std::size_t chunk, CsvWorkspace& workspace) -> base::Status {
                     std::vector<ColumnChunk>& read = chunks[chunk - first];
                     std::swap(read, workspace.columns);
                     for (std::size_t column = 0; column < read.size(); ++column)
                       read[column].hand_index_to(workspace.columns[column]);
                     return {};
                   }));
    TRY(add(plans_of_files[0], std::span(chunks).first(last - first),
            static_cast<double>(last) / static_cast<double>(rows_.chunk_count())));
  }
  return {};
}

base::Status WholeColumns::add(const std::vector<ColumnPlan>& plans, std::span<std::vector<ColumnChunk>> wave,
                               double share_read) {
  for (const std::vector<ColumnChunk>& chunk : wave) row_count_ += chunk[0].row_count();
  const auto expected = static_cast<std::size_t>(static_cast<double>(row_count_) / share_read * 1.01) + 16;
  return base::parallel_for(plans.size(), rows_.thread_count(), [&](std::size_t column) -> base::Status {
    if (plans[column].skipped) return {};
    for (std::vector<ColumnChunk>& chunk : wave) columns_[column].add(chunk[column], expected);
    return {};
  });
}

base::Status WholeColumns::reread_for(const Kinds& kinds) {
  std::vector<ColumnPlan> plans = plans_;
  bool any_lost = false;
  for (std::size_t column = 0; column < kinds.size(); ++column) {
    const bool is_lost = kinds[column] && !columns_[column].holds(*kinds[column]);
    plans[column].skipped = !is_lost;
    plans[column].given = kinds[column];
    if (is_lost) columns_[column] = {};
    any_lost = any_lost || is_lost;
  }
  if (!any_lost) return {};
  return read_chunks(plans);
}

base::Result<std::vector<std::optional<Column>>> WholeColumns::take(const Kinds& kinds) {
  std::vector<std::optional<Column>> columns(kinds.size());
  std::vector<std::size_t> order;  // text first: only that is much work
  for (std::size_t column = 0; column < kinds.size(); ++column) {
    if (kinds[column]) order.push_back(column);
  }
  const auto is_text = [&](std::size_t column) { return *kinds[column] == ColumnKind::kText; };
  std::stable_partition(order.begin(), order.end(), is_text);
  const auto take = [&](std::size_t i) -> base::Status {
    TRY(base::check_cancelled());
    const std::size_t column = order[i];
    columns[column].emplace(plans_[column].name,
                            TRY(columns_[column].take(*kinds[column], rows_.thread_count())));
    return {};
  };
  TRY(base::parallel_for(order.size(), rows_.thread_count(), take));
  return columns;
}

/// Reads by `plans`, of one file; `guessed`: kinds that are not given are those of all cells.
base::Result<CsvTable> read_table(CsvRows& rows, CsvPlans plans, bool guessed) {
  const auto& schema_index = plans.schema_index[0];
  WholeColumns whole(rows, plans.columns[0]);
  TRY(whole.read());
  Kinds kinds(schema_index.size());
  for (std::size_t column = 0; column < kinds.size(); ++column) {
    const ColumnPlan& plan = plans.columns[0][column];
    if (plan.skipped) continue;
    contract::ColumnSchema& schema = plans.schema.columns[*schema_index[column]];
    if (!plan.given) schema.kind = whole.column(column).seen().kind();
    kinds[column] = schema.kind;
  }
  TRY(whole.reread_for(kinds));
  auto read = TRY(whole.take(kinds));
  std::vector<std::optional<std::size_t>> column_of(plans.schema.columns.size());
  for (std::size_t column = 0; column < kinds.size(); ++column) {
    if (schema_index[column]) column_of[*schema_index[column]] = column;
  }
  std::shared_ptr<const Cells> nothing;  // for all columns that were not read
  std::vector<Column> columns;
  for (std::size_t i = 0; i < column_of.size(); ++i) {
    if (auto& cells = read[*column_of[i]]) {
      if (guessed) plans.schema.columns[i].nullable = whole.column(*column_of[i]).any_missing();
      columns.push_back(*std::move(cells));
      continue;
    }
    if (!nothing) {
      nothing =
          std::make_shared<const Cells>(TextCells{std::vector<std::int32_t>(whole.row_count(), -1), {}});
    }
    columns.emplace_back(plans.schema.columns[i].name, nothing);
  }
  CsvTable result{.table = {},
                  .schema = std::move(plans.schema),
                  .delimiter = rows.file(0).delimiter(),
                  .sha256 = TRY(rows.sha256())[0]};
  result.table = columns.empty() ? Table::without_columns(whole.row_count())
                                 : TRY(Table::from_columns(std::move(columns)));
  return result;
}

}  // namespace

contract::ColumnSchema unread_column(const std::string& name) {
  return {.name = name, .kind = ColumnKind::kText, .nullable = true, .missing_values = {""}};
}

base::Result<CsvTable> parse_guessing_kinds(CsvInput input, const contract::CsvOptions& options,
                                            const CsvParsing& parsing) {
  auto files = list_of(TRY(CsvFile::open(std::move(input), options.delimiter, options.header)));
  CsvPlans plans = TRY(plan_guessing_kinds(files, options));
  CsvRows rows(std::move(files), parsing.chunk_size, options.thread_count, *parsing.progress);
  TRY(rows.expect_kinds(plans.columns[0]));
  return read_table(rows, std::move(plans), true);
}

base::Result<CsvTable> parse_with_schema(CsvInput input, const contract::Schema& schema,
                                         const KnownSchemaOptions& options, const CsvParsing& parsing) {
  auto files = list_of(TRY(CsvFile::open(std::move(input), options.delimiter, true)));
  CsvPlans plans = TRY(plan_with_schema(*files[0], schema, options));
  CsvRows rows(std::move(files), parsing.chunk_size, options.thread_count, *parsing.progress);
  return read_table(rows, std::move(plans), false);
}

}  // namespace archmlp::table

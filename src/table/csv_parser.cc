#include "archmlp/table/csv_parser.h"

#include <algorithm>
#include <limits>
#include <span>
#include <unordered_map>

#include "archmlp/base/cancel.h"
#include "archmlp/base/hash.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/table/csv_chunks.h"
#include "archmlp/table/csv_column_builder.h"
#include "archmlp/table/csv_dialect.h"
#include "archmlp/table/csv_errors.h"
#include "archmlp/table/csv_scanner.h"
#include "archmlp/table/decompress.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;

constexpr std::size_t kMaxRows = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kBlockFields =
    8192;  // split into fields, then read column by column while still in cache
constexpr std::size_t kMegabyte = std::size_t{1} << 20U;

std::size_t rows_of_a_block(std::size_t field_count) {
  return std::clamp<std::size_t>(kBlockFields / field_count, 1, 1024);
}

/// Room for the columns of one chunk, used for many.
struct Workspace {
  std::vector<ColumnChunk> columns;
};

class CsvParser {
 public:
  CsvParser(const CsvSource& source, int thread_count)
      : source_(source), thread_count_(base::resolve_thread_count(thread_count)), errors_(source.name, {}) {}

  /// Decompresses, finds the delimiter and reads the header.
  base::Status open(std::optional<char> delimiter, bool has_header);
  /// Reads all rows by `plans`, one a column of the file.
  base::Status read_rows(std::vector<ColumnPlan> plans);
  /// Reads the text again for columns whose cells were not kept as their kind. None: a column that is not
  /// read.
  base::Status reread_for(const std::vector<std::optional<ColumnKind>>& kinds);
  /// Precondition: reread_for(kinds) was called.
  base::Result<std::vector<Column>> take_columns(const std::vector<std::optional<ColumnKind>>& kinds);

  const std::vector<std::string>& names() const noexcept { return names_; }
  const CsvErrors& errors() const noexcept { return errors_; }
  const char* header_position() const noexcept { return body_.data(); }
  bool has_rows() const noexcept { return !rows_.empty(); }
  char delimiter() const noexcept { return delimiter_; }
  SeenForms seen(std::size_t column) const;
  bool any_missing(std::size_t column) const;
  std::size_t row_count() const noexcept { return row_count_; }
  std::string take_sha256();

 private:
  base::Status decompress_and_hash(Compression compression);
  base::Status read_header();
  base::Status number_columns();
  base::Status check_names() const;
  void cut_into_chunks();
  void sample(std::vector<ColumnPlan>& plans) const;
  base::Status read_chunks(const std::vector<ColumnPlan>& plans);
  base::Status read_chunk(std::string_view chunk, const std::vector<ColumnPlan>& plans,
                          Workspace& workspace) const;
  base::Status add_to_columns(const std::vector<ColumnPlan>& plans, std::span<Workspace> wave,
                              std::size_t done_bytes);
  base::Status read_block(Workspace& workspace, const CsvBlock& block, const char* block_end,
                          const char* invalid_utf8) const;
  std::size_t column_at(const CsvBlock& block, std::size_t row, const char* position) const;

  CsvSource source_;
  int thread_count_;
  CsvErrors errors_;
  std::string decompressed_;
  base::Sha256 sha256_;
  std::size_t hashed_ = 0;  // bytes of source_.bytes
  std::string_view body_;
  std::string_view rows_;  // of body_: behind the header
  char delimiter_ = ',';
  std::vector<std::string> names_;
  std::vector<ColumnPlan> plans_;
  std::vector<std::string_view> chunks_;
  std::vector<ColumnBuilder> columns_;
  std::size_t row_count_ = 0;
};

base::Status CsvParser::open(std::optional<char> delimiter, bool has_header) {
  if (delimiter) TRY(check_delimiter(*delimiter));
  const Compression compression = compression_of(source_.bytes);
  std::string_view text = source_.bytes;
  if (compression != Compression::kNone) {
    TRY(decompress_and_hash(compression));
    text = decompressed_;
  }
  errors_ = CsvErrors(source_.name, text);
  auto body = csv_body(text);
  if (!body.ok()) return errors_.in_file(std::move(body).error());
  body_ = *body;
  delimiter_ = delimiter ? *delimiter : detect_delimiter(body_);
  return has_header ? read_header() : number_columns();
}

base::Status CsvParser::decompress_and_hash(Compression compression) {
  return base::parallel_for(2, thread_count_, [&](std::size_t task) -> base::Status {
    if (task == 0) {
      auto text = decompress(source_.bytes, compression);
      if (!text.ok()) return errors_.in_file(std::move(text).error());
      decompressed_ = std::move(text).value();
    } else {
      sha256_.update(source_.bytes);
      hashed_ = source_.bytes.size();
    }
    return {};
  });
}

base::Status CsvParser::read_header() {
  CsvScanner scanner(body_, delimiter_, 0);
  CsvBlock block;
  if (const auto fault = scanner.next(1, block)) return errors_.of(*fault, 0, delimiter_, {});
  std::string scratch;
  for (std::size_t column = 0; column < block.fields.size(); ++column) {
    const std::string_view name = text_of(block.fields[column], scratch);
    if (base::find_invalid_utf8(name)) return errors_.invalid_utf8(body_.data(), name, column, {});
    if (name.find('\0') != std::string_view::npos) {
      return errors_.at(body_.data(), {.message = "the header holds a NUL byte: the file is not UTF-8 text",
                                       .hint = "save it as UTF-8 CSV"});
    }
    names_.emplace_back(name);
  }
  rows_ = body_.substr(static_cast<std::size_t>(scanner.position() - body_.data()));
  return check_names();
}

base::Status CsvParser::number_columns() {
  CsvScanner scanner(body_, delimiter_, 0);
  CsvBlock block;
  if (const auto fault = scanner.next(1, block)) return errors_.of(*fault, 0, delimiter_, {});
  for (std::size_t column = 0; column < block.fields.size(); ++column)
    names_.push_back("c" + std::to_string(column));
  rows_ = body_;
  return {};
}

base::Status CsvParser::check_names() const {
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t column = 0; column < names_.size(); ++column) {
    const std::string& name = names_[column];
    if (name.empty()) {
      return errors_.at(body_.data(), {.message = "column " + std::to_string(column + 1) + " has no name",
                                       .hint = names_.size() == 1 ? "start the file with its header"
                                                                  : "name it in the header, or remove it"});
    }
    const auto [other, fresh] = seen.emplace(name, column);
    if (!fresh) {
      return errors_.at(body_.data(),
                        {.message = "column name " + base::quoted(name) + " occurs twice: columns " +
                                    std::to_string(other->second + 1) + " and " + std::to_string(column + 1),
                         .hint = "rename one of them in the header"});
    }
  }
  return {};
}

void CsvParser::cut_into_chunks() {
  // A chunk of a very wide file should still hold enough rows to pay for its columns.
  constexpr std::size_t kBytesAColumn = 4096;
  const std::size_t smallest = source_.chunk_size < kMegabyte ? 1 : names_.size() * kBytesAColumn;
  const std::size_t size = std::max({source_.chunk_size, smallest, std::size_t{1}});
  const std::vector<std::size_t> starts = find_chunk_starts(rows_, delimiter_, size, thread_count_);
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    chunks_.push_back(rows_.substr(starts[i], starts[i + 1] - starts[i]));
  }
}

/// Looks at rows spread over the file, so that most columns are read in their final form at once. Only a
/// matter of speed: what the sample misses, widening finds.
void CsvParser::sample(std::vector<ColumnPlan>& plans) const {
  constexpr std::size_t kSampledChunks = 16;
  constexpr std::size_t kSampledRows = 64;
  const std::size_t step = std::max<std::size_t>(1, chunks_.size() / kSampledChunks);
  CsvBlock block;
  std::vector<ColumnPlan> fresh = plans;
  for (std::size_t i = 0; i < chunks_.size(); i += step) {
    CsvScanner scanner(chunks_[i], delimiter_, names_.size());
    static_cast<void>(scanner.next(kSampledRows, block));  // faults are found again when the chunk is read
    if (block.row_count() == 0) continue;
    for (std::size_t column = 0; column < plans.size(); ++column) {
      if (plans[column].given || plans[column].skipped) continue;
      ColumnChunk cells(fresh[column]);
      static_cast<void>(cells.append(block.fields.data() + column, names_.size(), block.row_count()));
      plans[column].sampled.add(cells.seen());
    }
  }
}

base::Status CsvParser::read_rows(std::vector<ColumnPlan> plans) {
  cut_into_chunks();
  sample(plans);
  plans_ = std::move(plans);
  columns_.resize(plans_.size());
  TRY(read_chunks(plans_));
  if (row_count_ > kMaxRows) {
    return errors_.in_file({.code = base::ErrorCode::kResourceLimit,
                            .message = "the file has " + base::with_thousands(row_count_) +
                                       " rows; a table holds at most 4,294,967,295",
                            .hint = "split the file"});
  }
  return {};
}

/// In waves, so that chunks are copied while they are in cache and their memory is used again; the hash of
/// the file's bytes is one task of each wave.
base::Status CsvParser::read_chunks(const std::vector<ColumnPlan>& plans) {
  const std::size_t wave = std::max<std::size_t>(16, static_cast<std::size_t>(thread_count_) * 4);
  std::vector<Workspace> workspaces(std::min(wave, chunks_.size()));
  row_count_ = 0;
  std::size_t done_bytes = 0;
  source_.progress->update("reading", 0, rows_.size(), "bytes");
  for (std::size_t first = 0; first < chunks_.size(); first += wave) {
    const std::size_t count = std::min(wave, chunks_.size() - first);
    const bool last_wave = first + count == chunks_.size();
    for (std::size_t i = 0; i < count; ++i) done_bytes += chunks_[first + i].size();
    const std::size_t hash_end =
        last_wave ? source_.bytes.size() : std::min(done_bytes, source_.bytes.size());
    const auto work = [&](std::size_t task) -> base::Status {
      TRY(base::check_cancelled());
      if (task > 0) return read_chunk(chunks_[first + task - 1], plans, workspaces[task - 1]);
      if (hashed_ < hash_end) sha256_.update(source_.bytes.substr(hashed_, hash_end - hashed_));
      hashed_ = std::max(hashed_, hash_end);
      return {};
    };
    TRY(base::parallel_for(count + 1, thread_count_, work));
    TRY(add_to_columns(plans, std::span(workspaces).first(count), done_bytes));
    source_.progress->set_rows(row_count_);
    source_.progress->update("reading", done_bytes, rows_.size(), "bytes");
  }
  return {};
}

base::Status CsvParser::add_to_columns(const std::vector<ColumnPlan>& plans, std::span<Workspace> wave,
                                       std::size_t done_bytes) {
  for (const Workspace& workspace : wave) row_count_ += workspace.columns[0].row_count();
  const double rows_a_byte =
      done_bytes == 0 ? 0.0 : static_cast<double>(row_count_) / static_cast<double>(done_bytes);
  const auto expected_row_count =
      static_cast<std::size_t>(rows_a_byte * static_cast<double>(rows_.size()) * 1.01) + 16;
  return base::parallel_for(plans.size(), thread_count_, [&](std::size_t column) -> base::Status {
    if (plans[column].skipped) return {};
    for (Workspace& workspace : wave) columns_[column].add(workspace.columns[column], expected_row_count);
    return {};
  });
}

base::Status CsvParser::read_chunk(std::string_view chunk, const std::vector<ColumnPlan>& plans,
                                   Workspace& workspace) const {
  if (workspace.columns.empty()) {
    workspace.columns.reserve(plans.size());
    for (const ColumnPlan& plan : plans) workspace.columns.emplace_back(plan);
  } else {
    for (std::size_t column = 0; column < plans.size(); ++column)
      workspace.columns[column].restart(plans[column]);
  }
  const auto invalid_at = base::find_invalid_utf8(chunk);
  const char* const invalid = invalid_at ? chunk.data() + *invalid_at : nullptr;
  CsvScanner scanner(chunk, delimiter_, names_.size());
  CsvBlock block;
  const std::size_t max_rows = rows_of_a_block(names_.size());
  while (true) {
    const std::optional<CsvFault> fault = scanner.next(max_rows, block);
    if (block.row_count() == 0 && !fault) break;
    TRY(read_block(workspace, block, fault ? fault->record_begin : scanner.position(), invalid));
    if (fault) return errors_.of(*fault, names_.size(), delimiter_, names_);
  }
  for (ColumnChunk& column : workspace.columns) column.close();
  return {};
}

/// Errors: that of the first row, and in it the first column, that has one.
base::Status CsvParser::read_block(Workspace& workspace, const CsvBlock& block, const char* block_end,
                                   const char* invalid_utf8) const {
  if (block.row_count() == 0) return {};
  const std::size_t none = block.row_count();
  std::size_t bad_row = none;
  std::size_t bad_column = 0;
  base::Error bad_cell;
  for (std::size_t column = 0; column < workspace.columns.size() && bad_row > 0; ++column) {
    // Only the rows before the bad one: further right, nothing in it comes first.
    auto bad = workspace.columns[column].append(block.fields.data() + column, names_.size(), bad_row);
    if (!bad) continue;
    bad_row = bad->row;
    bad_column = column;
    bad_cell = std::move(bad->error);
  }
  if (invalid_utf8 != nullptr && invalid_utf8 >= block.records[0] && invalid_utf8 < block_end) {
    const auto behind = std::ranges::upper_bound(block.records, invalid_utf8);
    const auto row = static_cast<std::size_t>(behind - block.records.begin()) - 1;
    const std::size_t column = column_at(block, row, invalid_utf8);
    if (row < bad_row || (row == bad_row && column <= bad_column)) {
      return errors_.invalid_utf8(block.records[row], block.fields[row * names_.size() + column].raw(),
                                  column, names_);
    }
  }
  if (bad_row < none) return errors_.at(block.records[bad_row], std::move(bad_cell));
  return {};
}

std::size_t CsvParser::column_at(const CsvBlock& block, std::size_t row, const char* position) const {
  std::size_t column = names_.size() - 1;
  while (column > 0 && block.fields[row * names_.size() + column].begin > position) --column;
  return column;
}

SeenForms CsvParser::seen(std::size_t column) const { return columns_[column].seen(); }

bool CsvParser::any_missing(std::size_t column) const { return columns_[column].any_missing(); }

base::Status CsvParser::reread_for(const std::vector<std::optional<ColumnKind>>& kinds) {
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

base::Result<std::vector<Column>> CsvParser::take_columns(
    const std::vector<std::optional<ColumnKind>>& kinds) {
  std::vector<std::optional<Cells>> cells(kinds.size());
  const auto take = [&](std::size_t column, int threads) -> base::Status {
    TRY(base::check_cancelled());
    cells[column] = TRY(columns_[column].take(*kinds[column], threads));
    return {};
  };
  // A text column is joined by all threads, the others by one each.
  std::vector<std::size_t> simple;
  for (std::size_t column = 0; column < kinds.size(); ++column) {
    if (!kinds[column]) continue;
    if (*kinds[column] == ColumnKind::kText) {
      TRY(take(column, thread_count_));
    } else {
      simple.push_back(column);
    }
  }
  TRY(base::parallel_for(simple.size(), thread_count_, [&](std::size_t i) { return take(simple[i], 1); }));
  std::vector<Column> columns;
  for (std::size_t column = 0; column < kinds.size(); ++column) {
    if (cells[column]) columns.emplace_back(names_[column], *std::move(cells[column]));
  }
  return columns;
}

std::string CsvParser::take_sha256() {
  sha256_.update(source_.bytes.substr(hashed_));
  return sha256_.finish();
}

/// Every name in `given` must be a column of the file.
template <typename Map>
base::Status check_known(const Map& given, std::string_view option, const std::vector<std::string>& names,
                         const std::string& source_name) {
  for (const auto& [name, value] : given) {
    if (std::ranges::find(names, name) == names.end()) {
      return base::Error{.message = std::string(option) + " names the column " + base::quoted(name) +
                                    ", which the file does not have",
                         .where = source_name,
                         .hint = base::suggest_names(name, names)};
    }
  }
  return {};
}

base::Error header_only(std::size_t column_count) {
  return {.message = "the file has a header of " + std::to_string(column_count) + " columns but no rows",
          .hint = "add rows; if the file has no header, say so with --no-header"};
}

/// schema_index[c]: the column of the schema that the file's column c is. Errors: an unknown or a missing
/// column.
base::Result<std::vector<std::optional<std::size_t>>> match_columns(const CsvParser& parser,
                                                                    const contract::Schema& schema,
                                                                    const KnownSchemaOptions& options) {
  std::unordered_map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < schema.columns.size(); ++i) known.emplace(schema.columns[i].name, i);
  std::vector<std::optional<std::size_t>> schema_index(parser.names().size());
  std::vector<bool> found(schema.columns.size());
  for (std::size_t column = 0; column < schema_index.size(); ++column) {
    const auto match = known.find(parser.names()[column]);
    if (match != known.end()) {
      schema_index[column] = match->second;
      found[match->second] = true;
    } else if (!options.allow_extra) {
      return parser.errors().at(parser.header_position(),
                                {.message = "unknown column " + base::quoted(parser.names()[column]),
                                 .hint = base::suggest_names(parser.names()[column], schema.names())});
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string& name = schema.columns[i].name;
    if (found[i] || std::ranges::find(options.optional, name) != options.optional.end()) continue;
    return parser.errors().at(parser.header_position(),
                              {.message = "column " + base::quoted(name) + " is missing",
                               .hint = base::suggest_names(name, parser.names())});
  }
  return schema_index;
}

/// Cells for all columns that were not read.
std::shared_ptr<const Cells> missing_texts(std::size_t row_count) {
  return std::make_shared<const Cells>(TextCells{std::vector<std::int32_t>(row_count, -1), {}});
}

}  // namespace

contract::ColumnSchema unread_column(const std::string& name) {
  return {.name = name, .kind = ColumnKind::kText, .nullable = true, .missing_values = {""}};
}

base::Result<CsvTable> parse_guessing_kinds(const CsvSource& source, const contract::CsvOptions& options) {
  CsvParser parser(source, options.thread_count);
  TRY(parser.open(options.delimiter, options.header));
  const std::vector<std::string>& names = parser.names();
  TRY(check_known(options.types, "types", names, source.name));
  TRY(check_known(options.column_missing_values, "column_missing_values", names, source.name));
  if (!parser.has_rows()) return parser.errors().at(parser.header_position(), header_only(names.size()));

  const auto usual_missing = std::make_shared<const MissingTokens>(options.missing_values);
  std::vector<ColumnPlan> plans;
  std::vector<contract::ColumnSchema> schema;
  plans.reserve(names.size());
  schema.reserve(names.size());
  for (const std::string& name : names) {
    ColumnPlan& plan = plans.emplace_back(ColumnPlan{.name = name, .missing_values = usual_missing});
    const auto missing = options.column_missing_values.find(name);
    if (missing != options.column_missing_values.end()) {
      plan.missing_values = std::make_shared<const MissingTokens>(missing->second);
    }
    if (const auto given = options.types.find(name); given != options.types.end()) plan.given = given->second;
    plan.skipped = !plan.given && std::ranges::find(options.unread, name) != options.unread.end();
    schema.push_back({.name = name,
                      .kind = plan.given.value_or(ColumnKind::kReal),
                      .missing_values = plan.missing_values->tokens()});
  }
  std::vector<bool> skipped;
  skipped.reserve(plans.size());
  for (const ColumnPlan& plan : plans) skipped.push_back(plan.skipped);
  TRY(parser.read_rows(std::move(plans)));
  std::vector<std::optional<ColumnKind>> kinds(schema.size());
  for (std::size_t column = 0; column < schema.size(); ++column) {
    if (skipped[column]) {
      schema[column] = unread_column(names[column]);
      continue;
    }
    if (!options.types.contains(names[column])) schema[column].kind = parser.seen(column).kind();
    kinds[column] = schema[column].kind;
  }
  TRY(parser.reread_for(kinds));
  for (std::size_t column = 0; column < schema.size(); ++column)
    if (!skipped[column]) schema[column].nullable = parser.any_missing(column);
  const std::vector<Column> read = TRY(parser.take_columns(kinds));
  const auto nothing = missing_texts(parser.row_count());
  std::vector<Column> columns;
  columns.reserve(names.size());
  for (std::size_t column = 0, next = 0; column < names.size(); ++column) {
    columns.push_back(skipped[column] ? Column(names[column], nothing) : read[next++]);
  }
  return CsvTable{.table = TRY(Table::from_columns(std::move(columns))),
                  .schema = {std::move(schema)},
                  .delimiter = parser.delimiter(),
                  .sha256 = parser.take_sha256()};
}

base::Result<CsvTable> parse_with_schema(const CsvSource& source, const contract::Schema& schema,
                                         const KnownSchemaOptions& options) {
  CsvParser parser(source, options.thread_count);
  TRY(parser.open(options.delimiter, true));
  const auto schema_index = TRY(match_columns(parser, schema, options));
  if (!parser.has_rows() && !options.allow_header_only) {
    return parser.errors().at(parser.header_position(), header_only(parser.names().size()));
  }
  std::vector<ColumnPlan> plans;
  std::vector<std::optional<ColumnKind>> kinds;
  plans.reserve(schema_index.size());
  for (std::size_t column = 0; column < schema_index.size(); ++column) {
    const bool is_unread = std::ranges::find(options.unread, parser.names()[column]) != options.unread.end();
    if (const auto index = schema_index[column]; index && !is_unread) {
      const contract::ColumnSchema& wanted = schema.columns[*index];
      plans.push_back({.name = wanted.name,
                       .missing_values = std::make_shared<const MissingTokens>(wanted.missing_values),
                       .given = wanted.kind,
                       .nullable = wanted.nullable});
      kinds.emplace_back(wanted.kind);
    } else {
      plans.push_back({.name = parser.names()[column], .skipped = true});
      kinds.emplace_back(std::nullopt);
    }
  }
  TRY(parser.read_rows(std::move(plans)));
  TRY(parser.reread_for(kinds));
  std::vector<Column> read = TRY(parser.take_columns(kinds));

  CsvTable result{.table = {}, .schema = {}, .delimiter = parser.delimiter(), .sha256 = parser.take_sha256()};
  std::vector<Column> columns;
  const bool any_unread = !options.unread.empty();
  const auto nothing = any_unread ? missing_texts(parser.row_count()) : nullptr;
  for (const contract::ColumnSchema& wanted : schema.columns) {
    const auto column = std::ranges::find(read, wanted.name, &Column::name);
    if (column != read.end()) {
      columns.push_back(*column);
    } else if (std::ranges::find(parser.names(), wanted.name) != parser.names().end()) {
      columns.emplace_back(wanted.name, nothing);
    } else {
      continue;
    }
    result.schema.columns.push_back(wanted);
  }
  if (columns.empty()) {
    result.table = Table::without_columns(parser.row_count());
  } else {
    result.table = TRY(Table::from_columns(std::move(columns)));
  }
  return result;
}

}  // namespace archmlp::table

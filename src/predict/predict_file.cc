#include "archmlp/predict/predict_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "archmlp/base/cancel.h"
#include "archmlp/base/file.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/predict/csv_form.h"
#include "archmlp/predict/prediction_writer.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/decompress.h"

namespace archmlp::predict {
namespace {

constexpr std::size_t kBlockRows = 4096;

/// `text` without a byte order mark.
std::string_view content_of(std::string_view text) noexcept {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

FileFormat guess_format(std::string_view text) noexcept {
  const std::string_view content = content_of(text);
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string_view::npos && (content[first] == '{' || content[first] == '[');
  return is_json ? FileFormat::kJsonLines : FileFormat::kCsv;
}

/// A file of records, or what was read of it.
struct Input {
  std::string name;  // for messages
  FileFormat format = FileFormat::kCsv;
  bool is_read = true;  // false: a plain CSV, which the CSV reader reads block by block
  std::string text;     // decompressed
};

/// The format of a plain file by its first bytes; none if it is compressed.
base::Result<std::optional<FileFormat>> format_of_plain_file(const std::filesystem::path& path) {
  constexpr std::uint64_t kHeadBytes = 4096;
  const base::FileReader file = TRY(base::FileReader::open(path));
  std::string head(std::min(file.size(), kHeadBytes), '\0');
  TRY(file.read_at(0, head));
  if (table::compression_of(head) != table::Compression::kNone) return std::optional<FileFormat>();
  return std::optional(guess_format(head));
}

base::Result<Input> open_input(const PredictFileOptions& options) {
  const std::filesystem::path& path = options.input;
  Input input{.name = path == "-" ? "standard input" : path.string(), .text = {}};
  std::error_code ignored;
  if (path != "-" && std::filesystem::is_regular_file(path, ignored)) {
    const std::optional<FileFormat> found = TRY(format_of_plain_file(path));
    if (found && options.input_format.value_or(*found) == FileFormat::kCsv) {
      input.is_read = false;
      return input;
    }
  }
  input.text = TRY(base::read_text(path));
  const table::Compression compression = table::compression_of(input.text);
  if (compression != table::Compression::kNone) {
    base::Result<std::string> text = table::decompress(input.text, compression);
    if (!text.ok()) return base::located(input.name, std::move(text).error());
    input.text = *std::move(text);
  }
  input.format = options.input_format.value_or(guess_format(input.text));
  return input;
}

base::Error outside_population(std::string where) {
  return {.code = base::ErrorCode::kOutsidePopulation,
          .message = "the recipe's filter drops this record: the model has nothing to say of it",
          .where = std::move(where),
          .hint = "remove such rows, or ask for empty predictions with --empty-outside"};
}

void merge(PredictFileReport& into, const PredictFileReport& from) {
  into.row_count += from.row_count;
  into.outside_count += from.outside_count;
  for (const auto& [column, count] : from.unknown_categories) into.unknown_categories[column] += count;
}

/// Scores a file with what all formats share.
class FileScorer {
 public:
  FileScorer(const Predictor& predictor, const PredictFileOptions& options, const table::Sink& sink,
             base::Progress& progress)
      : predictor_(predictor),
        options_(options),
        sink_(sink),
        progress_(progress),
        writer_(predictor, options.output_format) {}

  base::Status score_csv(const Input& input);
  base::Status score_json(const Input& input);
  PredictFileReport take_report() { return std::move(report_); }

 private:
  struct Line {
    std::string_view text;
    std::size_t number;
  };
  /// What one block of records gave.
  struct Block {
    std::string out;
    PredictFileReport report;
  };
  using ScoreBlock = std::function<base::Status(std::size_t begin, std::size_t end, Block& block)>;

  base::Result<table::CsvTable> read_csv(const Input& input, RecordForm form) const;
  base::Error in_other_form(base::Error error, const Input& input) const;
  base::Status score_blocks(std::size_t count, const ScoreBlock& score);
  base::Status score_lines(const std::vector<Line>& lines, const std::string& name);
  base::Status score_document(table::JsonRecordDecoder& decoder, const std::string& name);
  /// One decoded record.
  base::Status score_record(table::Record& record, Predictor::Scratch& scratch, std::vector<double>& outputs,
                            Block& block) const;

  const Predictor& predictor_;
  const PredictFileOptions& options_;
  const table::Sink& sink_;
  base::Progress& progress_;
  PredictionWriter writer_;
  PredictFileReport report_;
};

/// Blocks in parallel, a wave at a time, their output in order.
base::Status FileScorer::score_blocks(std::size_t count, const ScoreBlock& score) {
  const auto threads = static_cast<std::size_t>(base::resolve_thread_count(options_.thread_count));
  const std::size_t wave = threads == 1 ? 1 : threads * 4;
  TRY(sink_(writer_.header()));
  progress_.update("predicting", 0, count, "rows");
  for (std::size_t begin = 0; begin < count; begin += wave * kBlockRows) {
    TRY(base::check_cancelled());
    const std::size_t end = std::min(count, begin + wave * kBlockRows);
    std::vector<Block> blocks((end - begin + kBlockRows - 1) / kBlockRows);
    TRY(base::parallel_for(blocks.size(), options_.thread_count, [&](std::size_t i) {
      const std::size_t first = begin + i * kBlockRows;
      return score(first, std::min(end, first + kBlockRows), blocks[i]);
    }));
    for (const Block& block : blocks) {
      TRY(sink_(block.out));
      merge(report_, block.report);
    }
    progress_.update("predicting", end, count, "rows");
  }
  return {};
}

base::Result<table::CsvTable> FileScorer::read_csv(const Input& input, RecordForm form) const {
  const CsvForm csv = csv_form(predictor_, form, options_.thread_count);
  return input.is_read ? table::parse_csv_as(input.text, input.name, csv.schema, csv.reading)
                       : table::read_csv_as(options_.input, csv.schema, csv.reading, progress_);
}

/// The error of a CSV that does not read in the form asked for; it says so where the other form is what it
/// has.
base::Error FileScorer::in_other_form(base::Error error, const Input& input) const {
  const bool raw = options_.form == RecordForm::kRaw;
  const RecordForm other = raw ? RecordForm::kPrepared : RecordForm::kRaw;
  if (!predictor_.accepts(other) || !read_csv(input, other).ok()) return error;
  error.hint = raw ? "these are prepared features, not raw records: add --features prepared"
                   : "these are raw records, not prepared features: add --features raw";
  return error;
}

base::Status FileScorer::score_csv(const Input& input) {
  base::Result<table::CsvTable> csv = read_csv(input, options_.form);
  if (!csv.ok()) return in_other_form(std::move(csv).error(), input);
  base::Result<BatchPrediction> scored = predictor_.predict(csv->table, options_.form, options_.thread_count);
  if (!scored.ok()) {
    return base::located(input.name, std::move(scored).error());
  }
  const std::vector<std::uint8_t>& outside = scored->outside;
  if (options_.outside == OutsidePolicy::kFail) {
    const auto first = std::find(outside.begin(), outside.end(), 1);
    if (first != outside.end()) {
      return outside_population(fmt::format("{}: row {}", input.name, first - outside.begin() + 1));
    }
  }
  const std::size_t width = predictor_.output_count();
  TRY(score_blocks(csv->table.row_count(), [&](std::size_t begin, std::size_t end, Block& block) {
    for (std::size_t row = begin; row < end; ++row) {
      const bool is_outside = !outside.empty() && outside[row] != 0;
      if (is_outside) {
        writer_.append_outside(block.out);
        ++block.report.outside_count;
      } else {
        writer_.append(block.out, std::span(scored->outputs).subspan(row * width, width));
      }
    }
    block.report.row_count = end - begin;
    return base::Status();
  }));
  report_.unknown_categories = std::move(scored->unknown_categories);
  return {};
}

base::Status FileScorer::score_json(const Input& input) {
  const std::string_view text = content_of(input.text);
  std::vector<Line> lines;
  std::size_t number = 1;
  for (std::size_t at = 0; at < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back({line, number});
    at = end + 1;
  }
  if (lines.empty()) {
    return base::Error{
        .message = "there are no records", .where = input.name, .hint = "give one JSON object a line"};
  }
  // One document rather than lines: an array, or an object that is spread over lines.
  table::JsonRecordDecoder decoder = predictor_.json_decoder(options_.form);
  const bool is_array = lines[0].text[lines[0].text.find_first_not_of(" \t\r")] == '[';
  const bool first_line_fails = !is_array && !decoder.parse(lines[0].text).ok() && decoder.is_syntax_error();
  if (is_array || (first_line_fails && lines.size() > 1)) {
    const base::Status whole = decoder.parse(text);
    if (whole.ok()) return score_document(decoder, input.name);
    if (is_array || !decoder.is_syntax_error()) return base::located(input.name, whole.error());
  }
  return score_lines(lines, input.name);
}

base::Status FileScorer::score_record(table::Record& record, Predictor::Scratch& scratch,
                                      std::vector<double>& outputs, Block& block) const {
  base::Status status = predictor_.predict(record, options_.form, scratch, outputs);
  ++block.report.row_count;
  if (status.ok()) {
    for (const std::string* column : scratch.transform.unknown_categories) {
      ++block.report.unknown_categories[*column];
    }
    writer_.append(block.out, outputs);
    return {};
  }
  if (status.error().code != base::ErrorCode::kOutsidePopulation) return status;
  if (options_.outside == OutsidePolicy::kFail) return outside_population("");
  ++block.report.outside_count;
  writer_.append_outside(block.out);
  return {};
}

base::Status FileScorer::score_lines(const std::vector<Line>& lines, const std::string& name) {
  return score_blocks(lines.size(), [&](std::size_t begin, std::size_t end, Block& block) -> base::Status {
    table::JsonRecordDecoder decoder = predictor_.json_decoder(options_.form);
    table::Record record;
    Predictor::Scratch scratch;
    std::vector<double> outputs(predictor_.output_count());
    for (std::size_t i = begin; i < end; ++i) {
      base::Status status = decoder.parse(lines[i].text);
      if (status.ok() && decoder.is_array()) {
        status = base::Error{.message = "expected one JSON object a line, found an array"};
      }
      if (status.ok()) status = decoder.decode(0, record);
      if (status.ok()) status = score_record(record, scratch, outputs, block);
      if (!status.ok()) return base::located(fmt::format("{}:{}", name, lines[i].number), status.error());
    }
    return {};
  });
}

base::Status FileScorer::score_document(table::JsonRecordDecoder& decoder, const std::string& name) {
  TRY(sink_(writer_.header()));
  table::Record record;
  Predictor::Scratch scratch;
  std::vector<double> outputs(predictor_.output_count());
  Block block;
  for (std::size_t i = 0; i < decoder.record_count(); ++i) {
    base::Status status = decoder.decode(i, record);
    if (status.ok()) {
      status = score_record(record, scratch, outputs, block);
      if (!status.ok() && decoder.is_array()) {
        status = base::located(fmt::format("[{}]", i), status.error());
      }
    }
    if (!status.ok()) return base::located(name, status.error());
    if (i % kBlockRows == kBlockRows - 1) {
      TRY(base::check_cancelled());
      TRY(sink_(block.out));
      block.out.clear();
      progress_.update("predicting", i + 1, decoder.record_count(), "rows");
    }
  }
  merge(report_, block.report);
  return sink_(block.out);
}

}  // namespace

base::Result<PredictFileReport> predict_file(const Predictor& predictor, const PredictFileOptions& options,
                                             const table::Sink& sink, base::Progress& progress) {
  if (!predictor.accepts(options.form)) {
    return base::Error{.message = "the model was trained from prepared CSVs alone: it knows no raw records",
                       .hint = "give records in the prepared form, with the columns of x_train.csv"};
  }
  const Input input = TRY(open_input(options));
  FileScorer scorer(predictor, options, sink, progress);
  if (input.format == FileFormat::kCsv) {
    TRY(scorer.score_csv(input));
  } else {
    TRY(scorer.score_json(input));
  }
  return scorer.take_report();
}

}  // namespace archmlp::predict

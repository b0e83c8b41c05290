#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/table/csv_writer.h"

namespace archmlp::predict {

enum class FileFormat { kCsv, kJsonLines };
enum class OutsidePolicy { kFail, kEmpty };

struct PredictFileOptions {
  std::filesystem::path input;                  // "-" is standard input
  std::optional<FileFormat> input_format;       // none: by content (a `{` or `[` first is JSON)
  FileFormat output_format = FileFormat::kCsv;  // CSV: prediction[,decision_function…][,probability_CLASS…];
                                                // JSON lines: as the server answers
  RecordForm form = RecordForm::kRaw;
  OutsidePolicy outside = OutsidePolicy::kFail;  // rows that the filter drops: an error naming the first, or
                                                 // an empty row (JSON: a null prediction)
  int thread_count = 0;
};

struct PredictFileReport {
  std::size_t row_count = 0;
  std::size_t outside_count = 0;  // rows that the recipe's filter drops
  std::map<std::string, std::size_t, std::less<>> unknown_categories;
};

/// Scores a file of records, one output row a record, in order, plain or compressed (.gz, .zst). CSV, JSON
/// lines (one object a line, blank lines skipped), or one JSON document: an object, or an array of objects.
/// Columns are those of the form; ignored ones may be there or not, whatever they hold; an unknown one is an
/// error. Errors: kInvalidInput (`file:line`, or `file: row N`), kOutsidePopulation, kNotFound, kIo. CSV is
/// scored before anything is written; JSON lines are written as they are scored.
base::Result<PredictFileReport> predict_file(const Predictor& predictor, const PredictFileOptions& options,
                                             const table::Sink& sink,
                                             base::Progress& progress = base::no_progress());

}  // namespace archmlp::predict

#pragma once

#include <filesystem>
#include <optional>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/bundle/predictor.h"
#include "archmlp/table/csv_writer.h"

namespace archmlp::bundle {

enum class FileFormat { kCsv, kJsonLines };
enum class OutsidePolicy { kFail, kEmpty };

struct PredictFileOptions {
  std::filesystem::path input;             // "-" is standard input
  std::optional<FileFormat> input_format;  // none: by content (a `{` or `[` first is JSON)
  FileFormat output_format =
      FileFormat::kCsv;  // CSV: prediction[,probability_CLASS…]; JSON lines: as the server answers
  RecordForm form = RecordForm::kRaw;
  OutsidePolicy outside =
      OutsidePolicy::kFail;  // rows that the filter drops: an error naming the first, or an empty row
  int thread_count = 0;
};

/// Scores a file of records, one output row a record, in order. Errors name file and line.
base::Status predict_file(const Predictor& predictor, const PredictFileOptions& options,
                          const table::Sink& sink, base::Progress& progress = base::no_progress());

}  // namespace archmlp::bundle

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/predict/predict_file.h"
#include "commands.h"
#include "output.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

struct GivenPredictOptions {
  std::filesystem::path model;
  predict::PredictFileOptions file;
  std::optional<std::string> features, input_format;
  std::optional<std::filesystem::path> out;
  bool empty_outside = false;
};

void settle(GivenPredictOptions& given, const predict::Predictor& predictor) {
  given.file.form = predictor.default_form();
  if (given.features) {
    given.file.form = given.features == "raw" ? predict::RecordForm::kRaw : predict::RecordForm::kPrepared;
  }
  if (given.input_format) {
    given.file.input_format =
        given.input_format == "csv" ? predict::FileFormat::kCsv : predict::FileFormat::kJsonLines;
  }
  if (json_output_wanted()) given.file.output_format = predict::FileFormat::kJsonLines;
  if (given.empty_outside) given.file.outside = predict::OutsidePolicy::kEmpty;
}

nlohmann::ordered_json to_json(const predict::PredictFileReport& report) {
  nlohmann::ordered_json json = {{"rows", report.row_count},
                                 {"rows_outside", report.outside_count},
                                 {"unknown_categories", nlohmann::ordered_json::object()}};
  for (const auto& [column, count] : report.unknown_categories) json["unknown_categories"][column] = count;
  return json;
}

/// For people; where standard output holds the predictions, for programs too.
void print_notes(const predict::PredictFileReport& report) {
  if (json_output_wanted()) return print_json_note(to_json(report));
  if (report.outside_count > 0) {
    print_note(fmt::format("note: {} of {} rows are outside the model's population and were left empty",
                           base::with_thousands(report.outside_count),
                           base::with_thousands(report.row_count)));
  }
  for (const auto& [column, count] : report.unknown_categories) {
    print_note(fmt::format("note: {} rows have a value in {} that no training row has",
                           base::with_thousands(count), base::quoted(column)));
  }
}

base::Status predict(GivenPredictOptions& given) {
  const predict::Predictor predictor(TRY(bundle::Bundle::load(given.model)));
  settle(given, predictor);
  if (!given.out) {
    print_notes(TRY(predict::predict_file(predictor, given.file, write_stdout, progress_output())));
    return {};
  }
  TRY(base::refuse_to_overwrite(*given.out, {given.model, given.file.input}));
  base::AtomicFile file = TRY(base::AtomicFile::create(*given.out));
  const auto sink = [&file](std::string_view bytes) { return file.write(bytes); };
  const predict::PredictFileReport report =
      TRY(predict::predict_file(predictor, given.file, sink, progress_output()));
  TRY(file.commit());
  if (json_output_wanted()) {
    nlohmann::ordered_json json = {{"out", given.out->string()}};
    json.update(to_json(report));
    return write_stdout(json.dump(2) + "\n");
  }
  print_notes(report);
  return {};
}

}  // namespace

Command predict_command() {
  return {"predict", "Predict for a file of records", [](Options& options) -> Action {
            auto given = std::make_shared<GivenPredictOptions>();
            options.positional("model", given->model, "Model file");
            options.positional("file", given->file.input,
                               "Raw records as CSV or JSON lines; - is standard input");
            options.choice("--format", given->input_format, {"csv", "jsonl"},
                           "csv or jsonl; detected if left out");
            options.choice("--features", given->features, {"raw", "prepared"},
                           "raw, or prepared (columns as in x_test.csv)");
            options.value("--out", given->out, "File to write; standard output if left out");
            options.flag("--empty-outside", given->empty_outside,
                         "Leave rows empty that the recipe's filter drops, instead of stopping");
            add_threads(options, given->file.thread_count);
            add_json(options);
            add_json_progress(options);
            options.examples(
                "  archmlp predict model.archmlp new_customers.csv > predictions.csv\n"
                "  echo '{\"age\": 41, \"job\": \"clerk\"}' | archmlp predict model.archmlp - --json\n");
            return [given] { return predict(*given); };
          }};
}

}  // namespace archmlp::apps

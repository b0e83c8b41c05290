#include <memory>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/bundle/predict_file.h"
#include "commands.h"
#include "output.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

struct GivenPredictOptions {
  std::filesystem::path model;
  bundle::PredictFileOptions file;
  std::optional<std::string> features, input_format;
  std::optional<std::filesystem::path> out;
  bool empty_outside = false;
};

base::Error unknown_choice(std::string_view flag, const std::string& given, std::string_view choices) {
  return {.message = "unknown choice " + base::quoted(given),
          .where = std::string(flag),
          .hint = std::string(choices)};
}

base::Status settle(GivenPredictOptions& given, const bundle::Predictor& predictor) {
  given.file.form = predictor.default_form();
  if (given.features == "raw") {
    given.file.form = bundle::RecordForm::kRaw;
  } else if (given.features == "prepared") {
    given.file.form = bundle::RecordForm::kPrepared;
  } else if (given.features) {
    return unknown_choice("--features", *given.features, "use raw or prepared");
  }
  if (given.input_format == "csv") {
    given.file.input_format = bundle::FileFormat::kCsv;
  } else if (given.input_format == "jsonl") {
    given.file.input_format = bundle::FileFormat::kJsonLines;
  } else if (given.input_format) {
    return unknown_choice("--format", *given.input_format, "use csv or jsonl");
  }
  if (json_output_wanted()) given.file.output_format = bundle::FileFormat::kJsonLines;
  if (given.empty_outside) given.file.outside = bundle::OutsidePolicy::kEmpty;
  return {};
}

base::Status predict(GivenPredictOptions& given) {
  const bundle::Predictor predictor(TRY(bundle::Bundle::load(given.model)));
  TRY(settle(given, predictor));
  if (!given.out) {
    TRY(bundle::predict_file(predictor, given.file, write_stdout, terminal_progress()));
    return {};
  }
  base::AtomicFile file = TRY(base::AtomicFile::create(*given.out));
  TRY(bundle::predict_file(
      predictor, given.file, [&file](std::string_view bytes) { return file.write(bytes); },
      terminal_progress()));
  return file.commit();
}

}  // namespace

Command predict_command() {
  return {"predict", "Predict for a file of records", [](Options& options) -> Action {
            auto given = std::make_shared<GivenPredictOptions>();
            options.positional("model", given->model, "Model file");
            options.positional("file", given->file.input,
                               "Raw records as CSV or JSON lines; - is standard input");
            options.value("--format", given->input_format, "csv or jsonl; detected if left out");
            options.value("--features", given->features, "raw or prepared (columns as in x_test.csv)");
            options.value("--out", given->out, "File to write; standard output if left out");
            options.flag("--empty-outside", given->empty_outside,
                         "Leave rows empty that the recipe's filter drops, instead of stopping");
            add_threads(options, given->file.thread_count);
            add_json(options);
            options.examples(
                "  archmlp predict model.archmlp new_customers.csv > predictions.csv\n"
                "  echo '{\"age\": 41, \"job\": \"clerk\"}' | archmlp predict model.archmlp - --json\n");
            return [given] { return predict(*given); };
          }};
}

}  // namespace archmlp::apps

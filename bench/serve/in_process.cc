// What a request to the server costs without the server: the same body parsed, predicted and formatted by one
// thread. bench_in_process MODEL raw|prepared json|csv BODY ROUNDS Prints one JSON object, in microseconds of
// processor time a body: the least of the rounds.

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "archmlp/base/file.h"
#include "archmlp/predict/prediction_writer.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/table/csv_reader.h"
#include "measure.h"

namespace {

using namespace archmlp;
using namespace archmlp::bench;
using predict::Predictor;
using predict::RecordForm;

/// Processor time of the three parts.
struct Costs {
  double parse = 0;
  double predict = 0;
  double format = 0;
};

void or_exit(const base::Status& status) {
  if (status.ok()) return;
  std::cerr << to_string(status.error()) << '\n';
  std::exit(1);
}

/// As the server decodes JSON: record by record, into cells that are used again. Here all records of a body
/// are kept, so that each part can be timed alone.
class JsonBody {
 public:
  JsonBody(const Predictor& predictor, RecordForm form)
      : predictor_(predictor), form_(form), decoder_(predictor.json_decoder(form)) {}

  std::size_t rows() const { return decoder_.record_count(); }
  const std::string& answer() const { return answer_; }

  void parse(const std::string& body) {
    or_exit(decoder_.parse(body));
    records_.resize(std::max(records_.size(), rows()));
    for (std::size_t i = 0; i < rows(); ++i) or_exit(decoder_.decode(i, records_[i]));
  }
  void predict() {
    const std::size_t width = predictor_.output_count();
    outputs_.resize(rows() * width);
    for (std::size_t i = 0; i < rows(); ++i) {
      or_exit(
          predictor_.predict(records_[i], form_, scratch_, std::span(outputs_).subspan(i * width, width)));
    }
  }
  void format() {
    const std::size_t width = predictor_.output_count();
    answer_.clear();
    for (std::size_t i = 0; i < rows(); ++i) {
      append_prediction_json(answer_, predictor_, std::span(outputs_).subspan(i * width, width));
      answer_ += ", ";
    }
  }

 private:
  const Predictor& predictor_;
  RecordForm form_;
  table::JsonRecordDecoder decoder_;
  std::vector<table::Record> records_;
  Predictor::Scratch scratch_;
  std::vector<double> outputs_;
  std::string answer_;
};

/// As `archmlp predict` reads a CSV, on one thread.
class CsvBody {
 public:
  CsvBody(const Predictor& predictor, RecordForm form)
      : predictor_(predictor),
        form_(form),
        writer_(predictor, predict::FileFormat::kCsv),
        schema_(predictor.schema(form)) {
    reading_.optional = predictor.ignored(form);
    reading_.allow_extra = true;
    reading_.thread_count = 1;
  }

  std::size_t rows() const { return rows_; }
  const std::string& answer() const { return answer_; }

  void parse(const std::string& body) {
    table_ = bench::or_exit(table::parse_csv_as(body, "body", schema_, reading_)).table;
    rows_ = table_.row_count();
  }
  void predict() { predicted_ = bench::or_exit(predictor_.predict(table_, form_, 1)); }
  void format() {
    const std::size_t width = predictor_.output_count();
    answer_ = writer_.header();
    for (std::size_t i = 0; i < rows_; ++i) {
      writer_.append(answer_, std::span(predicted_.outputs).subspan(i * width, width));
    }
  }

 private:
  const Predictor& predictor_;
  RecordForm form_;
  predict::PredictionWriter writer_;
  contract::Schema schema_;
  table::KnownSchemaOptions reading_;
  table::Table table_;
  std::size_t rows_ = 0;
  predict::BatchPrediction predicted_;
  std::string answer_;
};

/// Of one body; it is worked on often enough for the clock of the processor.
template <typename Body>
Costs measure(Body& work, const std::string& body) {
  const double begin = processor_seconds();
  work.parse(body);
  work.predict();
  work.format();
  const int repeats =
      std::clamp(static_cast<int>(0.05 / std::max(processor_seconds() - begin, 1e-7)), 1, 100'000);
  const auto time = [repeats](const auto& part) {
    const double start = processor_seconds();
    for (int i = 0; i < repeats; ++i) part();
    return (processor_seconds() - start) / repeats * 1e6;
  };
  Costs costs;
  costs.parse = time([&] { work.parse(body); });
  // Predicting uses the parsed records up.
  costs.predict = time([&] {
                    work.parse(body);
                    work.predict();
                  }) -
                  costs.parse;
  costs.format = time([&] { work.format(); });
  return costs;
}

template <typename Body>
nlohmann::ordered_json report(Body work, const std::string& body, int rounds) {
  Costs least = measure(work, body);
  for (int round = 1; round < rounds; ++round) {
    const Costs costs = measure(work, body);
    least.parse = std::min(least.parse, costs.parse);
    least.predict = std::min(least.predict, costs.predict);
    least.format = std::min(least.format, costs.format);
  }
  return {{"rows", work.rows()},
          {"body_bytes", body.size()},
          {"answer_bytes", work.answer().size()},
          {"parse_us", least.parse},
          {"predict_us", least.predict},
          {"format_us", least.format},
          {"sum_us", least.parse + least.predict + least.format}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: bench_in_process MODEL raw|prepared json|csv BODY ROUNDS\n";
    return 2;
  }
  const Predictor predictor(bench::or_exit(bundle::Bundle::load_copy(argv[1])));
  const RecordForm form = std::string(argv[2]) == "prepared" ? RecordForm::kPrepared : RecordForm::kRaw;
  const std::string body = bench::or_exit(base::read_text(argv[4]));
  const int rounds = std::stoi(argv[5]);
  const bool is_csv = std::string(argv[3]) == "csv";
  std::cout << (is_csv ? report(CsvBody(predictor, form), body, rounds)
                       : report(JsonBody(predictor, form), body, rounds))
                   .dump()
            << '\n';
  return 0;
}

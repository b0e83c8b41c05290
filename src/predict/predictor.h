#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/bundle/bundle.h"
#include "archmlp/table/json_records.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

namespace archmlp::predict {

/// How records arrive: as in the raw data, or as preprocessing writes them to x_*.csv.
enum class RecordForm { kRaw, kPrepared };

/// Every row of a table scored.
struct BatchPrediction {
  std::vector<double> outputs;        // [n, k] row-major, as layout() says
  std::vector<std::uint8_t> outside;  // 1 where the recipe's filter drops the row (outputs are NaN there);
                                      // empty if none
  std::map<std::string, std::size_t, std::less<>> unknown_categories;
};

/// Scores raw or prepared records with a bundle: the one decoding and the one set of transforms behind the
/// command line, the server and Python. Immutable, safe from many threads.
class Predictor {
 public:
  explicit Predictor(std::shared_ptr<const bundle::Bundle> bundle);

  const bundle::Bundle& bundle() const noexcept { return *bundle_; }
  /// kRaw only where the model has a plan.
  bool accepts(RecordForm form) const noexcept;
  RecordForm default_form() const noexcept;
  model::OutputLayout layout() const noexcept { return bundle_->model().outputs(); }
  std::size_t output_count() const noexcept { return layout().count(); }
  /// Of what each decision speaks, where there are several: `CLASS`, or `CLASS vs CLASS`, positive for the
  /// first.
  const std::vector<std::string>& decision_names() const noexcept { return decision_names_; }

  /// What a record of that form holds, the label left out; columns that nothing depends on are in `ignored`.
  const contract::Schema& schema(RecordForm form) const noexcept;
  /// Names that may be there or not and are not read: the label, unneeded columns.
  const std::vector<std::string>& ignored(RecordForm form) const noexcept;

  /// Columns are matched by name; others are not read; only those in ignored(form) may be absent.
  /// Precondition: accepts(form).
  /// Errors: kInvalidInput (a column that is missing or of another kind; `row N` in `where`, e.g. an unknown
  /// category refused by policy, or a missing value that the model does not take).
  base::Result<BatchPrediction> predict(const table::Table& rows, RecordForm form,
                                        int thread_count = 0) const;

  struct Scratch {
    transform::RecordScratch transform;  // after predict: this record's unknown categories
    std::vector<float> row;
  };
  /// One record, cells as schema(form); it is used up. out: [k]. Allocates nothing once `scratch` has grown.
  /// Precondition: accepts(form). Errors: kInvalidInput; kOutsidePopulation.
  base::Status predict(table::Record& record, RecordForm form, Scratch& scratch, std::span<double> out) const;
  /// The first half of it: scratch.row becomes what the model sees of the record.
  base::Status prepare(table::Record& record, RecordForm form, Scratch& scratch) const;
  /// The same of a table, [rows, inputs]; errors as those of predict. notes.outside: empty where no row is.
  base::Result<std::vector<float>> prepare(const table::Table& rows, RecordForm form,
                                           transform::BatchNotes& notes) const;
  /// The second half, of any number of rows, on this thread alone. Shapes: rows [n, inputs], out [n, k]. The
  /// bits do not depend on n.
  void predict_prepared(std::span<const float> rows, std::span<double> out) const;

  table::JsonRecordDecoder json_decoder(RecordForm form) const;

  /// The index of the class that the outputs speak for. Precondition: a classification.
  std::size_t class_of(std::span<const double> outputs) const { return bundle_->model().class_of(outputs); }
  /// The label that the outputs mean: that class, or the number.
  contract::Value label_of(std::span<const double> outputs) const;

 private:
  friend void append_prediction_json(std::string& out, const Predictor& predictor,
                                     std::span<const double> outputs);
  base::Result<table::Table> raw_input(const table::Table& rows) const;

  std::shared_ptr<const bundle::Bundle> bundle_;
  contract::Schema raw_schema_;
  std::vector<std::string> raw_ignored_;
  std::vector<std::string> prepared_ignored_;
  std::vector<std::string> class_json_;       // `0`, `"yes"`
  std::vector<std::string> class_keys_json_;  // `"0": `, `"yes": `
  std::vector<std::string> decision_names_;
  std::vector<std::string> decision_keys_json_;
};

/// `{"prediction": …, "probabilities": {"class": p, …}, "decision_function": d}` as the server answers and
/// `predict --json` prints, what the model does not give left out. Of more than two classes the decisions are
/// an object by decision_names(). The digits are the shortest that read back equal. Allocates nothing but
/// what `out` needs to grow.
void append_prediction_json(std::string& out, const Predictor& predictor, std::span<const double> outputs);

}  // namespace archmlp::predict

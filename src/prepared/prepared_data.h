#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/dataset_contract.h"
#include "archmlp/table/table.h"

namespace archmlp::prepared {

/// A pair of prepared CSVs, features and label, that fit each other.
struct PreparedData {
  table::Table x;             // columns as features
  contract::Schema features;  // of the contract; else as guessed from x or as given, in file order
  table::Table y;             // one column without missing values, of the same row count
  contract::ColumnSchema label;
  std::string x_sha256;
  std::string y_sha256;
  std::optional<contract::DatasetContract> contract;  // lay beside the CSVs, was checked and held
  std::vector<std::string> warnings;
};

struct PreparedDataOptions {
  std::filesystem::path x;
  std::filesystem::path y;
  /// The stage that reads, for messages: "train".
  std::string reader;
  /// Training wants the whole dataset as preprocessing published it; evaluation only the two files that it
  /// reads.
  bool require_all_files = false;
  int thread_count = 0;
};

/// contract.json applies to `x` and `y` if it lies in the folder of both and records files of their names,
/// x_* and y_* of the same part. Then all that it says of the files is checked: that they are there, their
/// columns, kinds and row counts, and their SHA-256. Otherwise x and y are CSVs in their own right; a
/// contract that lies there and does not apply is told in `warnings`. Errors: kContractBroken (component,
/// file, column), the most specific cause first; kInvalidInput; kNotFound; kIo.
class PreparedReader {
 public:
  static base::Result<PreparedReader> open(const PreparedDataOptions& options);

  /// None where no contract applies.
  const std::optional<contract::DatasetContract>& contract() const noexcept { return contract_; }
  /// By the contract; else with guessed kinds: no column of x numbers with a few texts in between, y a single
  /// column.
  base::Result<PreparedData> read(base::Progress& progress) const;
  /// By a schema known otherwise (a model's), which the contract, where there is one, must agree with.
  base::Result<PreparedData> read_as(const contract::Schema& features, const contract::ColumnSchema& label,
                                     base::Progress& progress) const;

 private:
  PreparedDataOptions options_;
  std::optional<contract::DatasetContract> contract_;
  std::vector<std::string> warnings_;
};

/// The label column of a dataset whose contract says what it holds.
contract::ColumnSchema label_column(const contract::LabelSchema& label);

/// For each row of a label column the index of its value in `classes`. Precondition: nothing is missing.
/// Errors: kInvalidInput: a value that is none of them (row, near names).
base::Result<std::vector<std::uint32_t>> class_indices(const table::Column& label,
                                                       const std::vector<contract::Value>& classes,
                                                       const std::string& source_name);

/// The distinct values of a label column in value order. Precondition: nothing is missing.
std::vector<contract::Value> distinct_values(const table::Column& label);

}  // namespace archmlp::prepared

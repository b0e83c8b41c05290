#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/preprocess/preprocess_stage.h"
#include "archmlp/table/csv_blocks.h"
#include "archmlp/table/table.h"

namespace archmlp::preprocess {

/// The rows that come in: those of the data and, behind them, those of a given test file.
class RawInput {
 public:
  /// Both arguments must outlive this. Errors: kIo, kNotFound, kInvalidInput with `file:line`.
  static base::Result<RawInput> open(const PreprocessOptions& options, base::Progress& progress);

  /// Label included. Until the data is read, kinds are as they seem to be and every column may have missing
  /// values.
  const contract::Schema& schema() const noexcept { return schema_; }
  bool kinds_are_known() const noexcept { return kinds_are_known_; }
  /// Looks at every cell for nothing but the kinds.
  base::Status learn_kinds();

  /// Gets every block that has rows, from several threads at once, in no order.
  using Take = std::function<base::Status(std::size_t block, table::Table rows)>;
  /// False: a kind was guessed wrong, what was handed over is void, and this is to be called again.
  base::Result<bool> read_data(const Take& take);
  /// To be called next; without a test file there is nothing to read.
  base::Status open_test();
  base::Status read_test(const Take& take);
  /// Both once more. Precondition: both were read.
  base::Status read_again(const Take& take);

  /// Of the data; after open_test(), of both.
  std::size_t block_count() const noexcept;

  // After reading.

  std::size_t row_count() const noexcept;
  /// The rows behind them are those of the test file.
  std::size_t data_row_count() const noexcept { return data_.row_count(); }
  std::size_t first_row(std::size_t block) const noexcept;
  /// `data.csv: row N`, N counting the file's rows from 1.
  std::string row_name(std::size_t row) const;
  /// Role of an input ("data", "data:2", …, "test_data") -> SHA-256.
  std::map<std::string, std::string, std::less<>> inputs() const;

 private:
  RawInput(const PreprocessOptions& options, base::Progress& progress, table::CsvBlocks data)
      : options_(&options), progress_(&progress), data_(std::move(data)) {}
  void take_schema();

  const PreprocessOptions* options_;
  base::Progress* progress_;
  table::CsvBlocks data_;
  std::optional<table::CsvBlocks> test_;
  contract::Schema schema_;
  bool kinds_are_known_ = false;
};

}  // namespace archmlp::preprocess

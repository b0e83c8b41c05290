#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/preprocess/preprocess_stage.h"
#include "archmlp/table/table.h"

namespace archmlp::preprocess {

/// The rows that come in: those of the data and, behind them, those of a given test file.
class RawInput {
 public:
  /// Errors: kIo, kNotFound, kInvalidInput with `file:line`.
  static base::Result<RawInput> open(const PreprocessOptions& options, base::Progress& progress);

  /// Label included. Before read(), kinds are as they seem to be and every column may have missing values.
  const contract::Schema& schema() const noexcept { return schema_; }
  bool kinds_are_known() const noexcept;
  /// Looks at every cell for nothing but the kinds.
  base::Status learn_kinds();

  /// An upper bound before read().
  std::size_t block_count() const noexcept;
  /// Hands over every block, from several threads at once, in no order. False: a kind was guessed wrong,
  /// what was handed over is void, and read() is to be called again.
  using Take = std::function<base::Status(std::size_t block, table::Table rows)>;
  base::Result<bool> read(const Take& take);

  // After read().

  std::size_t row_count() const noexcept { return row_count_; }
  /// The rows behind them are those of the test file.
  std::size_t data_row_count() const noexcept { return data_row_count_; }
  std::size_t first_row(std::size_t block) const noexcept;
  /// `data.csv: row N`, N counting the file's rows from 1.
  std::string row_name(std::size_t row) const;
  /// Role of an input -> SHA-256.
  const std::map<std::string, std::string, std::less<>>& inputs() const noexcept { return inputs_; }

 private:
  explicit RawInput(const PreprocessOptions& options, base::Progress& progress)
      : options_(&options), progress_(&progress) {}

  base::Status read_test_file();

  const PreprocessOptions* options_;
  base::Progress* progress_;
  contract::Schema schema_;
  table::Table rows_;
  std::size_t row_count_ = 0;
  std::size_t data_row_count_ = 0;
  std::map<std::string, std::string, std::less<>> inputs_;
};

}  // namespace archmlp::preprocess

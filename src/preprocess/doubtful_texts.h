#pragma once

#include <map>
#include <string>

#include "archmlp/base/result.h"
#include "archmlp/contract/recipe.h"
#include "archmlp/preprocess/raw_input.h"
#include "archmlp/table/numbers_in_text.h"
#include "archmlp/table/table.h"

namespace archmlp::preprocess {

/// Which raw text columns, of those that nobody said are text, look like numbers with a few other texts in
/// between. Counted block by block.
class DoubtfulTexts {
 public:
  DoubtfulTexts() = default;
  /// Of one block.
  DoubtfulTexts(const table::Table& rows, const contract::Recipe& recipe);

  /// What stands behind what was counted so far.
  void add(const DoubtfulTexts& behind);

  /// By name of the column.
  std::map<std::string, table::NumbersInText> found() const;

 private:
  std::map<std::string, table::NumbersInText> counts_;
};

/// `data.csv: row 5: column "age" is text because …`.
std::string describe_doubt(const RawInput& input, const std::string& column,
                           const table::NumbersInText& found);

/// `error` of a step with a hint at each column that only a few cells make text: perhaps that is the cause.
/// Reads the data once more. Precondition: its kinds are known.
base::Error with_doubtful_texts(base::Error error, RawInput& input, const contract::Recipe& recipe);

}  // namespace archmlp::preprocess

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/contract/schema.h"

namespace archmlp::contract {

/// What an unquoted cell must say to mean "missing", unless the user says otherwise.
std::vector<std::string> default_missing_values();  // "", NA, N/A, NaN, nan, null, NULL, None, ?, …

/// How to read a CSV; the keys of the recipe's `read:` and the flags of the same names.
struct CsvOptions {
  std::optional<char> delimiter;  // none: detected among , ; tab |
  bool header = true;             // otherwise columns are named c0, c1, …
  std::vector<std::string> missing_values = default_missing_values();
  std::map<std::string, std::vector<std::string>> column_missing_values;  // replaces the above for a column
  std::map<std::string, ColumnKind> types;                                // overrides the guess
  /// Columns that nobody will look at, the program's own choice and not the recipe's: their cells are not
  /// parsed. They come out as text, nullable, all missing, unless `types` names them.
  std::vector<std::string> unread;
  int thread_count = 0;  // 0: all; never changes the result
};

}  // namespace archmlp::contract

#include "archmlp/contract/csv_options.h"

namespace archmlp::contract {

// What pandas reads as missing, without its relics of C runtimes ("1.#IND", …), and with "?", which the data
// sets of the UCI repository use.
std::vector<std::string> default_missing_values() {
  return {"", "#N/A", "<NA>", "?", "N/A", "NA", "NAN", "NULL", "NaN", "None", "n/a", "nan", "null"};
}

}  // namespace archmlp::contract

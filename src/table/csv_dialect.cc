#include "archmlp/table/csv_dialect.h"

#include <optional>

#include "archmlp/base/text.h"
#include "archmlp/table/csv_scanner.h"

namespace archmlp::table {
namespace {

constexpr std::size_t kSampleRecords = 64;

struct Trial {
  std::size_t field_count = 0;
  bool alike = false;
};

Trial try_delimiter(std::string_view sample, bool complete, char delimiter) {
  CsvScanner scanner(sample, delimiter, 0);
  CsvBlock block;
  const std::optional<CsvFault> fault = scanner.next(kSampleRecords, block);
  const bool cut = fault && !complete && fault->record_end == sample.data() + sample.size();
  return {.field_count = scanner.field_count(), .alike = !fault || cut};
}

}  // namespace

char detect_delimiter(std::string_view sample, bool complete) {
  char best = ',';
  Trial best_trial;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const Trial trial = try_delimiter(sample, complete, delimiter);
    if (trial.field_count < 2) continue;
    const bool better =
        trial.alike != best_trial.alike ? trial.alike : trial.field_count > best_trial.field_count;
    if (better) {
      best = delimiter;
      best_trial = trial;
    }
  }
  return best;
}

base::Status check_delimiter(char delimiter) {
  if (delimiter != '"' && delimiter != '\n' && delimiter != '\r' && delimiter != '\0') return {};
  return base::Error{.message = base::quoted(std::string_view(&delimiter, 1)) + " cannot be a delimiter",
                     .hint = "use a comma, a semicolon, a tab or a bar"};
}

}  // namespace archmlp::table

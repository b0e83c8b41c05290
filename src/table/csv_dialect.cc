#include "archmlp/table/csv_dialect.h"

#include <optional>

#include "archmlp/base/text.h"
#include "archmlp/table/csv_scanner.h"

namespace archmlp::table {
namespace {

constexpr std::size_t kSampleBytes = std::size_t{256} << 10U;
constexpr std::size_t kSampleRecords = 64;

struct Trial {
  std::size_t field_count = 0;
  bool alike = false;
};

Trial try_delimiter(std::string_view body, char delimiter) {
  const std::string_view sample = body.substr(0, kSampleBytes);
  CsvScanner scanner(sample, delimiter, 0);
  CsvBlock block;
  const std::optional<CsvFault> fault = scanner.next(kSampleRecords, block);
  const bool cut = fault && sample.size() < body.size() && fault->record_end == sample.data() + sample.size();
  return {.field_count = scanner.field_count(), .alike = !fault || cut};
}

}  // namespace

base::Result<std::string_view> csv_body(std::string_view text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return base::Error{.message = "the file is UTF-16", .hint = "save it as UTF-8"};
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::size_t last = text.find_last_not_of("\r\n");
  if (last == std::string_view::npos) {
    return base::Error{
        .message = text.empty() ? "the file is empty" : "the file holds nothing but empty lines",
        .hint = "give a CSV with a header and at least one row"};
  }
  return text.substr(0, last + 1);
}

char detect_delimiter(std::string_view body) {
  char best = ',';
  Trial best_trial;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const Trial trial = try_delimiter(body, delimiter);
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

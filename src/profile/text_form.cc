#include "archmlp/profile/text_form.h"

#include <algorithm>
#include <optional>

#include "archmlp/table/cell_decoder.h"
#include "archmlp/table/number_parser.h"

namespace archmlp::profile {
namespace {

using table::NumberForm;

bool is_digit(char c) noexcept { return '0' <= c && c <= '9'; }
bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

NumberForm number_form(std::string_view text) noexcept {
  return table::parse_number(text.data(), text.data() + text.size()).form;
}

/// Digits, at least two, the first of them 0: a code rather than a number.
bool has_leading_zeros(std::string_view text) noexcept {
  return text.size() > 1 && text[0] == '0' && std::all_of(text.begin(), text.end(), is_digit);
}

/// Reads a text from its beginning.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const noexcept { return rest_.empty(); }
  bool skip(char wanted) noexcept {
    if (rest_.empty() || rest_[0] != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// A number of `least` to `most` digits.
  std::optional<int> digits(std::size_t least, std::size_t most) noexcept {
    std::size_t count = 0;
    int value = 0;
    while (count < most && count < rest_.size() && is_digit(rest_[count]))
      value = value * 10 + (rest_[count++] - '0');
    if (count < least) return std::nullopt;
    rest_.remove_prefix(count);
    return value;
  }
  bool digits_within(std::size_t least, std::size_t most, int low, int high) noexcept {
    const std::optional<int> value = digits(least, most);
    return value && low <= *value && *value <= high;
  }
  bool skip_digits() noexcept {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_digit);
    const bool any = end != rest_.begin();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
    return any;
  }

 private:
  std::string_view rest_;
};

bool read_day_and_month(Reader& reader, char separator) noexcept {
  const std::optional<int> first = reader.digits(1, 2);
  if (!first || !reader.skip(separator)) return false;
  const std::optional<int> second = reader.digits(1, 2);
  if (!second || *first < 1 || *second < 1) return false;
  return (*first <= 31 && *second <= 12) || (*first <= 12 && *second <= 31);
}

bool read_date(Reader& reader, std::string_view text) noexcept {
  const std::size_t at = text.find_first_of("-/.");
  if (at == std::string_view::npos) return false;
  const char separator = text[at];
  if (at == 4 && separator != '.') {
    return reader.digits_within(4, 4, 1000, 2999) && reader.skip(separator) &&
           reader.digits_within(1, 2, 1, 12) && reader.skip(separator) && reader.digits_within(1, 2, 1, 31);
  }
  return read_day_and_month(reader, separator) && reader.skip(separator) &&
         reader.digits_within(4, 4, 1000, 2999);
}

bool read_time(Reader& reader) noexcept {
  if (!reader.digits_within(1, 2, 0, 24) || !reader.skip(':') || !reader.digits_within(2, 2, 0, 59))
    return false;
  if (reader.skip(':')) {
    if (!reader.digits_within(2, 2, 0, 60)) return false;
    if (reader.skip('.') && !reader.skip_digits()) return false;
  }
  if (reader.skip('Z')) return true;
  if (!reader.skip('+') && !reader.skip('-')) return true;
  if (!reader.digits_within(2, 2, 0, 18)) return false;
  reader.skip(':');
  return reader.done() || reader.digits_within(2, 2, 0, 59);
}

}  // namespace

bool is_date(std::string_view text) noexcept {
  if (text.size() < 8 || text.size() > 40 || !is_digit(text[0])) return false;
  Reader reader(text);
  if (!read_date(reader, text)) return false;
  if (reader.done()) return true;
  return (reader.skip(' ') || reader.skip('T')) && read_time(reader) && reader.done();
}

TextForm form_of(std::string_view text) noexcept {
  if (text.empty()) return TextForm::kOther;
  switch (number_form(text)) {
    case NumberForm::kInteger:
      return TextForm::kInteger;
    case NumberForm::kBigInteger:
      return TextForm::kBigInteger;
    case NumberForm::kReal:
      return TextForm::kReal;
    case NumberForm::kNone:
      break;
  }
  if (has_leading_zeros(text)) return TextForm::kLeadingZeros;
  if (is_date(text)) return TextForm::kDate;
  if (table::decode_boolean(text)) return TextForm::kBoolean;
  if (is_blank(text.front()) || is_blank(text.back())) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return TextForm::kOther;
    const std::string_view inner = text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
    if (number_form(inner) != NumberForm::kNone) return TextForm::kBlankedNumber;
  }
  return TextForm::kOther;
}

}  // namespace archmlp::profile

#include "archmlp/transform/date_format.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/blanks.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;

constexpr std::size_t kLongestFormat = 256;
constexpr std::string_view kDirectives = "YymdHIMSjfbBaApz";
constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {"monday", "tuesday",  "wednesday", "thursday",
                                                       "friday", "saturday", "sunday"};

/// What was read of a date so far.
struct Fields {
  Day day;
  int day_of_year = 0;  // 0: not given
  int hour = 0;
  int minute = 0;
  int second = 0;
  int nanosecond = 0;
  int offset_minutes = 0;
  bool afternoon = false;
  bool half_days = false;

  std::optional<Instant> instant() const noexcept {
    std::int64_t days = 0;
    if (day.year < kFirstYear || day.year > kLastYear) return std::nullopt;
    if (day_of_year > 0) {
      if (day_of_year > transform::day_of_year({.year = day.year, .month = 12, .day = 31}))
        return std::nullopt;
      days = days_since_epoch({.year = day.year}) + day_of_year - 1;
    } else {
      if (day.day > days_in_month(day.year, day.month)) return std::nullopt;
      days = days_since_epoch(day);
    }
    const int hours = half_days ? hour % 12 + (afternoon ? 12 : 0) : hour;
    const std::int64_t seconds = days * kSecondsOfDay + (hours * 60 + minute - offset_minutes) * 60 + second;
    return Instant{.seconds = seconds, .nanoseconds = nanosecond};
  }
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// A date's text, taken from the front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }
  bool take(char wanted) noexcept {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void take_blanks() noexcept { rest_ = without_leading_blanks(rest_); }
  /// A number of `fewest` to `most` digits within the bounds.
  bool take_number(int& number, std::size_t fewest, std::size_t most, int least, int greatest) noexcept {
    std::size_t count = 0;
    int value = 0;
    while (count < most && count < rest_.size() && is_digit(rest_[count]))
      value = value * 10 + (rest_[count++] - '0');
    if (count < fewest || value < least || value > greatest) return false;
    rest_.remove_prefix(count);
    number = value;
    return true;
  }
  bool take_two(int& number, int least, int greatest) noexcept {
    return take_number(number, 2, 2, least, greatest);
  }
  /// Digits behind a decimal sign; those beyond nine are passed over if `any_length`.
  bool take_fraction(int& nanosecond, bool any_length) noexcept {
    std::size_t count = 0;
    int value = 0;
    while (count < rest_.size() && is_digit(rest_[count]) && (any_length || count < 9)) {
      if (count < 9) value = value * 10 + (rest_[count] - '0');
      ++count;
    }
    if (count == 0) return false;
    for (std::size_t digit = count; digit < 9; ++digit) value *= 10;
    rest_.remove_prefix(count);
    nanosecond = value;
    return true;
  }
  /// A name in full or its first three letters, from 1.
  template <std::size_t kCount>
  bool take_name(int& number, const std::array<std::string_view, kCount>& names) noexcept {
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::size_t length = starts_with(names[i]) ? names[i].size() : 3;
      if (!starts_with(names[i].substr(0, length))) continue;
      rest_.remove_prefix(length);
      number = static_cast<int>(i) + 1;
      return true;
    }
    return false;
  }
  bool take_half_day(bool& afternoon) noexcept {
    afternoon = starts_with("pm");
    if (!afternoon && !starts_with("am")) return false;
    rest_.remove_prefix(2);
    return true;
  }
  bool take_offset(int& minutes) noexcept {
    if (take('Z') || take('z')) return true;
    const bool west = !rest_.empty() && rest_.front() == '-';
    if (!west && (rest_.empty() || rest_.front() != '+')) return false;
    rest_.remove_prefix(1);
    int hours = 0;
    int of_hour = 0;
    if (!take_two(hours, 0, 23)) return false;
    const bool has_colon = take(':');
    const bool has_minutes = !rest_.empty() && is_digit(rest_.front());
    if ((has_colon || has_minutes) && !take_two(of_hour, 0, 59)) return false;
    minutes = (hours * 60 + of_hour) * (west ? -1 : 1);
    return true;
  }

 private:
  bool starts_with(std::string_view lower) const noexcept {
    if (rest_.size() < lower.size()) return false;
    for (std::size_t i = 0; i < lower.size(); ++i) {
      const char c = rest_[i];
      if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
    }
    return true;
  }

  std::string_view rest_;
};

bool take_year(Cursor& cursor, Fields& fields) noexcept {
  int year = 0;
  if (!cursor.take_number(year, 4, 4, 0, 9999)) return false;
  fields.day.year = year;
  return true;
}

bool take_short_year(Cursor& cursor, Fields& fields) noexcept {
  int year = 0;
  if (!cursor.take_two(year, 0, 99)) return false;
  fields.day.year = year + (year < 69 ? 2000 : 1900);
  return true;
}

bool take_directive(char directive, Cursor& cursor, Fields& fields) noexcept {
  int ignored = 0;
  switch (directive) {
    case 'Y':
      return take_year(cursor, fields);
    case 'y':
      return take_short_year(cursor, fields);
    case 'm':
      return cursor.take_number(fields.day.month, 1, 2, 1, 12);
    case 'd':
      return cursor.take_number(fields.day.day, 1, 2, 1, 31);
    case 'H':
      return cursor.take_number(fields.hour, 1, 2, 0, 23);
    case 'I':
      return cursor.take_number(fields.hour, 1, 2, 1, 12);
    case 'M':
      return cursor.take_number(fields.minute, 1, 2, 0, 59);
    case 'S':
      return cursor.take_number(fields.second, 1, 2, 0, 59);
    case 'j':
      return cursor.take_number(fields.day_of_year, 1, 3, 1, 366);
    case 'f':
      return cursor.take_fraction(fields.nanosecond, false);
    case 'b':
      return cursor.take_name(fields.day.month, kMonths);
    case 'a':
      return cursor.take_name(ignored, kWeekdays);
    case 'p':
      fields.half_days = true;
      return cursor.take_half_day(fields.afternoon);
    case 'z':
      return cursor.take_offset(fields.offset_minutes);
    default:
      cursor.take_blanks();
      return true;
  }
}

std::optional<Instant> parse_iso(std::string_view written) noexcept {
  Cursor cursor(written);
  Fields fields;
  if (!take_year(cursor, fields) || !cursor.take('-') || !cursor.take_two(fields.day.month, 1, 12))
    return std::nullopt;
  if (cursor.at_end()) return fields.instant();
  if (!cursor.take('-') || !cursor.take_two(fields.day.day, 1, 31)) return std::nullopt;
  if (cursor.at_end()) return fields.instant();
  if (!cursor.take('T') && !cursor.take('t') && !cursor.take(' ')) return std::nullopt;
  if (!cursor.take_two(fields.hour, 0, 23) || !cursor.take(':') || !cursor.take_two(fields.minute, 0, 59))
    return std::nullopt;
  if (cursor.take(':')) {
    if (!cursor.take_two(fields.second, 0, 59)) return std::nullopt;
    if ((cursor.take('.') || cursor.take(',')) && !cursor.take_fraction(fields.nanosecond, true))
      return std::nullopt;
  }
  if (cursor.at_end()) return fields.instant();
  if (!cursor.take_offset(fields.offset_minutes) || !cursor.at_end()) return std::nullopt;
  return fields.instant();
}

/// %F and %T written out; the long names of months and days as the short ones, which take both.
Result<std::string> expanded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const char directive = ++i < text.size() ? text[i] : ' ';
    if (directive == 'F') {
      result += "%Y-%m-%d";
    } else if (directive == 'T') {
      result += "%H:%M:%S";
    } else if (directive == '%' || kDirectives.find(directive) != kDirectives.npos) {
      result += {'%', directive == 'B' ? 'b' : directive == 'A' ? 'a' : directive};
    } else {
      return Error{
          .message =
              fmt::format("the format {} has an unknown directive, %{}", base::quoted(text), directive),
          .hint = fmt::format("known: %{}, %F, %T, %%, or {}", fmt::join(kDirectives, ", %"), kIso8601)};
    }
  }
  return result;
}

/// Do the directives of a format go together?
base::Status check_directives(std::string_view text, const std::set<char>& used) {
  const auto has = [&used](char directive) { return used.contains(directive); };
  const auto problem = [text](std::string_view what) {
    return Error{.message = fmt::format("the format {} {}", base::quoted(text), what)};
  };
  if (has('Y') && has('y')) return problem("has two years");
  if (has('m') && has('b')) return problem("has two months");
  if (has('j') && (has('m') || has('b') || has('d')))
    return problem("has a day of the year beside a day of a month");
  if (has('H') && has('I')) return problem("has two hours");
  if (has('I') != has('p')) return problem("needs %I and %p together");
  const bool has_day = has('m') || has('b') || has('d') || has('j');
  if (has_day && !has('Y') && !has('y')) return problem("has a day but no year");
  if (has('d') && !has('m') && !has('b')) return problem("has a day but no month");
  return {};
}

}  // namespace

Result<DateFormat> DateFormat::compile(std::string_view text) {
  DateFormat format;
  format.text_ = text;
  if (text == kIso8601) return format;
  if (text.size() > kLongestFormat) {
    return Error{.message = fmt::format("a date's format has more than {} characters", kLongestFormat)};
  }
  const std::string items = TRY(expanded(text));
  std::set<char> used;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i] != '%' || items[i + 1] == '%') {
      const bool is_blank = leading_blank(std::string_view(&items[i], 1)) > 0;
      format.items_.push_back(is_blank ? Item{.directive = ' '} : Item{.literal = items[i]});
      if (items[i] == '%') ++i;
      continue;
    }
    const char directive = items[++i];
    if (!used.insert(directive).second) {
      return Error{.message = fmt::format("the format {} has %{} twice", base::quoted(text), directive)};
    }
    format.items_.push_back({.directive = directive});
  }
  if (used.empty()) {
    return Error{.message = fmt::format("the format {} says nothing of a date", base::quoted(text)),
                 .hint = fmt::format("as in %Y-%m-%d or %d.%m.%y %H:%M, or {}", kIso8601)};
  }
  TRY(check_directives(text, used));
  return format;
}

std::optional<Instant> DateFormat::parse(std::string_view written) const noexcept {
  written = trimmed(written);
  std::optional<Instant> instant;
  if (is_iso()) {
    instant = parse_iso(written);
  } else {
    Cursor cursor(written);
    Fields fields;
    for (const Item& item : items_) {
      const bool is_taken =
          item.directive == 0 ? cursor.take(item.literal) : take_directive(item.directive, cursor, fields);
      if (!is_taken) return std::nullopt;
    }
    if (!cursor.at_end()) return std::nullopt;
    instant = fields.instant();
  }
  // An offset may lead out of the calendar.
  return instant ? instant_of(instant->days(), TimeUnit::kDays) ? instant : std::nullopt : std::nullopt;
}

}  // namespace archmlp::transform

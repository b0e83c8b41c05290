#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/transform/calendar.h"

namespace archmlp::transform {

/// The format that is none of directives: dates and times as ISO 8601 writes them.
inline constexpr std::string_view kIso8601 = "ISO8601";

/// Reads dates, in the same way on every machine: month and day names are English, in either case, whatever
/// the locale. A format is ISO8601, or text with strptime's directives:
///   %Y year, four digits   %y year, two digits: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068
///   %m %d %H %I %M %S      one or two digits     %j day of the year, one to three     %f fraction, one to
///   nine %b %B %a %A            a name, short or long, either for each; that of a day is not held against
///   the date %p AM or PM            %z Z, +HH, +HHMM, +HH:MM                                    %% a percent
///   sign %F is %Y-%m-%d         %T is %H:%M:%S         a blank is any number of blanks, the rest stands for
///   itself
/// What the format does not say is that of 1970-01-01T00:00:00Z.
/// ISO8601 takes YYYY-MM, YYYY-MM-DD, and behind that T or a blank, HH:MM, :SS, a fraction, and Z or an
/// offset.
class DateFormat {
 public:
  /// Errors: kInvalidInput: an unknown directive, one that is there twice or does not go with another.
  static base::Result<DateFormat> compile(std::string_view text);

  const std::string& text() const noexcept { return text_; }
  bool is_iso() const noexcept { return items_.empty(); }
  /// Blanks around `written` do not matter. Nothing if it is no such date, or one that does not exist.
  std::optional<Instant> parse(std::string_view written) const noexcept;

 private:
  struct Item {
    char directive = 0;  // 0: `literal` stands for itself, ' ': blanks
    char literal = 0;
  };
  std::string text_;
  std::vector<Item> items_;
};

}  // namespace archmlp::transform

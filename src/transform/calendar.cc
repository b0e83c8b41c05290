#include "archmlp/transform/calendar.h"

#include <array>

namespace archmlp::transform {
namespace {

constexpr std::int64_t kDaysOf400Years = 146'097;
constexpr std::int64_t kEpoch = 719'468;  // days from 0000-03-01 to 1970-01-01
constexpr std::int64_t kFirstDay = -719'162;
constexpr std::int64_t kLastDay = 2'932'896;
constexpr std::array<int, 12> kDaysBefore = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

struct NamedUnit {
  TimeUnit unit;
  std::string_view name;
};
constexpr NamedUnit kUnits[] = {{TimeUnit::kDays, "D"},
                                {TimeUnit::kSeconds, "s"},
                                {TimeUnit::kMilliseconds, "ms"},
                                {TimeUnit::kMicroseconds, "us"}};

bool is_leap(std::int64_t year) noexcept { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

std::int64_t floor_division(std::int64_t a, std::int64_t b) noexcept { return a / b - (a % b < 0 ? 1 : 0); }

/// Units in a second, for those that are no longer than one.
std::int64_t units_of_second(TimeUnit unit) noexcept {
  if (unit == TimeUnit::kMilliseconds) return 1'000;
  return unit == TimeUnit::kMicroseconds ? 1'000'000 : 1;
}

}  // namespace

int days_in_month(std::int64_t year, int month) noexcept {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Years are counted from March, so that the leap day is the last of one.

std::int64_t days_since_epoch(const Day& day) noexcept {
  const std::int64_t year = day.year - (day.month <= 2 ? 1 : 0);
  const std::int64_t month = (day.month + 9) % 12;  // March is 0
  const std::int64_t days = (153 * month + 2) / 5 + day.day - 1;
  return year * 365 + floor_division(year, 4) - floor_division(year, 100) + floor_division(year, 400) + days -
         kEpoch;
}

Day day_of(std::int64_t days) noexcept {
  const std::int64_t shifted = days + kEpoch;
  const std::int64_t era = floor_division(shifted, kDaysOf400Years);
  const std::int64_t of_era = shifted - era * kDaysOf400Years;
  const std::int64_t year = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * of_year + 2) / 153;
  const auto calendar_month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  return {.year = era * 400 + year + (calendar_month <= 2 ? 1 : 0),
          .month = calendar_month,
          .day = static_cast<int>(of_year - (153 * month + 2) / 5 + 1)};
}

int weekday_of(std::int64_t days) noexcept {
  const std::int64_t from_monday = (days + 3) % 7;  // 1970-01-01 was a Thursday
  return static_cast<int>(from_monday < 0 ? from_monday + 7 : from_monday);
}

int day_of_year(const Day& day) noexcept {
  const int leap_day = day.month > 2 && is_leap(day.year) ? 1 : 0;
  return kDaysBefore[static_cast<std::size_t>(day.month - 1)] + leap_day + day.day;
}

int iso_week(std::int64_t days) noexcept {
  const std::int64_t thursday = days - weekday_of(days) + 3;
  return (day_of_year(day_of(thursday)) - 1) / 7 + 1;
}

std::int64_t Instant::days() const noexcept { return floor_division(seconds, kSecondsOfDay); }
int Instant::second_of_day() const noexcept { return static_cast<int>(seconds - days() * kSecondsOfDay); }

std::string_view to_string(TimeUnit unit) noexcept {
  for (const NamedUnit& one : kUnits) {
    if (one.unit == unit) return one.name;
  }
  return "";
}

std::optional<TimeUnit> time_unit_from(std::string_view name) noexcept {
  for (const NamedUnit& one : kUnits) {
    if (one.name == name) return one.unit;
  }
  return std::nullopt;
}

std::int64_t count_of(const Instant& instant, TimeUnit unit) noexcept {
  if (unit == TimeUnit::kDays) return instant.days();
  const std::int64_t units = units_of_second(unit);
  return instant.seconds * units + instant.nanoseconds / (1'000'000'000 / units);
}

std::optional<Instant> instant_of(std::int64_t count, TimeUnit unit) noexcept {
  const std::int64_t units = units_of_second(unit);
  const std::int64_t seconds = floor_division(count, units);
  const std::int64_t days = unit == TimeUnit::kDays ? count : floor_division(seconds, kSecondsOfDay);
  if (days < kFirstDay || days > kLastDay) return std::nullopt;
  if (unit == TimeUnit::kDays) return Instant{.seconds = days * kSecondsOfDay};
  const std::int64_t rest = count - seconds * units;
  return Instant{.seconds = seconds,
                 .nanoseconds = static_cast<std::int32_t>(rest * (1'000'000'000 / units))};
}

}  // namespace archmlp::transform

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace archmlp::transform {

/// A day of the Gregorian calendar, which is taken to have been in force always.
struct Day {
  std::int64_t year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
};

inline constexpr std::int64_t kFirstYear = 1;
inline constexpr std::int64_t kLastYear = 9999;
inline constexpr std::int64_t kSecondsOfDay = 86'400;

int days_in_month(std::int64_t year, int month) noexcept;
/// Days since 1970-01-01. Precondition: a day that exists, of a year from kFirstYear to kLastYear.
std::int64_t days_since_epoch(const Day& day) noexcept;
/// Precondition: a day of those years.
Day day_of(std::int64_t days) noexcept;
/// 0 is Monday.
int weekday_of(std::int64_t days) noexcept;
/// From 1.
int day_of_year(const Day& day) noexcept;
/// As ISO 8601 counts: week 1 is the one with the year's first Thursday.
int iso_week(std::int64_t days) noexcept;

/// A point in time, without leap seconds.
struct Instant {
  std::int64_t seconds = 0;      // since 1970-01-01T00:00:00Z
  std::int32_t nanoseconds = 0;  // [0, 10^9)

  std::int64_t days() const noexcept;
  int second_of_day() const noexcept;  // [0, 86400)
};

/// What a date is counted in, since 1970-01-01T00:00:00Z.
enum class TimeUnit { kDays, kSeconds, kMilliseconds, kMicroseconds };

/// "D", "s", "ms", "us", as pandas calls them.
std::string_view to_string(TimeUnit unit) noexcept;
std::optional<TimeUnit> time_unit_from(std::string_view name) noexcept;
/// The whole units that have passed: the part of one that is left is cut off, towards the past.
std::int64_t count_of(const Instant& instant, TimeUnit unit) noexcept;
/// Nothing outside the years from kFirstYear to kLastYear.
std::optional<Instant> instant_of(std::int64_t count, TimeUnit unit) noexcept;

}  // namespace archmlp::transform

#include "archmlp/transform/date_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>

#include "archmlp/transform/cyclic.h"

namespace archmlp::transform {
namespace {

using ::testing::HasSubstr;

std::optional<std::int64_t> seconds(std::string_view format, std::string_view written) {
  const auto compiled = DateFormat::compile(format);
  EXPECT_TRUE(compiled.ok()) << base::to_string(compiled.error());
  const auto instant = compiled->parse(written);
  return instant ? std::optional(instant->seconds) : std::nullopt;
}

std::string problem(std::string_view format) {
  const auto compiled = DateFormat::compile(format);
  return compiled.ok() ? "accepted" : base::to_string(compiled.error());
}

// Day by day through the whole calendar, against counting.
TEST(Calendar, CountsEveryDay) {
  Day day{.year = kFirstYear};
  int weekday = 0;  // 0001-01-01 was a Monday
  std::int64_t days = -719'162;
  for (; day.year <= kLastYear; ++days) {
    ASSERT_EQ(days_since_epoch(day), days);
    const Day back = day_of(days);
    ASSERT_TRUE(back.year == day.year && back.month == day.month && back.day == day.day) << days;
    ASSERT_EQ(weekday_of(days), weekday);
    weekday = (weekday + 1) % 7;
    if (++day.day <= days_in_month(day.year, day.month)) continue;
    day.day = 1;
    if (++day.month <= 12) continue;
    day.month = 1;
    ++day.year;
  }
  EXPECT_EQ(days, 2'932'897);
}

TEST(Calendar, CountsUnitsTowardsThePast) {
  const Instant instant{.seconds = -1, .nanoseconds = 999'999'999};
  EXPECT_EQ(count_of(instant, TimeUnit::kSeconds), -1);
  EXPECT_EQ(count_of(instant, TimeUnit::kMilliseconds), -1);
  EXPECT_EQ(count_of(instant, TimeUnit::kDays), -1);
  EXPECT_EQ(instant_of(-1, TimeUnit::kMicroseconds)->nanoseconds, 999'999'000);
  EXPECT_EQ(instant_of(-1, TimeUnit::kMicroseconds)->seconds, -1);
  EXPECT_EQ(instant_of(2'932'897, TimeUnit::kDays), std::nullopt);
  EXPECT_EQ(instant_of(INT64_MIN, TimeUnit::kDays), std::nullopt);
  EXPECT_EQ(instant_of(INT64_MAX, TimeUnit::kSeconds), std::nullopt);
}

TEST(DateFormat, ReadsIso8601) {
  const auto iso = [](std::string_view written) { return seconds(kIso8601, written); };
  EXPECT_EQ(iso("1970-01-01"), 0);
  EXPECT_EQ(iso("1970-02"), 31 * 86400);
  EXPECT_EQ(iso(" 2024-02-29T12:30:15 "), 1709209815);
  EXPECT_EQ(iso("2024-02-29 12:30"), 1709209800);
  EXPECT_EQ(iso("2024-02-29T12:30:15.25Z"), 1709209815);
  EXPECT_EQ(iso("2024-02-29T12:30:15,123456789123+02:00"), 1709209815 - 7200);
  EXPECT_EQ(iso("2024-02-29T12:30:15-0530"), 1709209815 + 19800);
  EXPECT_EQ(iso("0001-01-01"), -62135596800);
  EXPECT_EQ(iso("9999-12-31T23:59:59"), 253402300799);
  for (const std::string_view written : {"",
                                         "2023-02-29",
                                         "2024-13-01",
                                         "2024-00-10",
                                         "2024-1-1",
                                         "24-01-01",
                                         "2024-01-01T",
                                         "2024-01-01T24:00",
                                         "2024-01-01T10",
                                         "2024-01-01T10:60",
                                         "2024-01-01T10:00:60",
                                         "2024-01-01T10:00:00.",
                                         "2024-01-01T10:00+",
                                         "2024-01-01T10:00+1",
                                         "2024-01-01x",
                                         "2024/01/01",
                                         "0000-01-01",
                                         "0001-01-01T00:00+01:00",
                                         "9999-12-31T23:00-02:00",
                                         "2024-01-0\u0661"}) {
    EXPECT_EQ(iso(written), std::nullopt) << written;
  }
}

TEST(DateFormat, FollowsDirectives) {
  EXPECT_EQ(seconds("%d/%m/%y", "1/2/70"), 31 * 86400);
  EXPECT_EQ(seconds("%d/%m/%y", "01/01/69"), -31536000);
  EXPECT_EQ(seconds("%d/%m/%y", "01/01/68"), 3092601600);
  EXPECT_EQ(seconds("%Y%m%d", "20240229"), 1709164800);
  EXPECT_EQ(seconds("%F %T", "2024-02-29 12:30:15"), 1709209815);
  EXPECT_EQ(seconds("%A, %d. %B %Y", "thursday, 29. FEB 2024"), 1709164800);
  EXPECT_EQ(seconds("%b %d %Y %I:%M %p", "February 29 2024 12:30 AM"), 1709164800 + 1800);
  EXPECT_EQ(seconds("%I %p", "12 pm"), 43200);
  EXPECT_EQ(seconds("%H:%M", "18:05"), 65100);  // a time alone
  EXPECT_EQ(seconds("%Y-%j", "2024-060"), 1709164800);
  EXPECT_EQ(seconds("%Y-%j", "2023-366"), std::nullopt);
  EXPECT_EQ(seconds("%Y %m", "2024    02"), 1706745600);
  EXPECT_EQ(seconds("%H%%", "5%"), 18000);
  EXPECT_EQ(seconds("%H:%M:%S.%f%z", "00:00:01.5+01"), -3599);
  EXPECT_EQ(seconds("%d.%m.%Y", "31.04.2024"), std::nullopt);
  EXPECT_EQ(seconds("%d.%m.%Y", "30.04.2024 "), 1714435200);
  EXPECT_EQ(seconds("%d.%m.%Y", "30.04.2024x"), std::nullopt);
  EXPECT_EQ(seconds("%d.%m.%Y", "30.04.20"), std::nullopt);
  EXPECT_EQ(seconds("%b %Y", "Mär 2024"), std::nullopt);
}

TEST(DateFormat, RefusesFormatsThatMeanNothing) {
  EXPECT_THAT(problem("%Y-%m-%Q"), HasSubstr("unknown directive, %Q"));
  EXPECT_THAT(problem("%Y%"), HasSubstr("unknown directive"));
  EXPECT_THAT(problem("day"), HasSubstr("says nothing of a date"));
  EXPECT_THAT(problem("%Y %Y"), HasSubstr("has %Y twice"));
  EXPECT_THAT(problem("%Y %y"), HasSubstr("two years"));
  EXPECT_THAT(problem("%m/%d"), HasSubstr("has a day but no year"));
  EXPECT_THAT(problem("%Y %d"), HasSubstr("has a day but no month"));
  EXPECT_THAT(problem("%I:%M"), HasSubstr("%I and %p together"));
  EXPECT_THAT(problem("%H %I %p"), HasSubstr("two hours"));
  EXPECT_THAT(problem("%Y %j %d"), HasSubstr("day of the year beside"));
  EXPECT_THAT(problem(std::string(300, ' ') + "%Y"), HasSubstr("more than 256"));
}

TEST(CirclePoint, IsOnTheCircle) {
  for (const int count : {1, 4, 7, 12, 24, 31, 53, 60, 366, 1000}) {
    for (int step = 0; step < count; ++step) {
      const CirclePoint point = circle_point(step, count);
      const double angle = 2.0 * std::numbers::pi * step / count;
      ASSERT_NEAR(point.sine, std::sin(angle), 4e-15) << step << " of " << count;
      ASSERT_NEAR(point.cosine, std::cos(angle), 4e-15) << step << " of " << count;
    }
  }
  EXPECT_EQ(circle_point(3, 12).sine, 1.0);
  EXPECT_EQ(circle_point(3, 12).cosine, 0.0);
  EXPECT_EQ(circle_point(6, 12).cosine, -1.0);
  EXPECT_FALSE(std::signbit(circle_point(6, 12).sine));
}

}  // namespace
}  // namespace archmlp::transform

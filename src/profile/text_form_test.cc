#include "archmlp/profile/text_form.h"

#include <gtest/gtest.h>

namespace archmlp::profile {
namespace {

TEST(TextForm, Forms) {
  EXPECT_EQ(form_of("42"), TextForm::kInteger);
  EXPECT_EQ(form_of("-1.5e3"), TextForm::kReal);
  EXPECT_EQ(form_of("92233720368547758070"), TextForm::kBigInteger);
  EXPECT_EQ(form_of("00123"), TextForm::kLeadingZeros);
  EXPECT_EQ(form_of(" 42"), TextForm::kBlankedNumber);
  EXPECT_EQ(form_of("4.2\t"), TextForm::kBlankedNumber);
  EXPECT_EQ(form_of("TRUE"), TextForm::kBoolean);
  EXPECT_EQ(form_of("2024-05-01"), TextForm::kDate);
  for (const char* text : {"", " ", "n/a", "1,000", "0x10", "12 34", "-", "0123-4"}) {
    EXPECT_EQ(form_of(text), TextForm::kOther) << text;
  }
}

TEST(TextForm, Dates) {
  for (const char* text : {"2024-05-01", "2024/5/1", "01.05.2024", "5/31/2024", "31/5/2024", "31-12-1999",
                           "2024-05-01 13:00", "2024-05-01T13:00:59", "2024-05-01T13:00:59.123Z",
                           "2024-05-01 13:00:59+02:00", "2024-05-01T13:00-0530"}) {
    EXPECT_TRUE(is_date(text)) << text;
  }
  for (const char* text :
       {"",           "2024",         "20240501",           "2024-13-01",       "2024-00-10",
        "2024-05-32", "2024-05",      "32.05.2024",         "13/13/2024",       "2024-05/01",
        "01.05.24",   "2024-05-01x",  "2024-05-01 ",        "2024-05-01T25:00", "2024-05-01 13:60",
        "2024.05.01", "192.168.1.10", "2024-05-01 13:00 Z", "0000-01-01",       "1-800-5551234"}) {
    EXPECT_FALSE(is_date(text)) << text;
  }
}

}  // namespace
}  // namespace archmlp::profile

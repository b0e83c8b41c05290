#include "archmlp/serve/request_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace archmlp::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(RequestOptions, SplitsAndDecodesQueries) {
  const std::array<std::string, 2> known = {"a", "b c"};
  EXPECT_EQ(path_of("/predict?x=1"), "/predict");
  EXPECT_EQ(path_of("/predict"), "/predict");
  EXPECT_THAT(*query_of("/p?a=1%2B+x&b%20c=", known), ElementsAre(Pair("a", "1+ x"), Pair("b c", "")));
  EXPECT_THAT(*query_of("/p", known), IsEmpty());
  EXPECT_THAT(*query_of("/p?", known), IsEmpty());
  EXPECT_THAT(*query_of("/p?a", known), ElementsAre(Pair("a", "")));
  for (const std::string_view target : {"/p?a=%", "/p?a=%2", "/p?a=%zz", "/p?%=1"}) {
    EXPECT_THAT(query_of(target, known).error().message, HasSubstr("malformed escape")) << target;
  }
  EXPECT_THAT(query_of("/p?a=1&a=2", known).error().message, HasSubstr("twice"));
}

TEST(RequestOptions, UnknownParametersNameTheNearest) {
  const std::array<std::string, 2> known = {"features", "probabilities"};
  const base::Error error = query_of("/p?feature=raw", known).error();
  EXPECT_THAT(error.message, HasSubstr("\"feature\""));
  EXPECT_THAT(error.hint, HasSubstr("did you mean \"features\""));
}

TEST(RequestOptions, BodyFormats) {
  for (const std::string_view type :
       {"", "application/json", "Application/JSON; charset=utf-8", "application/json;charset=\"UTF-8\"",
        "application/x-www-form-urlencoded"}) {
    EXPECT_EQ(body_format_of(type), BodyFormat::kJson) << type;
  }
  for (const std::string_view type : {"application/x-ndjson", "application/jsonl ; charset=utf-8"}) {
    EXPECT_EQ(body_format_of(type), BodyFormat::kJsonLines) << type;
  }
  for (const std::string_view type : {"text/csv", "text/csv; charset=utf-8", "application/csv"}) {
    EXPECT_EQ(body_format_of(type), BodyFormat::kCsv) << type;
  }
  for (const std::string_view type : {"text/plain", "application/json; charset=latin1",
                                      "text/csv; charset=latin1", "json", "application/xml", ";"}) {
    EXPECT_EQ(body_format_of(type), std::nullopt) << type;
  }
}

TEST(RequestOptions, TextIsGivenToThoseWhoPreferIt) {
  for (const std::string_view accept :
       {"text/plain", "text/plain, */*", "text/plain;charset=utf-8", "application/json;q=0.5, text/plain",
        "TEXT/PLAIN", "text/*", "text/plain, application/json", "*/*;q=0.1, text/plain;q=0.9"}) {
    EXPECT_EQ(preferred_format(accept), AnswerFormat::kText) << accept;
  }
  for (const std::string_view accept :
       {"", "*/*", "application/json", "application/json, text/plain, */*",
        "text/html,application/xhtml+xml,*/*;q=0.8", "text/plain;q=0.5, application/json", "text/plain;q=0",
        "application/*", "image/png", ",,;;q=,", "text/plain;q=0, */*"}) {
    EXPECT_EQ(preferred_format(accept), AnswerFormat::kJson) << accept;
  }
  for (const std::string_view accept : {"text/csv", "text/csv, */*;q=0.5", "text/csv, application/json"}) {
    EXPECT_EQ(preferred_format(accept), AnswerFormat::kCsv) << accept;
  }
  EXPECT_EQ(preferred_format("text/csv;q=0"), AnswerFormat::kJson);
  EXPECT_EQ(preferred_format("application/json, text/csv"), AnswerFormat::kJson);
}

}  // namespace
}  // namespace archmlp::serve

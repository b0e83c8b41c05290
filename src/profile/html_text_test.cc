#include "archmlp/profile/html_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace archmlp::profile {
namespace {

TEST(HtmlText, MarkupIsEscaped) {
  EXPECT_EQ(html_text("<b a='x' c=\"y\">&</b>"), "&lt;b a=&#39;x&#39; c=&quot;y&quot;&gt;&amp;&lt;/b&gt;");
  EXPECT_EQ(html_text("東京 é"), "東京 é");
}

TEST(HtmlText, WhatCannotBeSeenIsShown) {
  EXPECT_EQ(html_text(std::string_view("a\0b\x1b\n", 5)), "a\\x00b\\x1b\\n");
  EXPECT_EQ(html_text("a\u2028b\u202Ec\u2066d\uFEFF"), "a\\u2028b\\u202ec\\u2066d\\ufeff");
  EXPECT_EQ(html_text("“quoted” – …"), "“quoted” – …");
}

TEST(HtmlText, JsonCannotEndItsScript) {
  const nlohmann::ordered_json hostile = {{"</script>", "<!--<script>&\u2028\"\\"}};
  const std::string text = json_for_script(hostile);
  EXPECT_EQ(text.find_first_of("<>&"), std::string::npos);
  for (const char c : text) EXPECT_TRUE(0x20 <= c && c < 0x7F);
  EXPECT_EQ(nlohmann::ordered_json::parse(text), hostile);
}

TEST(HtmlText, HashOfAScript) {
  // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
  EXPECT_EQ(script_hash("alert(1)"), "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='");
}

}  // namespace
}  // namespace archmlp::profile

#include "archmlp/profile/profile_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "archmlp/profile/html_text.h"
#include "archmlp/profile/test_table.h"

namespace archmlp::profile {
namespace {

using table::Column;
using table::IntegerCells;
using table::Table;
using testing::HasSubstr;
using testing::Not;

const PageFiles kWithoutCharts{"/* style */", "/* script */", ""};
const PageFiles kWithCharts{"/* style */", "/* script */", "/* runtime */"};

Table example() {
  return table_of(
      {Column("age", IntegerCells{{31, 45, 45, 60}, {}}), text_column("plan", {"pro", "basic", "pro", "-"})});
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(ProfilePage, ChartsAreSpecificationsInThePage) {
  const Table table = example();
  const std::string html = to_html(profile_of(table, "plan"), table, "people.csv", kWithCharts);
  // The label's balance, a chart a column, the associations.
  EXPECT_EQ(count_of(html, "<script type=\"application/json\">"), 4U);
  for (std::size_t at = 0; (at = html.find("application/json\">", at)) != std::string::npos;) {
    at += std::string_view("application/json\">").size();
    const auto spec = nlohmann::json::parse(html.substr(at, html.find("</script>", at) - at));
    EXPECT_EQ(spec["$schema"], "https://vega.github.io/schema/vega-lite/v5.json");
    EXPECT_FALSE(spec["data"]["values"].empty());
  }
  EXPECT_THAT(html, HasSubstr("/* runtime */"));
  EXPECT_THAT(html, Not(HasSubstr("built without")));
}

TEST(ProfilePage, WithoutTheRuntimeThereAreTables) {
  const Table table = example();
  const std::string html = to_html(profile_of(table, "plan"), table, "people.csv", kWithoutCharts);
  EXPECT_EQ(count_of(html, "application/json"), 0U);
  EXPECT_THAT(html, HasSubstr("built without the chart library"));
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\">pro</th><td>2</td>"));
  EXPECT_THAT(html, HasSubstr("50.0 %</td><td>2</td><td>0</td></tr>"))
      << "pro rows by the classes pro, basic";
  EXPECT_THAT(html, HasSubstr("<svg class=\"spark\""));
}

TEST(ProfilePage, AllowsItsOwnScriptsOnly) {
  const Table table = example();
  const std::string html = to_html(profile_of(table), table, "people.csv", kWithCharts);
  EXPECT_THAT(html, HasSubstr("default-src 'none'; script-src " + script_hash("/* script */") + " " +
                              script_hash("/* runtime */") + ";"));
  EXPECT_EQ(count_of(html, "<script>"), 2U);
  EXPECT_EQ(count_of(html, "src="), 0U);
  EXPECT_EQ(count_of(html, "href=\"#"), count_of(html, "href="));
}

TEST(ProfilePage, HostileNamesAndValuesAreText) {
  const std::string hostile =
      "</script><script>alert(1)</script><img src=x onerror='alert(2)'>\"\u2028\u202E\x01";
  const Table table =
      table_of({text_column(hostile, {hostile, "b", hostile}), text_column("y", {hostile, "2", "3"})});
  for (const PageFiles& files : {kWithCharts, kWithoutCharts}) {
    const std::string html = to_html(profile_of(table, hostile), table, hostile, files);
    EXPECT_THAT(html, HasSubstr("&lt;/script&gt;"));
    EXPECT_EQ(count_of(html, "<script>"), files.chart_runtime.empty() ? 1U : 2U);
    EXPECT_EQ(count_of(html, "<img"), 0U);
    EXPECT_EQ(count_of(html, "\u2028") + count_of(html, "\u202E") + count_of(html, "\x01"), 0U);
    EXPECT_EQ(count_of(html, "<script"), count_of(html, "</script>"));
  }
}

TEST(ProfilePage, WideTablesAreFolded) {
  std::vector<Column> columns;
  for (int index = 0; index < 200; ++index)
    columns.emplace_back("c" + std::to_string(index), IntegerCells{{index, 1, 3}, {}});
  const Table table = table_of(std::move(columns));
  const std::string html = to_html(profile_of(table), table, "wide.csv", kWithCharts);
  EXPECT_EQ(count_of(html, "<details class=\"column\""), 200U);
  EXPECT_EQ(count_of(html, "<details class=\"column\" id=\"column-7\">"), 1U);
}

TEST(ProfilePage, EmptyTables) {
  const Table without_rows = table_of({Column("only", IntegerCells{})});
  EXPECT_THAT(to_html(profile_of(without_rows), without_rows, "t", kWithCharts),
              HasSubstr("No cell has a value"));
  EXPECT_THAT(to_html(profile_of(Table()), Table(), "t", kWithCharts), HasSubstr("</html>"));
}

TEST(PageFiles, AreInTheProgram) {
  EXPECT_THAT(std::string(page_files().style), HasSubstr(".column"));
  EXPECT_THAT(std::string(page_files().script), HasSubstr("IntersectionObserver"));
  EXPECT_EQ(page_files().chart_runtime.find("</script"), std::string_view::npos);
}

}  // namespace
}  // namespace archmlp::profile

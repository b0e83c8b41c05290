#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archmlp/profile/profile.h"

// What the tests of this module share.

namespace archmlp::profile {

inline table::Table table_of(std::vector<table::Column> columns) {
  base::Result<table::Table> table = table::Table::from_columns(std::move(columns));
  EXPECT_TRUE(table.ok());
  return std::move(table).value();
}

inline TableProfile profile_of(const table::Table& table, std::optional<std::string> label = std::nullopt,
                               int thread_count = 0) {
  base::Result<TableProfile> profile =
      profile_table(table, {.label = std::move(label), .thread_count = thread_count});
  EXPECT_TRUE(profile.ok());
  return std::move(profile).value();
}

inline ColumnProfile profile_of(table::Cells cells) {
  std::vector<table::Column> columns;
  columns.emplace_back("column", std::move(cells));
  return profile_of(table_of(std::move(columns))).columns.at(0);
}

/// A column of text whose cells are `cells`; "-" is missing.
inline table::Column text_column(std::string name, const std::vector<std::string>& cells) {
  table::TextCells texts;
  for (const std::string& cell : cells) {
    if (cell == "-") {
      texts.codes.push_back(-1);
      continue;
    }
    std::size_t level = 0;
    while (level < texts.levels.size() && texts.levels[level] != cell) ++level;
    if (level == texts.levels.size()) texts.levels.push_back(cell);
    texts.codes.push_back(static_cast<std::int32_t>(level));
  }
  return {std::move(name), std::move(texts)};
}

}  // namespace archmlp::profile

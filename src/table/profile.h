#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/table/table.h"

namespace archmlp::table {

/// What `archmlp inspect` tells of a column.
struct ColumnProfile {
  std::string name;
  contract::ColumnKind kind;
  std::size_t missing_count = 0;
  std::size_t distinct_count = 0;           // missing not counted; exact
  std::optional<contract::Value> min, max;  // numbers; text by byte order; none if all missing
  std::optional<double> mean;               // numbers and booleans
  std::vector<std::pair<contract::Value, std::size_t>> top;  // most frequent first, at most 5, ties by value
};

struct TableProfile {
  std::size_t row_count = 0;
  std::vector<ColumnProfile> columns;
};

TableProfile profile_table(const Table& table, int thread_count = 0);
nlohmann::ordered_json to_json(const TableProfile& profile);
/// The first rows and the profile, aligned for a terminal of `width` columns.
std::string to_text(const TableProfile& profile, const Table& table, std::size_t first_rows = 5,
                    std::size_t width = 100);

}  // namespace archmlp::table

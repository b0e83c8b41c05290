#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "archmlp/profile/profile.h"

namespace archmlp::profile {

// Vega-Lite specifications, version 5, each with its data inside. Fields have names of our own, and what
// comes from the table is data only, so that no text of it is taken for a path or an expression. Colours are
// left to the page.

struct Bar {
  std::string label;
  std::size_t count = 0;
  bool is_rest = false;  // drawn paler: missing, other values
  std::size_t part = 0;  // its place in ColumnProfile::by_class; beyond its end if that has none
};

/// Bars can be divided among the classes of the label.
struct ClassParts {
  std::vector<std::string> labels;                                // distinct; empty: not divided
  const std::vector<std::vector<std::size_t>>* counts = nullptr;  // [class][bar]
};
std::vector<std::string> class_labels(const LabelProfile& label);

nlohmann::ordered_json histogram_chart(const Histogram& histogram, bool whole_numbers,
                                       const ClassParts& parts = {});
nlohmann::ordered_json bar_chart(const std::vector<Bar>& bars, const ClassParts& parts = {});
/// Each of `columns` with each other.
nlohmann::ordered_json association_chart(const TableProfile& profile,
                                         const std::vector<std::size_t>& columns);

/// The top values, then the other values and the missing ones if there are any.
std::vector<Bar> bars_of(const std::vector<ValueCount>& top, std::size_t row_count,
                         std::size_t missing_count);

}  // namespace archmlp::profile

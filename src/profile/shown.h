#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/profile/profile.h"
#include "archmlp/table/table.h"

// How people are shown what a profile holds, in the terminal and on the page.

namespace archmlp::profile {

/// On one line, control characters escaped; real numbers to six digits, or whole from a million on. "-" for
/// nothing.
std::string shown(const contract::Value& value);
std::string shown(const std::optional<contract::Value>& value);
std::string shown(double number);

/// The text, or its beginning if it is longer than kLongestText.
std::string beginning_of(std::string_view text);
/// As contract::to_text; no more than the beginning of a long text.
std::string text_of_cell(const table::Column& column, std::size_t row);

/// `12.3 %`. "<0.1 %" rather than nought, ">99.9 %" rather than all.
std::string percent(std::size_t part, std::size_t whole);

/// `1,234 rows`, `1 row`.
std::string counted(std::size_t count, std::string_view one, std::string_view many);

/// "Pearson's r", "Cramér's V", "correlation ratio".
std::string_view name_of(Measure measure) noexcept;

/// A histogram in at most `limit` bars, neighbours taken together; counts of the tails left out.
std::vector<std::size_t> coarsened(const Histogram& histogram, std::size_t limit);

/// The pairs with the strongest associations first, at least `least` strong, at most `limit`.
std::vector<ColumnPair> strongest_pairs(const Associations& associations, double least, std::size_t limit);

}  // namespace archmlp::profile

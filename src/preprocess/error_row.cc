#include "archmlp/preprocess/error_row.h"

#include <charconv>
#include <string_view>

namespace archmlp::preprocess {

std::optional<ErrorRow> row_of(const base::Error& error) {
  constexpr std::string_view kRow = "row ";
  if (!error.where.starts_with(kRow)) return std::nullopt;
  std::size_t row = 0;
  const char* end = error.where.data() + error.where.size();
  const auto [rest, problem] = std::from_chars(error.where.data() + kRow.size(), end, row);
  if (problem != std::errc() || row == 0) return std::nullopt;
  return ErrorRow{row - 1, std::string(rest, end)};
}

}  // namespace archmlp::preprocess

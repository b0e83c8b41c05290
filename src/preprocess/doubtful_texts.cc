#include "archmlp/preprocess/doubtful_texts.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace archmlp::preprocess {

DoubtfulTexts::DoubtfulTexts(const table::Table& rows, const contract::Recipe& recipe) {
  for (const table::Column& column : rows.columns()) {
    const bool is_guessed_text = column.kind() == contract::ColumnKind::kText &&
                                 column.name() != recipe.label && !recipe.read.types.contains(column.name());
    if (is_guessed_text) counts_[column.name()] = table::count_numbers_in_text(column);
  }
}

void DoubtfulTexts::add(const DoubtfulTexts& behind) {
  for (const auto& [column, counts] : behind.counts_) counts_[column].add(counts);
}

std::map<std::string, table::NumbersInText> DoubtfulTexts::found() const {
  std::map<std::string, table::NumbersInText> found = counts_;
  std::erase_if(found, [](const auto& column) { return !column.second.is_suspicious(); });
  return found;
}

std::string describe_doubt(const RawInput& input, const std::string& column,
                           const table::NumbersInText& found) {
  return fmt::format("{}: {}", input.row_name(found.first_other_row),
                     table::describe_numbers_in_text(column, found));
}

base::Error with_doubtful_texts(base::Error error, RawInput& input, const contract::Recipe& recipe) {
  std::vector<DoubtfulTexts> blocks(input.block_count());
  const auto count = [&](std::size_t block, const table::Table& rows) -> base::Status {
    blocks[block] = DoubtfulTexts(rows, recipe);
    return {};
  };
  if (!input.read_data(count).ok()) return error;
  DoubtfulTexts all;
  for (const DoubtfulTexts& block : blocks) all.add(block);
  for (const auto& [column, found] : all.found()) {
    error.hint +=
        fmt::format("{}{}; {}", error.hint.empty() ? "" : "; ", describe_doubt(input, column, found),
                    table::hint_for_numbers_in_text(column, found));
  }
  return error;
}

}  // namespace archmlp::preprocess

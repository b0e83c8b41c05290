#include "archmlp/table/concatenate.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <string_view>
#include <unordered_map>

#include "archmlp/base/try.h"
#include "archmlp/table/large_memory.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;

std::size_t total_row_count(std::span<const Column> pieces) {
  std::size_t count = 0;
  for (const Column& piece : pieces) count += piece.row_count();
  return count;
}

template <typename T, typename ValuesOf>
std::vector<T> joined(std::span<const Column> pieces, const ValuesOf& values_of) {
  std::vector<T> all;
  reserve_large(all, total_row_count(pieces));
  for (const Column& piece : pieces) {
    const std::vector<T>& values = values_of(piece);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

IntegerCells join_integers(std::span<const Column> pieces) {
  IntegerCells all{joined<std::int64_t>(
                       pieces, [](const Column& piece) -> const auto& { return piece.integers().values; }),
                   {}};
  const auto has_flags = [](const Column& piece) { return !piece.integers().missing.empty(); };
  if (std::ranges::none_of(pieces, has_flags)) return all;
  all.missing.reserve(all.values.size());
  for (const Column& piece : pieces) {
    const IntegerCells& cells = piece.integers();
    if (cells.missing.empty()) {
      all.missing.resize(all.missing.size() + cells.values.size(), 0);
    } else {
      all.missing.insert(all.missing.end(), cells.missing.begin(), cells.missing.end());
    }
  }
  return all;
}

base::Result<Cells> join_texts(std::span<const Column> pieces) {
  TextCells all;
  reserve_large(all.codes, total_row_count(pieces));
  std::unordered_map<std::string_view, std::int32_t> code_of;
  std::vector<std::int32_t> translation;
  for (const Column& piece : pieces) {
    const TextCells& cells = piece.texts();
    translation.clear();
    for (const std::string& level : cells.levels) {
      if (code_of.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
        return base::Error{.code = base::ErrorCode::kResourceLimit,
                           .message = "a text column holds at most 2,147,483,647 distinct values"};
      }
      translation.push_back(
          code_of.try_emplace(level, static_cast<std::int32_t>(code_of.size())).first->second);
    }
    for (const std::int32_t code : cells.codes)
      all.codes.push_back(code < 0 ? code : translation[static_cast<std::size_t>(code)]);
  }
  all.levels.resize(code_of.size());
  for (const auto& [level, code] : code_of) all.levels[static_cast<std::size_t>(code)] = level;
  return Cells(std::move(all));
}

}  // namespace

base::Result<Column> concatenated(std::span<const Column> pieces) {
  assert(!pieces.empty());
  const Column& first = pieces.front();
  if (pieces.size() == 1) return first;
  switch (first.kind()) {
    case ColumnKind::kInteger:
      return Column(first.name(), join_integers(pieces));
    case ColumnKind::kReal:
      return Column(first.name(),
                    RealCells{joined<double>(
                        pieces, [](const Column& piece) -> const auto& { return piece.reals().values; })});
    case ColumnKind::kBoolean:
      return Column(first.name(),
                    BooleanCells{joined<std::int8_t>(
                        pieces, [](const Column& piece) -> const auto& { return piece.booleans().values; })});
    case ColumnKind::kText:
      break;
  }
  auto texts = join_texts(pieces);
  if (!texts.ok()) return std::move(texts).error();
  return Column(first.name(), std::move(texts).value());
}

base::Result<Table> concatenated(std::span<const Table> tables) {
  std::vector<std::vector<Column>> pieces;
  for (const Table& table : tables) {
    if (table.row_count() == 0) continue;
    pieces.resize(table.columns().size());
    for (std::size_t i = 0; i < pieces.size(); ++i) pieces[i].push_back(table.column(i));
  }
  std::vector<Column> columns;
  columns.reserve(pieces.size());
  for (const std::vector<Column>& of_column : pieces) columns.push_back(TRY(concatenated(of_column)));
  return Table::from_columns(std::move(columns));
}

}  // namespace archmlp::table

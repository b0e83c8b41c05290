#include "archmlp/profile/compare_columns.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>

#include "archmlp/base/parallel.h"
#include "archmlp/base/rng.h"
#include "archmlp/base/try.h"
#include "archmlp/profile/measures.h"

namespace archmlp::profile {
namespace {

using contract::ColumnKind;
using Rows = std::span<const std::uint32_t>;

constexpr std::size_t kMostPairCells = 400'000'000;  // rows times pairs
constexpr std::size_t kLeastComparedRows = 10'000;

/// The distinct values of some rows, numbered as they appear.
struct Categories {
  std::vector<std::int32_t> codes;
  std::size_t count = 0;

  Codes view() const { return {codes, count}; }
};

/// Nothing if there are more than kMostCategories.
template <typename KeyAt>
std::optional<Categories> categorize(Rows rows, KeyAt key_at) {
  Categories categories;
  categories.codes.reserve(rows.size());
  std::unordered_map<std::int64_t, std::int32_t> codes;
  for (const std::uint32_t row : rows) {
    const std::optional<std::int64_t> key = key_at(row);
    if (!key) {
      categories.codes.push_back(-1);
      continue;
    }
    const auto [place, is_new] = codes.try_emplace(*key, static_cast<std::int32_t>(codes.size()));
    if (is_new) {
      if (codes.size() > kMostCategories) return std::nullopt;
    }
    categories.codes.push_back(place->second);
  }
  categories.count = codes.size();
  return categories;
}

/// Precondition: not a real column.
std::optional<Categories> categories_of(const table::Column& column, Rows rows) {
  using Key = std::optional<std::int64_t>;
  switch (column.kind()) {
    case ColumnKind::kInteger: {
      const table::IntegerCells& cells = column.integers();
      return categorize(rows, [&](std::uint32_t row) {
        return cells.missing.empty() || cells.missing[row] == 0 ? Key(cells.values[row]) : Key();
      });
    }
    case ColumnKind::kBoolean: {
      const table::BooleanCells& cells = column.booleans();
      return categorize(
          rows, [&](std::uint32_t row) { return cells.values[row] < 0 ? Key() : Key(cells.values[row]); });
    }
    case ColumnKind::kText: {
      const table::TextCells& cells = column.texts();
      return categorize(
          rows, [&](std::uint32_t row) { return cells.codes[row] < 0 ? Key() : Key(cells.codes[row]); });
    }
    case ColumnKind::kReal:
      break;
  }
  return std::nullopt;
}

std::vector<double> numbers_of(const table::Column& column, Rows rows) {
  std::vector<double> numbers;
  numbers.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    if (column.is_missing(row)) {
      numbers.push_back(std::numeric_limits<double>::quiet_NaN());
    } else if (column.kind() == ColumnKind::kReal) {
      numbers.push_back(column.reals().values[row]);
    } else {
      numbers.push_back(static_cast<double>(column.integers().values[row]));
    }
  }
  return numbers;
}

/// The cells of a column on the rows of the comparison, as numbers or as categories.
struct Sample {
  std::vector<double> numbers;
  std::optional<Categories> categories;
};

std::optional<Sample> sample_of(const table::Column& column, Rows rows, bool as_class) {
  const bool numeric = column.kind() == ColumnKind::kInteger || column.kind() == ColumnKind::kReal;
  if (numeric && !as_class) return Sample{numbers_of(column, rows), std::nullopt};
  std::optional<Categories> categories = categories_of(column, rows);
  if (!categories) return std::nullopt;
  return Sample{{}, std::move(categories)};
}

std::optional<Association> associate(const Sample& a, const Sample& b) {
  Measure measure = Measure::kPearson;
  std::optional<double> value;
  if (a.categories && b.categories) {
    measure = Measure::kCramersV;
    value = cramers_v(a.categories->view(), b.categories->view());
  } else if (a.categories || b.categories) {
    measure = Measure::kCorrelationRatio;
    value = a.categories ? correlation_ratio(a.categories->view(), b.numbers)
                         : correlation_ratio(b.categories->view(), a.numbers);
  } else {
    value = pearson(a.numbers, b.numbers);
  }
  if (!value) return std::nullopt;
  return Association{measure, *value};
}

bool is_class(const std::optional<LabelProfile>& label, std::size_t column) {
  return label && label->column == column && label->task == contract::Task::kClassification;
}

/// Columns that vary, and the label first among those that have to fit under the limit.
std::vector<std::size_t> columns_to_compare(const std::vector<ColumnProfile>& profiles,
                                            const std::optional<LabelProfile>& label) {
  std::vector<std::size_t> columns;
  if (label) columns.push_back(label->column);
  for (std::size_t column = 0; column < profiles.size() && columns.size() < kMostComparedColumns; ++column) {
    const ColumnProfile& profile = profiles[column];
    if (label && column == label->column) continue;
    if (profile.distinct_count < 2) continue;
    // Fewer are distinct in a sample, but so many mean that it names rows.
    if (profile.kind == ColumnKind::kText && profile.distinct_count > kMostComparedRows) continue;
    columns.push_back(column);
  }
  std::sort(columns.begin(), columns.end());
  return columns;
}

base::Result<Associations> compare_pairs(const table::Table& table,
                                         const std::vector<ColumnProfile>& profiles,
                                         const std::optional<LabelProfile>& label, int thread_count) {
  const std::vector<std::size_t> candidates = columns_to_compare(profiles, label);
  const std::vector<std::uint32_t> rows =
      sample_rows(table.row_count(), compared_row_count(table.row_count(), candidates.size()));
  std::vector<std::optional<Sample>> samples(candidates.size());
  TRY(base::parallel_for(candidates.size(), thread_count, [&](std::size_t i) -> base::Status {
    samples[i] = sample_of(table.column(candidates[i]), rows, is_class(label, candidates[i]));
    return {};
  }));

  Associations associations{.row_count = rows.size()};
  std::vector<const Sample*> compared;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!samples[i]) continue;
    associations.columns.push_back(candidates[i]);
    compared.push_back(&*samples[i]);
  }
  std::vector<std::vector<ColumnPair>> pairs_of_first(compared.size());
  TRY(base::parallel_for(compared.size(), thread_count, [&](std::size_t i) -> base::Status {
    for (std::size_t j = i + 1; j < compared.size(); ++j) {
      const std::optional<Association> found = associate(*compared[i], *compared[j]);
      if (found) pairs_of_first[i].push_back({associations.columns[i], associations.columns[j], *found});
    }
    return {};
  }));
  for (const std::vector<ColumnPair>& pairs : pairs_of_first) {
    associations.pairs.insert(associations.pairs.end(), pairs.begin(), pairs.end());
  }
  return associations;
}

/// Every column with the label, however many there are: one at a time needs no memory.
base::Result<std::vector<std::optional<Association>>> compare_with_label(const table::Table& table,
                                                                         const LabelProfile& label,
                                                                         int thread_count) {
  std::vector<std::optional<Association>> found(table.columns().size());
  const std::vector<std::uint32_t> rows = sample_rows(table.row_count(), kMostComparedRows);
  const bool as_class = label.task == contract::Task::kClassification;
  const std::optional<Sample> of_label = sample_of(table.column(label.column), rows, as_class);
  if (!of_label) return found;
  TRY(base::parallel_for(found.size(), thread_count, [&](std::size_t column) -> base::Status {
    if (column == label.column) return {};
    const std::optional<Sample> sample = sample_of(table.column(column), rows, false);
    if (sample) found[column] = associate(*sample, *of_label);
    return {};
  }));
  return found;
}

}  // namespace

std::vector<std::uint32_t> sample_rows(std::size_t row_count, std::size_t count) {
  if (row_count <= count) {
    std::vector<std::uint32_t> rows(row_count);
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
  }
  std::vector<std::uint32_t> rows(count);
  for (std::size_t stretch = 0; stretch < count; ++stretch) {
    const std::size_t begin = stretch * row_count / count;
    const std::size_t end = (stretch + 1) * row_count / count;
    rows[stretch] = static_cast<std::uint32_t>(begin + base::mix64(stretch) % (end - begin));
  }
  return rows;
}

std::size_t compared_row_count(std::size_t row_count, std::size_t column_count) noexcept {
  const std::size_t pair_count =
      std::max<std::size_t>(column_count * (column_count - std::min<std::size_t>(column_count, 1)) / 2, 1);
  const std::size_t affordable =
      std::clamp(kMostPairCells / pair_count, kLeastComparedRows, kMostComparedRows);
  return std::min(row_count, affordable);
}

base::Result<Comparison> compare_columns(const table::Table& table,
                                         const std::vector<ColumnProfile>& profiles,
                                         const std::optional<LabelProfile>& label, int thread_count) {
  Comparison comparison;
  comparison.associations = TRY(compare_pairs(table, profiles, label, thread_count));
  comparison.with_label.resize(table.columns().size());
  if (label) comparison.with_label = TRY(compare_with_label(table, *label, thread_count));
  return comparison;
}

}  // namespace archmlp::profile

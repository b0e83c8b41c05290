// drop_missing, drop_duplicates, sample: which rows go on.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "archmlp/base/rng.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/columns.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/label.h"
#include "archmlp/preprocess/row_groups.h"
#include "archmlp/table/value_ranks.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using Rows = std::vector<std::uint32_t>;

constexpr std::uint64_t kSampleStream = 0x73616D706C65;  // "sample": apart from the split's draws

/// `count` of the rows, in their order; each subset is as likely as every other.
/// Source: Fan, Muller, Rezucha 1962 (selection sampling).
Rows draw(const Rows& rows, std::size_t count, base::Rng& rng) {
  Rows drawn;
  drawn.reserve(count);
  for (std::size_t i = 0; i < rows.size() && drawn.size() < count; ++i) {
    if (rng.below(rows.size() - i) < count - drawn.size()) drawn.push_back(rows[i]);
  }
  return drawn;
}

/// The rows of each value of the label, missing ones last. Shape: `label` has a cell for each of `rows`.
std::vector<Rows> rows_by_label(const table::Column& label, const Rows& rows) {
  const table::ValueRanks ranks = table::rank_values(label);
  std::vector<Rows> groups(ranks.distinct_count() + 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    groups[std::min<std::size_t>(ranks.of_row[i], ranks.distinct_count())].push_back(rows[i]);
  }
  std::erase_if(groups, [](const Rows& group) { return group.empty(); });
  return groups;
}

/// `count` shared among groups by size; what is left over goes to the largest remainders, ties to the first.
std::vector<std::size_t> shares(const std::vector<Rows>& groups, std::size_t count, std::size_t row_count) {
  std::vector<std::size_t> result;
  std::vector<std::pair<std::size_t, std::size_t>> remainders;  // remainder, group
  std::size_t given = 0;
  for (const Rows& group : groups) {
    result.push_back(group.size() * count / row_count);
    remainders.emplace_back(group.size() * count % row_count, remainders.size());
    given += result.back();
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < count - given; ++i) ++result[remainders[i].second];
  return result;
}

Result<std::size_t> wanted_count(const contract::SampleStep& step, std::size_t row_count) {
  const auto count =
      step.n ? static_cast<std::size_t>(*step.n)
             : static_cast<std::size_t>(std::nearbyint(*step.frac * static_cast<double>(row_count)));
  if (count > row_count) {
    return Error{.message = fmt::format("{} rows cannot be drawn of {}", base::with_thousands(count),
                                        base::with_thousands(row_count)),
                 .where = "n",
                 .hint = "give frac, a share of the rows"};
  }
  if (count == 0) return Error{.message = "no row would be drawn", .where = "frac", .hint = "raise it"};
  return count;
}

/// As many training rows of each class as of the rarest; or each class repeated to the most frequent one's.
Result<Rows> balanced(const contract::SampleStep& step, const FitInput& input, base::Rng& rng) {
  const TrainingLabel label = TRY(training_label(input));
  if (label.task == contract::Task::kRegression) {
    return Error{.message = "the label is a quantity and has no classes to balance",
                 .where = "balance",
                 .hint = "remove it, or set train.task to classification"};
  }
  const Rows train_rows(input.rows->train_rows().begin(), input.rows->train_rows().end());
  const std::vector<Rows> classes = rows_by_label(input.rows->label().gathered(train_rows), train_rows);
  const auto by_size = [](const Rows& a, const Rows& b) { return a.size() < b.size(); };
  const auto [rarest, commonest] = std::minmax_element(classes.begin(), classes.end(), by_size);
  std::vector<std::uint32_t> copies(input.rows->row_count(), 1);  // test rows stay as they are
  for (const Rows& members : classes) {
    const std::size_t wanted = step.balance == "under" ? rarest->size() : commonest->size();
    for (const std::uint32_t row : members) copies[row] = static_cast<std::uint32_t>(wanted / members.size());
    for (const std::uint32_t row : draw(members, wanted % members.size(), rng)) ++copies[row];
  }
  const std::uint64_t total = std::accumulate(copies.begin(), copies.end(), std::uint64_t{0});
  if (total > std::numeric_limits<std::uint32_t>::max()) {
    return Error{.code = base::ErrorCode::kResourceLimit,
                 .message = "the balanced table would have too many rows",
                 .where = "balance",
                 .hint = "use balance: under"};
  }
  Rows rows;
  rows.reserve(total);
  for (std::uint32_t row = 0; row < copies.size(); ++row) rows.insert(rows.end(), copies[row], row);
  return rows;
}

/// The rows of a given test file stay as they are.
void add_test_file(Rows& rows, const FitInput& input) {
  for (std::size_t row = input.rows->data_row_count(); row < input.rows->row_count(); ++row) {
    rows.push_back(static_cast<std::uint32_t>(row));
  }
}

}  // namespace

Fitted fit(const contract::DropMissingStep& step, const FitInput& input) {
  std::vector<std::string> names = step.columns.empty() ? input.schema.names() : step.columns;
  FittedStep fitted;
  const auto label = std::find(names.begin(), names.end(), input.label);
  if (label != names.end()) {
    if (step.min_present < 1.0) {
      return Error{
          .message = fmt::format("the label {} is not among what a record has", base::quoted(*label)),
          .where = "columns",
          .hint = "drop rows without a label in a step of its own"};
    }
    names.erase(label);
    fitted.steps.push_back(transform::make_drop_missing({input.label}, 1));
  }
  const double least = step.min_present * static_cast<double>(names.size());
  const auto min_count = static_cast<std::size_t>(std::ceil(least - 1e-9));  // 0.1 · 30 is a little above 3
  if (!names.empty()) fitted.steps.push_back(transform::make_drop_missing(std::move(names), min_count));
  return fitted;
}

Fitted fit(const contract::DropDuplicatesStep& step, const FitInput& input) {
  std::vector<std::size_t> columns;
  bool with_label = step.columns.empty();
  for (std::size_t index = 0; index < input.schema.columns.size(); ++index) {
    if (step.columns.empty()) columns.push_back(index);
  }
  for (const std::string& name : step.columns) {
    if (name == input.label) {
      with_label = true;
      continue;
    }
    TRY(find_column(input.schema, name));
    columns.push_back(*input.schema.find(name));
  }
  const Rows first = TRY(first_equal_rows(*input.rows, columns, with_label));
  Rows kept_of_first(first.size());
  for (std::uint32_t row = 0; row < first.size(); ++row) {
    if (step.keep == "last" || first[row] == row) kept_of_first[first[row]] = row;
  }
  FittedStep fitted;
  fitted.rows.emplace();
  for (std::uint32_t row = 0; row < first.size(); ++row) {
    if (kept_of_first[first[row]] == row) fitted.rows->push_back(row);
  }
  add_test_file(*fitted.rows, input);
  return fitted;
}

Fitted fit(const contract::SampleStep& step, const FitInput& input) {
  base::Rng rng({static_cast<std::uint64_t>(step.random_state), kSampleStream});
  FittedStep fitted;
  if (step.balance) {
    fitted.rows = TRY(balanced(step, input, rng));
    return fitted;
  }
  Rows rows(input.rows->data_row_count());
  std::iota(rows.begin(), rows.end(), 0U);
  const std::size_t count = TRY(wanted_count(step, rows.size()));
  if (!step.stratify) {
    fitted.rows = draw(rows, count, rng);
    add_test_file(*fitted.rows, input);
    return fitted;
  }
  const std::vector<Rows> groups = rows_by_label(input.rows->label().gathered(rows), rows);
  const std::vector<std::size_t> counts = shares(groups, count, rows.size());
  fitted.rows.emplace();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Rows drawn = draw(groups[i], counts[i], rng);
    fitted.rows->insert(fitted.rows->end(), drawn.begin(), drawn.end());
  }
  std::sort(fitted.rows->begin(), fitted.rows->end());
  add_test_file(*fitted.rows, input);
  return fitted;
}

}  // namespace archmlp::preprocess

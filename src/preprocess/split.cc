#include "archmlp/preprocess/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>

#include "archmlp/base/rng.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/rank_times.h"
#include "archmlp/table/value_ranks.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using base::Status;
using Assignment = std::vector<std::uint8_t>;
__extension__ using UnsignedWide = unsigned __int128;

// Keys of the random streams, so that one seed never draws the same numbers for two purposes.
constexpr std::uint64_t kPlainStream = 0x7370'6c69'7431ULL;
constexpr std::uint64_t kStratifiedStream = 0x7370'6c69'7432ULL;
constexpr std::uint64_t kGroupStream = 0x7370'6c69'7433ULL;

/// As scikit-learn rounds. Errors: kInvalidInput if no row would be left to train on.
Result<std::size_t> count_test_rows(const contract::SplitConfig& config, std::size_t row_count) {
  const auto count = static_cast<std::size_t>(std::ceil(static_cast<double>(row_count) * config.test_size));
  if (row_count == 0) return Error{.message = "no rows are left to split", .where = "split"};
  if (count >= row_count) {
    return Error{.message = fmt::format("with {} rows and a test_size of {}, none is left to train on",
                                        row_count, base::format_real(config.test_size)),
                 .where = "split",
                 .hint = "give more rows or a smaller test_size"};
  }
  return count;
}

Result<Assignment> split_plainly(const contract::SplitConfig& config, std::size_t row_count) {
  const std::size_t test_count = TRY(count_test_rows(config, row_count));
  std::vector<std::uint32_t> rows(row_count);
  std::iota(rows.begin(), rows.end(), 0U);
  base::Rng rng{config.seed, kPlainStream};
  rng.shuffle(std::span(rows));
  Assignment is_test(row_count, 0);
  for (std::size_t i = 0; i < test_count; ++i) is_test[rows[i]] = 1;
  return is_test;
}

/// `draws` shared among the classes in proportion to their rows, by largest remainder.
std::vector<std::size_t> share_out(const std::vector<std::size_t>& class_counts, std::size_t draws) {
  const std::size_t total = std::accumulate(class_counts.begin(), class_counts.end(), std::size_t{0});
  std::vector<std::size_t> shares(class_counts.size());
  std::vector<std::size_t> remainders(class_counts.size());
  std::size_t given = 0;
  for (std::size_t index = 0; index < class_counts.size(); ++index) {
    const UnsignedWide product = static_cast<UnsignedWide>(class_counts[index]) * draws;
    shares[index] = static_cast<std::size_t>(product / total);
    remainders[index] = static_cast<std::size_t>(product % total);
    given += shares[index];
  }
  std::vector<std::size_t> order(class_counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (std::size_t i = 0; given < draws; ++i, ++given) ++shares[order[i]];
  return shares;
}

Status check_classes(const table::Column& label, const table::ValueRanks& classes, std::size_t test_count) {
  std::size_t smallest = 0;
  for (std::size_t index = 1; index < classes.distinct_count(); ++index) {
    if (classes.row_counts[index] < classes.row_counts[smallest]) smallest = index;
  }
  if (classes.row_counts[smallest] < 2) {
    const auto value = label.value(classes.first_rows[smallest]);
    return Error{
        .message = fmt::format("class {} of the label has one row only; a stratified split needs two",
                               base::quoted(contract::to_text(value))),
        .where = "split.stratify",
        .hint = "filter out classes that are so rare, or do not stratify"};
  }
  const std::size_t fewer = std::min(test_count, label.row_count() - test_count);
  if (fewer < classes.distinct_count()) {
    return Error{
        .message = fmt::format("one side would have {} rows for {} classes", fewer, classes.distinct_count()),
        .where = "split.stratify",
        .hint = "give more rows, choose another test_size, or do not stratify"};
  }
  return {};
}

Result<Assignment> split_stratified(const contract::SplitConfig& config, const table::Column& label) {
  const std::size_t row_count = label.row_count();
  const std::size_t test_count = TRY(count_test_rows(config, row_count));
  const table::ValueRanks classes = table::rank_values(label);
  assert(classes.missing_count == 0);
  TRY(check_classes(label, classes, test_count));
  // scikit-learn shares out the training rows; the test rows are what each class has left.
  const std::vector<std::size_t> train_shares = share_out(classes.row_counts, row_count - test_count);
  std::vector<std::vector<std::uint32_t>> rows_of(classes.distinct_count());
  for (std::uint32_t row = 0; row < row_count; ++row) rows_of[classes.of_row[row]].push_back(row);
  Assignment is_test(row_count, 0);
  for (std::size_t index = 0; index < rows_of.size(); ++index) {
    base::Rng rng{config.seed, kStratifiedStream, index};
    rng.shuffle(std::span(rows_of[index]));
    for (std::size_t i = train_shares[index]; i < rows_of[index].size(); ++i) is_test[rows_of[index][i]] = 1;
  }
  return is_test;
}

Status check_no_missing(const table::Column& column, const table::ValueRanks& values, std::string_view key) {
  if (values.missing_count == 0) return {};
  return Error{
      .message = fmt::format("column {}: {} rows have no value, so the split cannot place them",
                             base::quoted(column.name()), values.missing_count),
      .where = fmt::format("split.{}", key),
      .hint = fmt::format("put `- filter: notnull(`{}`)` before the steps that are fitted", column.name())};
}

Result<Assignment> split_by_time(const contract::SplitConfig& config, const table::Column& time) {
  if (time.row_count() == 0) return Error{.message = "no rows are left to split", .where = "split"};
  const table::ValueRanks times = TRY(rank_times(time));
  TRY(check_no_missing(time, times, "time_column"));
  if (times.distinct_count() < 2) {
    return Error{.message = fmt::format("column {} holds one time only, so there is no before and after",
                                        base::quoted(time.name())),
                 .where = "split.time_column"};
  }
  const double wanted = static_cast<double>(time.row_count()) * config.test_size;
  std::size_t test_count = 0;
  std::size_t first_test_rank = 0;
  double best_distance = 0.0;
  for (std::size_t rank = times.distinct_count() - 1; rank >= 1; --rank) {
    test_count += times.row_counts[rank];
    const double distance = std::abs(static_cast<double>(test_count) - wanted);
    if (first_test_rank != 0 && distance >= best_distance) continue;
    first_test_rank = rank;
    best_distance = distance;
  }
  Assignment is_test(time.row_count(), 0);
  for (std::size_t row = 0; row < is_test.size(); ++row)
    is_test[row] = times.of_row[row] >= first_test_rank ? 1 : 0;
  return is_test;
}

/// Groups join the test set in `order` while there is room, then one more if that brings its size nearer to
/// `wanted` rows. One 0/1 a group; neither side is empty.
Assignment choose_test_groups(const std::vector<std::uint32_t>& order, const table::ValueRanks& groups,
                              std::size_t row_count, double wanted) {
  Assignment in_test(groups.distinct_count(), 0);
  std::size_t test_count = 0;
  for (const std::uint32_t group : order) {
    const std::size_t with_it = test_count + groups.row_counts[group];
    if (static_cast<double>(with_it) > wanted) continue;
    in_test[group] = 1;
    test_count = with_it;
  }
  std::optional<std::uint32_t> last;
  double best_distance = wanted - static_cast<double>(test_count);
  for (const std::uint32_t group : order) {
    const std::size_t with_it = test_count + groups.row_counts[group];
    const double distance = std::abs(static_cast<double>(with_it) - wanted);
    const bool is_nearer = distance < best_distance || (test_count == 0 && !last);
    if (in_test[group] != 0 || with_it == row_count || !is_nearer) continue;
    last = group;
    best_distance = distance;
  }
  if (last) in_test[*last] = 1;
  return in_test;
}

Result<Assignment> split_by_group(const contract::SplitConfig& config, const table::Column& group) {
  const table::ValueRanks groups = table::rank_values(group);
  if (group.row_count() == 0) return Error{.message = "no rows are left to split", .where = "split"};
  TRY(check_no_missing(group, groups, "group_column"));
  if (groups.distinct_count() < 2) {
    return Error{.message = fmt::format("column {} holds one group only", base::quoted(group.name())),
                 .where = "split.group_column",
                 .hint = "a split by group needs at least two"};
  }
  std::vector<std::uint32_t> order(groups.distinct_count());
  std::iota(order.begin(), order.end(), 0U);
  base::Rng rng{config.seed, kGroupStream};
  rng.shuffle(std::span(order));
  const double wanted = static_cast<double>(group.row_count()) * config.test_size;
  const Assignment in_test = choose_test_groups(order, groups, group.row_count(), wanted);
  Assignment is_test(group.row_count(), 0);
  for (std::size_t row = 0; row < is_test.size(); ++row) is_test[row] = in_test[groups.of_row[row]];
  return is_test;
}

}  // namespace

Result<Assignment> assign_test_rows(const contract::SplitConfig& config, std::size_t row_count,
                                    const SplitColumns& columns) {
  if (columns.time != nullptr) return split_by_time(config, *columns.time);
  if (columns.group != nullptr) return split_by_group(config, *columns.group);
  if (config.stratify) {
    assert(columns.label != nullptr && columns.label->row_count() == row_count);
    return split_stratified(config, *columns.label);
  }
  return split_plainly(config, row_count);
}

}  // namespace archmlp::preprocess

#include "archmlp/profile/column_profile.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "archmlp/profile/number_summary.h"
#include "archmlp/profile/shown.h"
#include "archmlp/profile/sort_values.h"

namespace archmlp::profile {
namespace {

using contract::Value;

/// Keeps the most frequent values. Equal counts: the value that is offered first stays first.
template <typename T>
class TopValues {
 public:
  void offer(const T& value, std::size_t count) {
    if (count == 0 || (top_.size() == kTopCount && top_.back().second >= count)) return;
    const auto place =
        std::find_if(top_.begin(), top_.end(), [&](const auto& other) { return other.second < count; });
    top_.insert(place, {value, count});
    if (top_.size() > kTopCount) top_.pop_back();
  }
  void move_to(ColumnProfile& profile) {
    for (const auto& [value, count] : top_) {
      ValueCount& entry = profile.top.emplace_back();
      entry.value.template emplace<T>(value);
      entry.count = count;
    }
  }

 private:
  std::vector<std::pair<T, std::size_t>> top_;
};

/// Fills what follows from the values without gaps.
template <typename T>
void profile_numbers(std::vector<T> present, ColumnProfile& profile) {
  if (present.empty()) return;
  sort_values(present);
  TopValues<T> top;
  for (std::size_t run = 0; run < present.size();) {
    std::size_t next = run + 1;
    while (next < present.size() && present[next] == present[run]) ++next;
    top.offer(present[run], next - run);
    ++profile.distinct_count;
    run = next;
  }
  top.move_to(profile);
  profile.min.emplace(std::in_place_type<T>, present.front());
  profile.max.emplace(std::in_place_type<T>, present.back());
  profile.mean = mean_of(present);
  profile.numbers = summarize_numbers(std::span<const T>(present), *profile.mean);
}

void profile_cells(const table::IntegerCells& cells, ColumnFindings& findings) {
  std::vector<std::int64_t> present;
  present.reserve(cells.values.size());
  for (std::size_t row = 0; row < cells.values.size(); ++row) {
    if (cells.missing.empty() || cells.missing[row] == 0) present.push_back(cells.values[row]);
  }
  findings.profile.missing_count = cells.values.size() - present.size();
  profile_numbers(std::move(present), findings.profile);
}

void profile_cells(const table::RealCells& cells, ColumnFindings& findings) {
  std::vector<double> present;
  present.reserve(cells.values.size());
  for (const double value : cells.values) {
    if (!std::isnan(value)) present.push_back(value + 0.0);  // -0.0 becomes 0.0: they are one value
  }
  findings.profile.missing_count = cells.values.size() - present.size();
  profile_numbers(std::move(present), findings.profile);
}

void profile_cells(const table::BooleanCells& cells, ColumnFindings& findings) {
  ColumnProfile& profile = findings.profile;
  const auto count = [&](std::int8_t wanted) {
    return static_cast<std::size_t>(std::count(cells.values.begin(), cells.values.end(), wanted));
  };
  const std::size_t no = count(0);
  const std::size_t yes = count(1);
  profile.missing_count = cells.values.size() - no - yes;
  profile.distinct_count = (no > 0 ? 1U : 0U) + (yes > 0 ? 1U : 0U);
  if (profile.distinct_count == 0) return;
  profile.min = Value(no == 0);
  profile.max = Value(yes > 0);
  profile.mean = static_cast<double>(yes) / static_cast<double>(no + yes);
  TopValues<bool> top;
  top.offer(false, no);
  top.offer(true, yes);
  top.move_to(profile);
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

TextSummary summarize_text(const std::vector<std::string>& levels, const std::vector<std::uint32_t>& counts,
                           std::size_t present_count) {
  TextSummary summary;
  summary.min_length = static_cast<std::size_t>(-1);
  std::uint64_t total = 0;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const std::size_t times = counts[level];
    if (times == 0) continue;
    const std::string& text = levels[level];
    const std::size_t length = character_count(text);
    summary.min_length = std::min(summary.min_length, length);
    summary.max_length = std::max(summary.max_length, length);
    total += std::uint64_t{length} * times;
    if (text.empty()) {
      summary.empty_count += times;
    } else if (text.front() == ' ' || text.back() == ' ') {
      summary.surrounding_blank_count += times;
    }
  }
  summary.mean_length = static_cast<double>(total) / static_cast<double>(present_count);
  return summary;
}

void add_extremes_and_top(const table::TextCells& cells, const std::vector<std::uint32_t>& counts,
                          ColumnProfile& profile) {
  const std::vector<std::string>& levels = cells.levels;
  std::size_t min = levels.size(), max = levels.size();
  for (std::size_t level = 0; level < levels.size(); ++level) {
    if (counts[level] == 0) continue;
    ++profile.distinct_count;
    if (min == levels.size() || levels[level] < levels[min]) min = level;
    if (max == levels.size() || levels[max] < levels[level]) max = level;
  }
  profile.min = Value(beginning_of(levels[min]));
  profile.max = Value(beginning_of(levels[max]));
  for (const std::size_t level : top_levels(cells, counts)) {
    ValueCount& entry = profile.top.emplace_back();
    entry.value.emplace<std::string>(beginning_of(levels[level]));
    entry.count = counts[level];
  }
}

TextForms count_forms(const table::TextCells& cells, const std::vector<std::uint32_t>& counts) {
  TextForms forms;
  std::vector<std::uint8_t> form_of_level(cells.levels.size());
  for (std::size_t level = 0; level < cells.levels.size(); ++level) {
    if (counts[level] == 0) continue;
    const TextForm form = form_of(cells.levels[level]);
    form_of_level[level] = static_cast<std::uint8_t>(form);
    forms.of(form).count += counts[level];
  }
  std::size_t to_find = 0;
  for (TextForms::Form& form : forms.forms) {
    form.first_row = cells.codes.size();
    to_find += form.count > 0 ? 1U : 0U;
  }
  for (std::size_t row = 0; to_find > 0; ++row) {
    if (cells.codes[row] < 0) continue;
    TextForms::Form& form = forms.forms[form_of_level[static_cast<std::size_t>(cells.codes[row])]];
    if (form.first_row != cells.codes.size()) continue;
    form.first_row = row;
    --to_find;
  }
  return forms;
}

void profile_cells(const table::TextCells& cells, ColumnFindings& findings) {
  ColumnProfile& profile = findings.profile;
  const std::vector<std::uint32_t> counts = count_levels(cells);
  const std::size_t present_count = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  profile.missing_count = cells.codes.size() - present_count;
  if (present_count == 0) return;
  add_extremes_and_top(cells, counts, profile);
  profile.text = summarize_text(cells.levels, counts, present_count);
  findings.forms = count_forms(cells, counts);
}

}  // namespace

std::vector<std::uint32_t> count_levels(const table::TextCells& cells) {
  std::vector<std::uint32_t> counts(cells.levels.size());  // a table has fewer than 2^32 rows
  for (const std::int32_t code : cells.codes)
    if (code >= 0) ++counts[static_cast<std::size_t>(code)];
  return counts;
}

/// By count, and bytes only where counts are equal: cheaper than to sort millions of names.
std::vector<std::size_t> top_levels(const table::TextCells& cells, const std::vector<std::uint32_t>& counts) {
  const auto more_frequent = [&](std::size_t a, std::size_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : cells.levels[a] < cells.levels[b];
  };
  std::vector<std::size_t> top;
  for (std::size_t level = 0; level < counts.size(); ++level) {
    if (counts[level] == 0) continue;
    if (top.size() == kTopCount && !more_frequent(level, top.back())) continue;
    top.insert(std::upper_bound(top.begin(), top.end(), level, more_frequent), level);
    if (top.size() > kTopCount) top.pop_back();
  }
  return top;
}

std::size_t TextForms::number_count() const {
  return of(TextForm::kInteger).count + of(TextForm::kReal).count + of(TextForm::kBigInteger).count +
         of(TextForm::kLeadingZeros).count + of(TextForm::kBlankedNumber).count;
}

ColumnFindings look_at_column(const table::Column& column, bool kind_given) {
  ColumnFindings findings;
  findings.profile.name = column.name();
  findings.profile.kind = column.kind();
  std::visit([&](const auto& cells) { profile_cells(cells, findings); }, column.cells());
  findings.profile.kind_reason =
      kind_given ? "given, not guessed" : reason_of_kind(column, findings.profile, findings.forms);
  return findings;
}

}  // namespace archmlp::profile

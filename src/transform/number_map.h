#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "archmlp/transform/step.h"
#include "archmlp/transform/step_support.h"

namespace archmlp::transform {

/// `value`, or the largest number of its sign where it is infinite: cells are finite.
inline double as_finite(double value) noexcept {
  return std::clamp(value, std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
}

/// A column whose numbers become a function of them.
template <typename Function>
struct NumberTarget {
  std::string name;
  std::size_t column = 0;
  Function function;
};

/// Each target's cells become `function(number)`, one by one, and stay missing where they are. A function
/// gives a double or an integer. One that gives NaN refuses the number, and has
/// `base::Error refusal(column, number, where)`.
template <typename Function>
class BoundNumberMap final : public BoundStep {
 public:
  using Output = std::invoke_result_t<const Function&, double>;
  static constexpr bool kIsInteger = std::is_same_v<Output, std::int64_t>;
  static constexpr contract::ColumnKind kKind =
      kIsInteger ? contract::ColumnKind::kInteger : contract::ColumnKind::kReal;
  static constexpr bool kRefuses = requires(const Function& function) {
    function.refusal(std::string_view(), 0.0, std::string());
  };

  BoundNumberMap(contract::Schema output, std::vector<NumberTarget<Function>> targets)
      : BoundStep(std::move(output)), targets_(std::move(targets)) {}

  base::Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    if (targets_.empty()) return rows;
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    Refused refused{.row = rows.row_count()};
    std::vector<double> numbers(rows.row_count());
    for (const NumberTarget<Function>& target : targets_) {
      table::Column& column = columns[target.column];
      table::copy_as_doubles(column, numbers);
      column = {column.name(), mapped(target, numbers, notes, refused)};
    }
    if constexpr (kRefuses) {
      if (refused.by != nullptr) {
        return refused.by->function.refusal(refused.by->name, refused.number,
                                            "row " + std::to_string(refused.row + 1));
      }
    }
    return table::Table::from_columns(std::move(columns));
  }

  base::Status apply(table::Record& record, RecordScratch& /*scratch*/) const override {
    for (const NumberTarget<Function>& target : targets_) {
      table::Cell& cell = record[target.column];
      if (cell.missing) {
        cell = table::Cell::none(kKind);
        continue;
      }
      const double number = cell.as_double();
      const Output output = target.function(number);
      if constexpr (kRefuses) {
        if (std::isnan(output)) return target.function.refusal(target.name, number, target.name);
      }
      cell = table::Cell::of(output);
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> result = needed;
    if constexpr (kRefuses) {
      for (const NumberTarget<Function>& target : targets_) result[target.column] = true;
    }
    return result;
  }

 private:
  /// The first refused number, as if the rows came one by one.
  struct Refused {
    std::size_t row = 0;
    double number = 0.0;
    const NumberTarget<Function>* by = nullptr;
  };

  table::Cells mapped(const NumberTarget<Function>& target, const std::vector<double>& numbers,
                      const BatchNotes& notes, Refused& refused) const {
    if constexpr (kIsInteger) {
      table::IntegerCells cells{std::vector<std::int64_t>(numbers.size(), 0), {}};
      for (std::size_t row = 0; row < numbers.size(); ++row) {
        if (!std::isnan(numbers[row])) {
          cells.values[row] = target.function(numbers[row]);
          continue;
        }
        if (cells.missing.empty()) cells.missing.resize(numbers.size(), 0);
        cells.missing[row] = 1;
      }
      return cells;
    } else {
      table::RealCells cells{numbers};
      for (std::size_t row = 0; row < numbers.size(); ++row) {
        if (std::isnan(numbers[row])) continue;
        cells.values[row] = target.function(numbers[row]);
        if constexpr (kRefuses) {
          const bool is_outside = !notes.outside.empty() && notes.outside[row] != 0;
          if (std::isnan(cells.values[row]) && !is_outside && row < refused.row) {
            refused = {row, numbers[row], &target};
          }
        }
      }
      return cells;
    }
  }

  std::vector<NumberTarget<Function>> targets_;
};

/// Binds `columns`, which have names, where `make(column)` gives each its function.
/// Errors: kInvalidInput for an absent column or text.
template <typename Column, typename Make>
base::Result<std::unique_ptr<const BoundStep>> bind_number_map(const contract::Schema& input,
                                                               const std::vector<Column>& columns,
                                                               Make make) {
  using Function = std::invoke_result_t<Make, const Column&>;
  auto indices = find_number_columns(input, names_of(columns));
  if (!indices.ok()) return std::move(indices).error();
  contract::Schema output = input;
  std::vector<NumberTarget<Function>> targets;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    output.columns[(*indices)[i]].kind = BoundNumberMap<Function>::kKind;
    targets.push_back({columns[i].name, (*indices)[i], make(columns[i])});
  }
  return std::unique_ptr<const BoundStep>(
      std::make_unique<BoundNumberMap<Function>>(std::move(output), std::move(targets)));
}

}  // namespace archmlp::transform

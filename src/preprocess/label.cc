#include "archmlp/preprocess/label.h"

#include <fmt/format.h>

#include "archmlp/base/text.h"
#include "archmlp/preprocess/value_ranks.h"

namespace archmlp::preprocess {

using contract::ColumnKind;

base::Result<TrainingLabel> training_label(const FitInput& input) {
  TrainingLabel label;
  const std::size_t distinct_count = rank_values(input.label).distinct_count();
  label.task =
      input.task.value_or(contract::guess_task(input.label.kind(), distinct_count, input.label.row_count()));
  const table::Column training = input.label.gathered(input.train_rows);
  if (label.task == contract::Task::kClassification) {
    ValueRanks ranks = rank_values(training);
    for (const std::uint32_t row : ranks.first_rows) label.classes.push_back(training.value(row));
    label.class_of = std::move(ranks.of_row);
    return label;
  }
  if (training.kind() != ColumnKind::kInteger && training.kind() != ColumnKind::kReal) {
    return base::Error{.message = fmt::format("the label {} is {}: a regression needs numbers",
                                              base::quoted(training.name()), to_string(training.kind())),
                       .hint = "set train.task to classification"};
  }
  label.numbers.resize(training.row_count());
  table::copy_as_doubles(training, label.numbers);
  return label;
}

}  // namespace archmlp::preprocess

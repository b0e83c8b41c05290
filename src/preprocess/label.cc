#include "archmlp/preprocess/label.h"

#include "archmlp/base/try.h"
#include "archmlp/table/value_ranks.h"

namespace archmlp::preprocess {

base::Result<TrainingLabel> training_label(const FitInput& input) {
  const table::Column& all = input.rows->label();
  TrainingLabel label;
  const std::size_t distinct_count = table::rank_values(all).distinct_count();
  label.task = input.task.value_or(contract::guess_task(all.kind(), distinct_count, all.row_count()));
  const table::Column training = all.gathered(input.rows->train_rows());
  if (label.task == contract::Task::kClassification) {
    table::ValueRanks ranks = table::rank_values(training);
    for (const std::uint32_t row : ranks.first_rows) label.classes.push_back(training.value(row));
    label.class_of = std::move(ranks.of_row);
    return label;
  }
  TRY(contract::check_task(training.name(), training.kind(), table::real_values(training), label.task));
  label.numbers.resize(training.row_count());
  table::copy_as_doubles(training, label.numbers);
  return label;
}

}  // namespace archmlp::preprocess

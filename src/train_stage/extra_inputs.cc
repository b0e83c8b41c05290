#include "archmlp/train_stage/extra_inputs.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/bundle/feature_matrix.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/csv_writer.h"
#include "archmlp/train_stage/labels.h"

namespace archmlp::train_stage {
namespace {

using Json = nlohmann::ordered_json;
using contract::LabelSchema;

base::Error not_the_same(const std::filesystem::path& path, std::string what) {
  return {.message = "training cannot go on from this model: " + std::move(what),
          .where = path.string(),
          .hint = "go on from a model of the same features and classes, or leave --warm-start out"};
}

/// Lineage without what a continued training may change and still be the same training.
Json without_size(Json lineage) {
  if (lineage.is_object() && lineage.contains("parameters") && lineage["parameters"].is_object()) {
    lineage["parameters"].erase("n_estimators");
    lineage["parameters"].erase("oob_score");
  }
  return lineage;
}

base::Status check_label(const LabelSchema& known, const LabelSchema& label,
                         const std::filesystem::path& path) {
  if (known.name != label.name || known.task != label.task) {
    return not_the_same(path, fmt::format("it predicts {} ({}), not {} ({})", base::quoted(known.name),
                                          contract::to_string(known.task), base::quoted(label.name),
                                          contract::to_string(label.task)));
  }
  if (known.classes != label.classes) return not_the_same(path, "it knows other classes");
  return {};
}

}  // namespace

base::Result<ScoredRows> read_scored_rows(const TrainOptions& options, const contract::Schema& features,
                                          const std::vector<std::string>& names, const LabelSchema& label,
                                          base::Progress& progress) {
  if (!options.x_test || !options.y_test) {
    return base::Error{.message = options.x_test ? "--x-test is given without --y-test"
                                                 : "--y-test is given without --x-test"};
  }
  const prepared::PreparedReader reader = TRY(prepared::PreparedReader::open(
      {.x = *options.x_test, .y = *options.y_test, .reader = "train", .thread_count = options.thread_count}));
  const prepared::PreparedData data = TRY(reader.read_as(features, prepared::label_column(label), progress));
  if (data.x.row_count() == 0) {
    return base::Error{.message = "there are no rows to score the model on",
                       .where = options.x_test->string()};
  }
  ScoredRows rows;
  auto matrix = bundle::to_matrix(data.x, names);
  if (!matrix.ok()) return base::located(options.x_test->string(), std::move(matrix).error());
  rows.matrix = *std::move(matrix);
  rows.labels = TRY(make_labels(data, label, options.y_test->string()));
  rows.row_count = data.x.row_count();
  return rows;
}

base::Result<SampleWeights> read_sample_weights(const std::filesystem::path& path, std::size_t row_count,
                                                int thread_count, base::Progress& progress) {
  contract::CsvOptions reading;
  reading.thread_count = thread_count;
  table::CsvTable csv = TRY(table::read_csv(path, reading, progress));
  if (csv.table.columns().size() != 1) {
    return base::Error{.message = fmt::format("the file has {} columns; one is expected, the weights",
                                              csv.table.columns().size()),
                       .where = path.string()};
  }
  const table::Column& column = csv.table.column(0);
  if (column.kind() == contract::ColumnKind::kText) {
    return base::Error{
        .message = fmt::format("column {} is text; weights are numbers", base::quoted(column.name())),
        .where = path.string()};
  }
  if (column.row_count() != row_count) {
    return base::Error{
        .message = fmt::format("{} weights for {} training rows", column.row_count(), row_count),
        .where = path.string(),
        .hint = "give one weight for each row of x_train, in its order, under a header"};
  }
  SampleWeights weights{.values = std::vector<double>(row_count), .sha256 = std::move(csv.sha256)};
  table::copy_as_doubles(column, weights.values);
  const auto bad = std::find_if(weights.values.begin(), weights.values.end(),
                                [](double weight) { return !(weight >= 0); });
  if (bad != weights.values.end()) {
    return base::Error{.message = std::isnan(*bad) ? std::string("a weight is missing")
                                                   : fmt::format("the weight {} is below 0", *bad),
                       .where = fmt::format("{}: row {}", path.string(), bad - weights.values.begin() + 1),
                       .hint = "a weight is a number >= 0; 0 leaves the row out"};
  }
  return weights;
}

base::Result<FirstTrees> read_first_trees(const std::filesystem::path& path,
                                          const std::vector<std::string>& features, const LabelSchema& label,
                                          const Json& lineage) {
  FirstTrees first;
  first.bundle = TRY(bundle::Bundle::load(path));
  first.forest = dynamic_cast<const model::Forest*>(&first.bundle->model());
  if (first.forest == nullptr) {
    return not_the_same(path, fmt::format("it is a {}, no forest", first.bundle->model().kind()));
  }
  if (first.bundle->model_features() != features) return not_the_same(path, "it has other features");
  TRY(check_label(first.bundle->contract().label, label, path));
  first.is_same_training = without_size(first.bundle->lineage()) == without_size(lineage);
  return first;
}

base::Status write_out_of_bag(const std::filesystem::path& path, const train::OutOfBag& out_of_bag,
                              const LabelSchema& label) {
  std::vector<std::string> names;
  for (const contract::Value& value : label.classes)
    names.push_back("probability_" + contract::to_text(value));
  if (names.empty()) names.emplace_back("prediction");
  const std::size_t rows = out_of_bag.means.size() / names.size();
  std::vector<table::Column> columns;
  for (std::size_t k = 0; k < names.size(); ++k) {
    std::vector<double> values(rows);
    for (std::size_t row = 0; row < rows; ++row) values[row] = out_of_bag.means[row * names.size() + k];
    columns.emplace_back(names[k], table::RealCells{std::move(values)});
  }
  const table::Table table = TRY(table::Table::from_columns(std::move(columns)));
  base::AtomicFile file = TRY(base::AtomicFile::create(path));
  TRY(table::write_csv(table, [&](std::string_view bytes) { return file.write(bytes); }));
  return file.commit();
}

}  // namespace archmlp::train_stage

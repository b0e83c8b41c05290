#include "archmlp/train_stage/train_inputs.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/train_stage/labels.h"

namespace archmlp::train_stage {
namespace {

std::vector<std::string> sorted_features(const contract::Schema& features) {
  std::vector<std::string> names = features.names();
  std::sort(names.begin(), names.end());
  return names;
}

/// Forests take numbers that are missing, support vector machines do not.
bool is_forest(const TrainOptions& options) { return options.config.model != "svm"; }

/// With more, a column names rows rather than kinds of them, and each cut would store which of them it means.
constexpr std::size_t kMostCategories = 10'000;

/// Text is what models take as categories.
base::Result<bundle::FeatureCategories> text_categories(const prepared::PreparedData& data,
                                                        const std::string& source_name) {
  std::vector<std::string> columns;
  for (const contract::ColumnSchema& feature : data.features.columns) {
    if (feature.kind == contract::ColumnKind::kText) columns.push_back(feature.name);
  }
  auto categories = TRY(bundle::categories_of(data.x, columns));
  for (const auto& [column, values] : categories) {
    if (values.size() <= kMostCategories) continue;
    return base::Error{
        .code = base::ErrorCode::kResourceLimit,
        .message = "column " + base::quoted(column) + " holds " + base::with_thousands(values.size()) +
                   " different texts; " + base::with_thousands(kMostCategories) + " is the most",
        .where = source_name,
        .hint = "remove it if it identifies rows, or encode it, as target_encode and text_hash do"};
  }
  return categories;
}

/// Rows as the model sees them, [rows, features].
base::Result<std::vector<float>> encode_rows(const bundle::FeatureEncoder& encoder, const table::Table& rows,
                                             bool takes_missing, const std::string& source_name) {
  transform::BatchNotes notes;
  auto matrix = encoder.encode(rows, notes);
  if (!matrix.ok()) return base::located(source_name, std::move(matrix).error());
  if (takes_missing) return matrix;
  base::Status complete = encoder.check_complete(*matrix, notes);
  if (!complete.ok()) return base::located(source_name, std::move(complete).error());
  return matrix;
}

base::Result<ScoredRows> read_scored_rows(const TrainOptions& options, const contract::Schema& features,
                                          const bundle::FeatureEncoder& encoder,
                                          const contract::LabelSchema& label, base::Progress& progress) {
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
  rows.matrix = TRY(encode_rows(encoder, data.x, is_forest(options), options.x_test->string()));
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

}  // namespace

base::Result<TrainInputs> read_train_inputs(const TrainOptions& options, const prepared::PreparedData& data,
                                            const contract::LabelSchema& label, base::Progress& progress) {
  TrainInputs inputs;
  inputs.row_count = data.x.row_count();
  inputs.labels = TRY(make_labels(data, label, options.y_train.string()));
  inputs.features = sorted_features(data.features);
  inputs.categories = TRY(text_categories(data, options.x_train.string()));
  inputs.encoder = TRY(bundle::FeatureEncoder::make(data.features, inputs.features, inputs.categories));
  for (std::size_t i = 0; i < inputs.features.size(); ++i)
    inputs.category_counts.push_back(inputs.encoder.category_count(i));
  inputs.matrix = TRY(encode_rows(inputs.encoder, data.x, is_forest(options), options.x_train.string()));
  if (options.sample_weight) {
    inputs.weights =
        TRY(read_sample_weights(*options.sample_weight, inputs.row_count, options.thread_count, progress));
    inputs.labels.weights = inputs.weights->values;
  }
  if (options.x_test || options.y_test)
    inputs.scored = TRY(read_scored_rows(options, data.features, inputs.encoder, label, progress));
  return inputs;
}

}  // namespace archmlp::train_stage

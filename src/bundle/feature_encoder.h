#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"
#include "archmlp/transform/category_index.h"
#include "archmlp/transform/step.h"

namespace archmlp::bundle {

/// The known values of the inputs that a model takes as categories, by column: ascending (value_less),
/// distinct, values of the column's kind. Their place in the list is their number.
using FeatureCategories = std::map<std::string, std::vector<contract::Value>, std::less<>>;

nlohmann::ordered_json to_json(const FeatureCategories& categories);

/// What training rows know of `columns`: their distinct values. Errors: kInvalidInput for an absent column,
/// or one with more values than a model can hold.
base::Result<FeatureCategories> categories_of(const table::Table& rows, std::span<const std::string> columns);

/// From features to what models see, float32: the one such cast, for training, tables and records, so that
/// all agree to the bit. Numbers are rounded; a category becomes its number. What is missing becomes NaN, and
/// so does a category that is not known, which is noted. Immutable, safe from many threads.
class FeatureEncoder {
 public:
  /// `inputs`: the model's, each a column of `features`. A text column must have categories, others may.
  /// Errors: kInvalidInput for an input that is no feature, text without categories (hint: one_hot), or
  /// categories that are not as FeatureCategories says, or of a column that is no input.
  static base::Result<FeatureEncoder> make(const contract::Schema& features,
                                           std::span<const std::string> inputs,
                                           const FeatureCategories& categories);

  std::size_t input_count() const noexcept { return inputs_.size(); }
  const std::string& input_name(std::size_t input) const noexcept { return inputs_[input].name; }
  /// How many are known; 0 where the input is no category.
  std::uint32_t category_count(std::size_t input) const noexcept { return inputs_[input].category_count; }

  /// Shape: [rows, inputs], row-major. Columns are found by name. Rows marked in `notes.outside` may hold
  /// anything. Errors: kInvalidInput for an absent column, one of another kind, or a number beyond float32
  /// (`where` = the row).
  base::Result<std::vector<float>> encode(const table::Table& rows, transform::BatchNotes& notes) const;
  /// Shape: [inputs]. `record`: cells as `features`; they may end early, as Plan::apply_sparsely leaves them.
  /// Errors: a number beyond float32, `where` = the column.
  base::Status encode(const table::Record& record, transform::RecordScratch& scratch,
                      std::span<float> row) const;

  /// For models that take no missing numbers; categories may be missing. matrix [rows, inputs], row [inputs]:
  /// as encode gives them. Errors: kInvalidInput for the first missing one, `where` = the row, or the column
  /// of a record.
  base::Status check_complete(std::span<const float> matrix, const transform::BatchNotes& notes) const;
  base::Status check_complete(std::span<const float> row) const;

 private:
  struct Input {
    std::string name;
    contract::ColumnKind kind = contract::ColumnKind::kReal;
    std::size_t position = 0;  // among the features
    std::uint32_t category_count = 0;
    std::optional<transform::CategoryIndex> categories;
  };

  base::Status encode_numbers(const table::Column& column, std::size_t input,
                              const std::vector<std::uint8_t>& outside, std::span<float> matrix) const;
  void encode_categories(const table::Column& column, std::size_t input, transform::BatchNotes& notes,
                         std::span<float> matrix) const;

  std::vector<Input> inputs_;
  /// The same for records, in little room: which inputs are numbers and where, and which are categories.
  struct Number {
    std::uint32_t position;
    std::uint32_t input;
  };
  std::vector<Number> numbers_;  // by position
  std::vector<std::uint32_t> category_inputs_;
  static constexpr std::uint32_t kNoNumber = 0xFFFFFFFF;
  std::vector<std::uint32_t> number_at_;  // by position: the input, or kNoNumber
};

}  // namespace archmlp::bundle

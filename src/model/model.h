#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/model/matrix_view.h"

namespace archmlp::model {

/// What the outputs of a row are, one behind the other.
struct OutputLayout {
  std::size_t decisions = 0;      // as scikit-learn's decision_function: one for two classes, where positive
                                  // means the second; else one for each class or
  bool are_of_pairs = false;      // for each pair of classes, (0, 1), (0, 2), …, positive for the first
  std::size_t probabilities = 0;  // of each class, in [0, 1]; or none
  std::size_t values = 0;         // of a regression, 1: in the label's unit

  constexpr std::size_t count() const noexcept { return decisions + probabilities + values; }
};

/// Scores rows. Deterministic, safe from many threads.
class Model {
 public:
  virtual ~Model() = default;
  virtual std::string_view kind() const noexcept = 0;  // stable identifier on disk, e.g. "random_forest"
  virtual contract::Task task() const noexcept = 0;
  virtual std::size_t feature_count() const noexcept = 0;  // p
  virtual std::size_t class_count() const noexcept = 0;    // 0 for a regression
  virtual OutputLayout outputs() const noexcept = 0;
  std::size_t output_count() const noexcept { return outputs().count(); }  // k
  /// Whether a number may be missing (NaN). If not, a row with a missing feature has NaN for outputs.
  virtual bool takes_missing() const noexcept = 0;
  /// Of an input that is a category, how many there are: it takes their numbers, 0 to count - 1, and
  /// everything else as missing. 0: the input is a number.
  virtual std::uint32_t category_count(std::size_t feature) const noexcept = 0;

  /// Shape: x [n, p], out [n, k] row-major. The bits of a row's result do not depend on n nor on
  /// `thread_count`.
  /// Errors: kInvalidInput if shapes disagree; then `out` is untouched.
  base::Status predict(MatrixView x, std::span<double> out, int thread_count = 1) const;
  /// One row, without checks, and without allocation but for the first of a thread. Preconditions: sizes p
  /// and k.
  virtual void predict_row(std::span<const float> row, std::span<double> out) const = 0;
  /// The class that the outputs of a row speak for. Precondition: a classification.
  virtual std::size_t class_of(std::span<const double> outputs) const noexcept = 0;

  /// What `archmlp show` tells: trees, nodes, depth, bytes, ….
  virtual nlohmann::ordered_json summary() const = 0;
  /// The bytes of the model's section; the loader of the same kind() reads them in place.
  virtual std::vector<std::byte> to_bytes() const = 0;

 protected:
  /// A block of rows, from any thread. Preconditions: shapes agree, x.col_stride == 1.
  virtual void predict_rows(MatrixView x, std::span<double> out) const = 0;
};

/// The class of a probability vector: the largest, ties to the first. Precondition: not empty.
std::size_t arg_max(std::span<const double> probabilities) noexcept;

/// Reads a model of the given kind in place: `bytes` must outlive it and be 8-byte aligned. Checks every
/// value that predicting relies on. Errors: kInvalidInput (unknown kind, or what is wrong in the bytes).
base::Result<std::unique_ptr<const Model>> load_model(std::string_view kind,
                                                      std::span<const std::byte> bytes);

}  // namespace archmlp::model

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "archmlp/predict/predict_file.h"

namespace archmlp::predict {

/// Formats predictions as rows of a CSV or as JSON lines. Safe from many threads.
class PredictionWriter {
 public:
  PredictionWriter(const Predictor& predictor, FileFormat format);

  /// The CSV header; empty for JSON lines.
  const std::string& header() const noexcept { return header_; }
  void append(std::string& out, std::span<const double> outputs) const;
  /// The row of a record that the recipe's filter drops.
  void append_outside(std::string& out) const { out += outside_; }

 private:
  const Predictor& predictor_;
  FileFormat format_;
  std::string header_;
  std::string outside_;
  std::vector<std::string> class_cells_;  // CSV
};

}  // namespace archmlp::predict

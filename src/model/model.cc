#include "archmlp/model/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "archmlp/base/parallel.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/model/forest.h"
#include "archmlp/model/svm.h"

namespace archmlp::model {
namespace {

using base::Error;
using base::Status;

constexpr std::size_t kMinBlockRows = 64;
constexpr std::size_t kMaxBlockRows = 16384;
constexpr std::size_t kBlockBytes = std::size_t{1} << 21U;  // of features and outputs

/// Large, since every block may fetch every tree, but enough of them that no thread waits long for the last.
std::size_t rows_per_block(const Model& model, std::size_t row_count, int thread_count) noexcept {
  const std::size_t row_bytes = sizeof(float) * model.feature_count() + sizeof(double) * model.output_count();
  const auto threads = static_cast<std::size_t>(base::resolve_thread_count(thread_count));
  const std::size_t shared = threads == 1 ? row_count : row_count / (4 * threads);
  return std::clamp(std::min(kBlockBytes / row_bytes, shared), kMinBlockRows, kMaxBlockRows);
}

/// Rows [begin, end) of `x` as a row-major block; copied to `buffer` where `x` is not row-major.
MatrixView row_major_block(MatrixView x, std::size_t begin, std::size_t end, std::vector<float>& buffer) {
  MatrixView block = x;
  block.data += begin * x.row_stride;
  block.rows = end - begin;
  if (x.col_stride == 1) return block;
  buffer.resize(block.rows * x.cols);
  for (std::size_t col = 0; col < x.cols; ++col) {
    for (std::size_t row = 0; row < block.rows; ++row) buffer[row * x.cols + col] = block.at(row, col);
  }
  return MatrixView::row_major(buffer.data(), block.rows, x.cols);
}

}  // namespace

Status Model::predict(MatrixView x, std::span<double> out, int thread_count) const {
  if (x.cols != feature_count()) {
    return Error{.message = fmt::format("the model expects {} features, found {}", feature_count(), x.cols),
                 .hint = "give the columns that the model was trained with"};
  }
  const std::size_t outputs = output_count();
  if (out.size() / outputs != x.rows || out.size() % outputs != 0) {
    return Error{.message = fmt::format("predictions of {} rows with {} outputs need {} places, found {}",
                                        x.rows, outputs, x.rows * outputs, out.size())};
  }
  const std::size_t block_rows = rows_per_block(*this, x.rows, thread_count);
  const std::size_t block_count = (x.rows + block_rows - 1) / block_rows;
  const auto predict_block = [&](std::size_t block) -> Status {
    const std::size_t begin = block * block_rows;
    const std::size_t end = std::min(x.rows, begin + block_rows);
    std::vector<float> buffer;
    predict_rows(row_major_block(x, begin, end, buffer),
                 out.subspan(begin * outputs, (end - begin) * outputs));
    return {};
  };
  if (block_count == 1) return predict_block(0);  // without an allocation
  return base::parallel_for(block_count, thread_count, predict_block);
}

std::size_t arg_max(std::span<const double> probabilities) noexcept {
  assert(!probabilities.empty());
  return static_cast<std::size_t>(std::max_element(probabilities.begin(), probabilities.end()) -
                                  probabilities.begin());
}

base::Result<std::unique_ptr<const Model>> load_model(std::string_view kind,
                                                      std::span<const std::byte> bytes) {
  if (kind == Forest::kKind) {
    std::unique_ptr<const Model> model = TRY(Forest::from_bytes(bytes));
    return model;
  }
  if (kind == Svm::kKind) {
    std::unique_ptr<const Model> model = TRY(Svm::from_bytes(bytes));
    return model;
  }
  return Error{.message = "unknown kind of model " + base::quoted(kind),
               .hint = "the file may come from a newer program; this one reads random_forest and svm"};
}

}  // namespace archmlp::model

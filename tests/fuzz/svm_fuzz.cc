// Any bytes: a support vector machine is refused, or decides. Sums of values that are as large as doubles go
// may overflow, so its outputs need not be finite.

#include "archmlp/model/svm.h"

#include "model_section.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace archmlp;
  const std::vector<std::uint64_t> words = fuzz::aligned(data, size);
  const auto svm = model::Svm::from_bytes(std::as_bytes(std::span(words)).first(size));
  if (!svm.ok()) return 0;
  fuzz::require((*svm)->to_bytes().size() == size);
  fuzz::predict_both_ways(**svm, [](double) {});
  return 0;
}

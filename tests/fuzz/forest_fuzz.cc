// Any bytes: a forest is refused, or predicts finite numbers.

#include "archmlp/model/forest.h"

#include "model_section.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace archmlp;
  const std::vector<std::uint64_t> words = fuzz::aligned(data, size);
  const auto forest = model::Forest::from_bytes(std::as_bytes(std::span(words)).first(size));
  if (!forest.ok()) return 0;
  fuzz::require((*forest)->to_bytes().size() == size);
  fuzz::predict_both_ways(**forest, [](double output) { fuzz::require(std::isfinite(output)); });
  return 0;
}

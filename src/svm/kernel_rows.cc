#include "archmlp/svm/kernel_rows.h"

#include <algorithm>
#include <vector>

#include "archmlp/base/parallel.h"
#include "archmlp/svm/kernel_block.h"

namespace archmlp::svm {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{128} << 10U;  // of panels, to stay in L2 while groups go by

}  // namespace

template <typename T>
base::Status KernelRows<T>::compute(std::span<const std::uint32_t> places, std::span<T* const> out) const {
  const std::size_t group_count = (places.size() + kGroupRows - 1) / kGroupRows;
  const std::size_t group_values = packed_.depth() * kGroupRows;
  std::vector<T> values(group_count * group_values), norms(group_count * kGroupRows);
  for (std::size_t group = 0; group < group_count; ++group) {
    const std::size_t begin = group * kGroupRows;
    packed_.copy_group(places.subspan(begin, std::min(kGroupRows, places.size() - begin)),
                       values.data() + group * group_values, norms.data() + begin);
  }
  const std::size_t step = chunk_panels();
  return base::parallel_for(
      (packed_.panel_count() + step - 1) / step, thread_count_, [&](std::size_t chunk) -> base::Status {
        const std::size_t begin = chunk * step;
        const std::size_t first_value = begin * kPanelRows<T>;
        KernelBlock<T> block{.kernel = problem_.kernel,
                             .depth = packed_.depth(),
                             .category_depth = packed_.category_depth(),
                             .panel_count = std::min(step, packed_.panel_count() - begin),
                             .panels = packed_.panels() + first_value * packed_.depth(),
                             .panel_norms = packed_.norms() + first_value};
        for (std::size_t group = 0; group < group_count; ++group) {
          block.group = values.data() + group * group_values;
          block.group_norms = norms.data() + group * kGroupRows;
          block.group_size = std::min(kGroupRows, places.size() - group * kGroupRows);
          for (std::size_t i = 0; i < block.group_size; ++i)
            block.out[i] = out[group * kGroupRows + i] + first_value;
          compute_kernel(block);
        }
        return {};
      });
}

template <typename T>
std::size_t KernelRows<T>::chunk_panels() const noexcept {
  const std::size_t panel_bytes = packed_.depth() * kPanelRows<T> * sizeof(T);
  return std::clamp<std::size_t>(kChunkBytes / panel_bytes, 4, 64);
}

template class KernelRows<float>;
template class KernelRows<double>;

}  // namespace archmlp::svm

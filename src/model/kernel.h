#pragma once

#include <cstdint>
#include <string_view>

namespace archmlp::model {

/// The number of a category as it is; -1 for what is none of `count`.
inline float known_category(float number, std::uint32_t count) noexcept {
  const bool is_known = number >= 0 && number < static_cast<float>(count) &&
                        number == static_cast<float>(static_cast<std::uint32_t>(number));
  return is_known ? number : -1.0F;
}

enum class KernelKind : std::uint32_t { kLinear, kRbf, kPoly, kSigmoid };

/// How alike two rows are, as support vector machines count it. Sources: scikit-learn's and LIBSVM's kernels.
///   linear   x·z
///   rbf      exp(-gamma |x - z|²)
///   poly     (gamma x·z + coef0)^degree
///   sigmoid  tanh(gamma x·z + coef0)
struct Kernel {
  KernelKind kind = KernelKind::kRbf;
  double gamma = 1;  // >= 0
  double coef0 = 0;
  std::uint32_t degree = 3;

  friend bool operator==(const Kernel&, const Kernel&) = default;
};

/// "linear", "rbf", "poly", "sigmoid".
constexpr std::string_view to_string(KernelKind kind) noexcept {
  switch (kind) {
    case KernelKind::kLinear:
      return "linear";
    case KernelKind::kRbf:
      return "rbf";
    case KernelKind::kPoly:
      return "poly";
    case KernelKind::kSigmoid:
      break;
  }
  return "sigmoid";
}

}  // namespace archmlp::model

#include "archmlp/base/progress.h"

namespace archmlp::base {
namespace {

class NoProgress final : public Progress {
 public:
  void update(std::string_view, std::uint64_t, std::uint64_t, std::string_view) override {}
};

}  // namespace

Progress& no_progress() noexcept {
  static NoProgress instance;
  return instance;
}

}  // namespace archmlp::base

#include "archmlp/base/version.h"

namespace archmlp::base {

std::string_view program_version() noexcept { return ARCHMLP_VERSION; }

}  // namespace archmlp::base

#pragma once

#include <string_view>

namespace archmlp::base {

/// The program's version, "MAJOR.MINOR.PATCH".
std::string_view program_version() noexcept;

}  // namespace archmlp::base

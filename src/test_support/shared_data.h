#pragma once

#include <filesystem>

namespace archmlp::test_support {

/// Where data lies that the project may not ship, beside the working copy; what is in it may be absent.
std::filesystem::path shared_folder();

}  // namespace archmlp::test_support

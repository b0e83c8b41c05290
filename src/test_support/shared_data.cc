#include "archmlp/test_support/shared_data.h"

#include <cstdlib>

namespace archmlp::test_support {

std::filesystem::path shared_folder() {
  if (const char* given = std::getenv("ARCHMLP_SHARED")) return given;
  for (auto folder = std::filesystem::current_path(); folder != folder.root_path();
       folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / ".git")) return folder.parent_path() / "shared";
  }
  return "shared";
}

}  // namespace archmlp::test_support

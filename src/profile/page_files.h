#pragma once

#include <string_view>

namespace archmlp::profile {

/// What the page runs, from web/, inside the program.
struct PageFiles {
  std::string_view style;
  std::string_view script;
  std::string_view chart_runtime;  // Vega-Lite; empty in a build without it (./dev web makes it)
};

PageFiles page_files() noexcept;

}  // namespace archmlp::profile

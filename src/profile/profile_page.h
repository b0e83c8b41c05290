#pragma once

#include <string>
#include <string_view>

#include "archmlp/profile/page_files.h"
#include "archmlp/profile/profile.h"
#include "archmlp/table/table.h"

namespace archmlp::profile {

/// The profile as one HTML page that needs no network: its charts are drawn by what is inside it. The
/// first rows of `table` are shown as well. `title` is the name of the data.
std::string to_html(const TableProfile& profile, const table::Table& table, std::string_view title,
                    const PageFiles& files = page_files());

}  // namespace archmlp::profile

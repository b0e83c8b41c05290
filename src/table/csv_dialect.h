#pragma once

#include <cstddef>
#include <string_view>

#include "archmlp/base/result.h"

namespace archmlp::table {

/// How many bytes of the body detect_delimiter looks at, at most.
inline constexpr std::size_t kDialectSample = std::size_t{256} << 10U;

/// Comma, semicolon, tab or bar: the one that splits the first records alike, into the most fields; failing
/// that, the one that splits the first record into the most; comma if there is only one column. `sample`: the
/// first kDialectSample bytes of the text, or all of it if `complete`.
char detect_delimiter(std::string_view sample, bool complete);

/// Errors: kInvalidInput for a quote or a line end.
base::Status check_delimiter(char delimiter);

}  // namespace archmlp::table

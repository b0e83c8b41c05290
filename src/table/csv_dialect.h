#pragma once

#include <string_view>

#include "archmlp/base/result.h"

namespace archmlp::table {

/// The text without its byte order mark and the line ends behind the last record.
/// Errors: kInvalidInput, without `where`: another encoding than UTF-8 by its byte order mark; nothing there.
base::Result<std::string_view> csv_body(std::string_view text);

/// Comma, semicolon, tab or bar: the one that splits the first records alike, into the most fields; failing
/// that, the one that splits the first record into the most; comma if there is only one column.
char detect_delimiter(std::string_view body);

/// Errors: kInvalidInput for a quote or a line end.
base::Status check_delimiter(char delimiter);

}  // namespace archmlp::table

#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "archmlp/base/result.h"

namespace archmlp::preprocess {

struct ErrorRow {
  std::size_t row;   // from 0
  std::string rest;  // of where it is
};

/// Of an error whose `where` is `row N`, N from 1, and perhaps more: steps count the rows that they are
/// given.
std::optional<ErrorRow> row_of(const base::Error& error);

}  // namespace archmlp::preprocess

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"

namespace archmlp::preprocess {

/// Errors: kInvalidInput that names the nearest columns.
base::Result<const contract::ColumnSchema*> find_column(const contract::Schema& schema,
                                                        std::string_view name);
base::Result<std::vector<const contract::ColumnSchema*>> find_columns(const contract::Schema& schema,
                                                                      const std::vector<std::string>& names);

/// The Error where a step has nothing to learn from.
base::Error no_training_value(std::string_view column);

}  // namespace archmlp::preprocess

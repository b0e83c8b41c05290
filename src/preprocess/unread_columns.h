#pragma once

#include <string>
#include <vector>

#include "archmlp/contract/recipe.h"

namespace archmlp::preprocess {

/// The columns that a recipe takes away before anything looks at them: their cells need not be parsed. What
/// an expression may mean is told from its words alone, so that a column is rather read than missed.
std::vector<std::string> unread_columns(const contract::Recipe& recipe);

}  // namespace archmlp::preprocess

#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/csv_options.h"
#include "archmlp/contract/recipe.h"
#include "options.h"

// Options that several commands have, so that they are called and mean the same everywhere.

namespace archmlp::apps {

void add_threads(Options& options, int& thread_count);
void add_json(Options& options);
void add_json_progress(Options& options);

/// --delimiter, --no-header, --missing-values, --column-missing-values, --type. `read` gets what is given.
void add_csv_options(Options& options, contract::CsvOptions& read);
/// One option a parameter of any model, with scikit-learn's name; `parameters` gets those that are typed.
std::string flag_of(std::string_view parameter);  // "max_depth" to "--max-depth"
void add_model_options(Options& options, nlohmann::ordered_json& parameters);

/// What --memory says: "2GB", "500 MB", "256M", "16MiB", "1000000". Errors: kInvalidInput.
base::Result<std::size_t> bytes_from(const std::string& text);

/// "a,b,c" as its parts; none for "".
std::vector<std::string> split_list(std::string_view text);

}  // namespace archmlp::apps

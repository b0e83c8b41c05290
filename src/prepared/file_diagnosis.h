#pragma once

#include <filesystem>
#include <optional>

#include "archmlp/base/result.h"
#include "archmlp/contract/dataset_contract.h"

namespace archmlp::prepared {

/// Why a CSV of a prepared dataset is not what its contract records, as specific as can be said: it does not
/// read, a column is missing, renamed, added or retyped, rows are fewer or more; else that it was changed.
/// `schema` is what the contract says of its columns. Reads the file once more: only for files that failed.
base::Error diagnose_prepared_file(const std::filesystem::path& path, const contract::Schema& schema,
                                   const contract::FileRecord& record);

/// An Error of preprocess's promise to `reader`, the stage that found it.
base::Error contract_broken(const std::filesystem::path& path, std::string message);

}  // namespace archmlp::prepared

#pragma once

#include <filesystem>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/dataset_contract.h"
#include "archmlp/preprocess/rows_in_work.h"

namespace archmlp::preprocess {

/// Writes the four CSVs and contract.json into `folder`, block by block; fills in `contract.files` and which
/// features may be missing. Precondition: work.finish() was called. Errors: kIo, kCancelled, those of
/// applying the last steps.
base::Status write_dataset(const std::filesystem::path& folder, RowsInWork& work,
                           contract::DatasetContract& contract, int thread_count, base::Progress& progress);

}  // namespace archmlp::preprocess

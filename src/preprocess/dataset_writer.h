#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "archmlp/base/result.h"
#include "archmlp/contract/dataset_contract.h"
#include "archmlp/table/table.h"

namespace archmlp::preprocess {

/// The rows that go to each side, ascending.
struct SideRows {
  std::span<const std::uint32_t> train;
  std::span<const std::uint32_t> test;
};

/// Writes the four CSVs and contract.json into `folder`; fills in `contract.files`.
/// Errors: kIo, kCancelled.
base::Status write_dataset(const std::filesystem::path& folder, const table::Table& features,
                           const table::Column& label, const SideRows& sides,
                           contract::DatasetContract& contract, int thread_count);

}  // namespace archmlp::preprocess

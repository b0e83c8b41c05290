#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "archmlp/base/result.h"
#include "archmlp/contract/dataset_contract.h"
#include "archmlp/table/table.h"

namespace archmlp::preprocess {

/// Writes `rows` as CSV to a new file. Gives its SHA-256 and row count. Errors: kIo.
base::Result<contract::FileRecord> write_csv_file(const table::Table& rows, const std::filesystem::path& path,
                                                  int thread_count);

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

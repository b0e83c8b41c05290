#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/table/table.h"
#include "archmlp/table/table_spill.h"

namespace archmlp::preprocess {

/// How much a stage may keep in memory, and where the rest goes.
struct MemoryBudget {
  std::optional<std::size_t> bytes;    // none: as much as it takes
  std::filesystem::path spill_folder;  // for a file without a name
};

/// The rows in work as a sequence of blocks, each a table with the same columns: in memory while there is
/// room, in a temporary file beyond. Different blocks may be put and read from different threads.
class RowStore {
 public:
  explicit RowStore(MemoryBudget budget) : budget_(std::move(budget)) {}

  /// Forgets all rows.
  void restart();
  /// Makes room for so many blocks. Those that are never put hold no rows.
  void grow(std::size_t block_count) { blocks_.resize(block_count); }
  /// Between two passes in which every block is put: what is then written goes to a file of its own, and the
  /// one before is freed with the last of its blocks.
  void start_pass() noexcept { spill_.reset(); }
  /// Errors: kIo.
  base::Status put(std::size_t block, table::Table rows);
  /// Errors: kIo.
  base::Result<table::Table> get(std::size_t block) const;
  base::Result<table::Column> get_column(std::size_t block, std::size_t index) const;

  const MemoryBudget& budget() const noexcept { return budget_; }
  std::size_t block_count() const noexcept { return blocks_.size(); }
  std::size_t row_count(std::size_t block) const noexcept { return blocks_[block].row_count; }
  std::size_t row_count() const noexcept;
  /// Of each block, the rows in front of it. Shape: [block_count + 1].
  std::vector<std::size_t> row_offsets() const;

 private:
  struct Block {
    std::size_t row_count = 0;
    std::size_t resident_bytes = 0;
    std::optional<table::Table> resident;
    table::SpilledTable spilled;
    std::shared_ptr<const table::TableSpill> file;
  };
  base::Result<std::shared_ptr<table::TableSpill>> spill();

  MemoryBudget budget_;
  std::vector<Block> blocks_;
  std::size_t resident_bytes_ = 0;  // through std::atomic_ref
  std::shared_ptr<table::TableSpill> spill_;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();  // of spill_
};

}  // namespace archmlp::preprocess

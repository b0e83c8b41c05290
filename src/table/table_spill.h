#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/table.h"

namespace archmlp::table {

/// Where a table lies in its TableSpill.
struct SpilledTable {
  struct Part {
    std::string name;
    contract::ColumnKind kind = contract::ColumnKind::kReal;
    std::uint64_t offset = 0;  // of the cells; behind them the missing flags or the levels
    bool has_missing_flags = false;
    std::uint64_t level_bytes = 0;
    std::size_t level_count = 0;
  };
  std::size_t row_count = 0;
  std::vector<Part> columns;
};

/// Tables parked on disk, in a file without a name that goes with its last descriptor, whatever ends the
/// process. Safe from many threads.
class TableSpill {
 public:
  /// Errors: kIo.
  static base::Result<TableSpill> create(const std::filesystem::path& folder);
  TableSpill(TableSpill&& other) noexcept;
  TableSpill& operator=(TableSpill&&) = delete;
  ~TableSpill();

  /// Errors: kIo, e.g. where the disk is full.
  base::Result<SpilledTable> write(const Table& table);
  /// Errors: kIo.
  base::Result<Table> read(const SpilledTable& spilled) const;
  base::Result<Column> read_column(const SpilledTable& spilled, std::size_t index) const;

 private:
  TableSpill(std::filesystem::path folder, int descriptor) noexcept;
  std::uint64_t take_room(std::uint64_t size) noexcept;
  base::Status write_bytes(const void* bytes, std::uint64_t size, std::uint64_t offset);
  base::Status read_bytes(void* bytes, std::uint64_t size, std::uint64_t offset) const;
  base::Result<SpilledTable::Part> write_column(const Column& column);

  std::filesystem::path folder_;
  int descriptor_;
  std::uint64_t end_ = 0;  // through std::atomic_ref
};

/// What the cells take in memory, roughly.
std::size_t memory_of(const Table& table) noexcept;

}  // namespace archmlp::table

#include "archmlp/preprocess/row_store.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "archmlp/base/try.h"

namespace archmlp::preprocess {

void RowStore::restart() {
  blocks_.clear();
  resident_bytes_ = 0;
  spill_.reset();
}

base::Result<std::shared_ptr<table::TableSpill>> RowStore::spill() {
  const std::scoped_lock lock(*mutex_);
  if (!spill_) {
    spill_ = std::make_shared<table::TableSpill>(TRY(table::TableSpill::create(budget_.spill_folder)));
  }
  return spill_;
}

base::Status RowStore::put(std::size_t block, table::Table rows) {
  Block& place = blocks_[block];
  std::atomic_ref<std::size_t> resident_bytes(resident_bytes_);
  resident_bytes -= std::exchange(place.resident_bytes, 0);
  place.resident.reset();
  place.row_count = rows.row_count();
  if (!budget_.bytes) {
    place.resident = std::move(rows);
    return {};
  }
  const std::size_t bytes = table::memory_of(rows);
  if (resident_bytes.fetch_add(bytes) + bytes <= *budget_.bytes) {
    place.resident_bytes = bytes;
    place.resident = std::move(rows);
    place.file.reset();
    return {};
  }
  resident_bytes -= bytes;
  const std::shared_ptr<table::TableSpill> file = TRY(spill());
  place.spilled = TRY(file->write(rows));
  place.file = file;
  return {};
}

base::Result<table::Table> RowStore::get(std::size_t block) const {
  const Block& place = blocks_[block];
  if (place.resident) return *place.resident;
  if (!place.file) return table::Table();
  return place.file->read(place.spilled);
}

base::Result<table::Column> RowStore::get_column(std::size_t block, std::size_t index) const {
  const Block& place = blocks_[block];
  if (place.resident) return place.resident->column(index);
  return place.file->read_column(place.spilled, index);
}

std::size_t RowStore::row_count() const noexcept {
  std::size_t count = 0;
  for (const Block& block : blocks_) count += block.row_count;
  return count;
}

std::vector<std::size_t> RowStore::row_offsets() const {
  std::vector<std::size_t> offsets(blocks_.size() + 1, 0);
  for (std::size_t block = 0; block < blocks_.size(); ++block)
    offsets[block + 1] = offsets[block] + blocks_[block].row_count;
  return offsets;
}

}  // namespace archmlp::preprocess

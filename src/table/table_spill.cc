#include "archmlp/table/table_spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <utility>

#include "archmlp/base/file.h"
#include "archmlp/base/try.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;

/// The levels as one string: each one's size in four bytes, then its text.
std::string packed(const std::vector<std::string>& levels) {
  std::string bytes;
  for (const std::string& level : levels) {
    const auto size = static_cast<std::uint32_t>(level.size());
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes += level;
  }
  return bytes;
}

std::vector<std::string> unpacked(const std::string& bytes, std::size_t count) {
  std::vector<std::string> levels;
  levels.reserve(count);
  std::size_t at = 0;
  while (levels.size() < count) {
    std::uint32_t size = 0;
    bytes.copy(reinterpret_cast<char*>(&size), sizeof size, at);
    levels.emplace_back(bytes, at + sizeof size, size);
    at += sizeof size + size;
  }
  return levels;
}

template <typename T>
std::uint64_t bytes_of(const std::vector<T>& values) noexcept {
  return values.size() * sizeof(T);
}

/// A file that has no name, in `folder`.
int open_unnamed(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return descriptor;
  std::string name = (folder / ".spill.XXXXXX.archmlp-tmp").string();
  const int named =
      ::mkostemps(name.data(), static_cast<int>(std::string_view(".archmlp-tmp").size()), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

base::Result<TableSpill> TableSpill::create(const std::filesystem::path& folder) {
  const std::filesystem::path place = folder.empty() ? "." : folder;
  const int descriptor = open_unnamed(place);
  if (descriptor < 0) return base::io_error("cannot create a temporary file in", place, errno);
  return TableSpill(place, descriptor);
}

TableSpill::TableSpill(std::filesystem::path folder, int descriptor) noexcept
    : folder_(std::move(folder)), descriptor_(descriptor) {}

TableSpill::TableSpill(TableSpill&& other) noexcept
    : folder_(std::move(other.folder_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      end_(other.end_) {}

TableSpill::~TableSpill() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint64_t TableSpill::take_room(std::uint64_t size) noexcept {
  return std::atomic_ref(end_).fetch_add(size);
}

base::Status TableSpill::write_bytes(const void* bytes, std::uint64_t size, std::uint64_t offset) {
  const char* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t count = ::pwrite(descriptor_, next, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::io_error("cannot write a temporary file in", folder_, errno);
    next += count;
    size -= static_cast<std::uint64_t>(count);
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

base::Status TableSpill::read_bytes(void* bytes, std::uint64_t size, std::uint64_t offset) const {
  char* next = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t count = ::pread(descriptor_, next, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      return base::io_error("cannot read a temporary file in", folder_, count < 0 ? errno : EIO);
    next += count;
    size -= static_cast<std::uint64_t>(count);
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

base::Result<SpilledTable::Part> TableSpill::write_column(const Column& column) {
  SpilledTable::Part part{.name = column.name(), .kind = column.kind()};
  const auto write_parts = [&](const auto& values, const auto& behind) -> base::Status {
    part.offset = take_room(bytes_of(values) + behind.size());
    TRY(write_bytes(values.data(), bytes_of(values), part.offset));
    return write_bytes(behind.data(), behind.size(), part.offset + bytes_of(values));
  };
  const std::string nothing;
  switch (column.kind()) {
    case ColumnKind::kInteger:
      part.has_missing_flags = !column.integers().missing.empty();
      TRY(write_parts(column.integers().values, column.integers().missing));
      break;
    case ColumnKind::kReal:
      TRY(write_parts(column.reals().values, nothing));
      break;
    case ColumnKind::kBoolean:
      TRY(write_parts(column.booleans().values, nothing));
      break;
    case ColumnKind::kText: {
      const std::string levels = packed(column.texts().levels);
      part.level_bytes = levels.size();
      part.level_count = column.texts().levels.size();
      TRY(write_parts(column.texts().codes, levels));
      break;
    }
  }
  return part;
}

base::Result<SpilledTable> TableSpill::write(const Table& table) {
  SpilledTable spilled{.row_count = table.row_count(), .columns = {}};
  spilled.columns.reserve(table.columns().size());
  for (const Column& column : table.columns()) spilled.columns.push_back(TRY(write_column(column)));
  return spilled;
}

base::Result<Column> TableSpill::read_column(const SpilledTable& spilled, std::size_t index) const {
  const SpilledTable::Part& part = spilled.columns[index];
  const auto read_values = [&](auto& values) -> base::Status {
    values.resize(spilled.row_count);
    return read_bytes(values.data(), bytes_of(values), part.offset);
  };
  switch (part.kind) {
    case ColumnKind::kInteger: {
      IntegerCells cells;
      TRY(read_values(cells.values));
      if (part.has_missing_flags) {
        cells.missing.resize(spilled.row_count);
        TRY(read_bytes(cells.missing.data(), cells.missing.size(), part.offset + bytes_of(cells.values)));
      }
      return Column(part.name, std::move(cells));
    }
    case ColumnKind::kReal: {
      RealCells cells;
      TRY(read_values(cells.values));
      return Column(part.name, std::move(cells));
    }
    case ColumnKind::kBoolean: {
      BooleanCells cells;
      TRY(read_values(cells.values));
      return Column(part.name, std::move(cells));
    }
    case ColumnKind::kText:
      break;
  }
  TextCells cells;
  TRY(read_values(cells.codes));
  std::string levels(part.level_bytes, '\0');
  TRY(read_bytes(levels.data(), levels.size(), part.offset + bytes_of(cells.codes)));
  cells.levels = unpacked(levels, part.level_count);
  return Column(part.name, std::move(cells));
}

base::Result<Table> TableSpill::read(const SpilledTable& spilled) const {
  if (spilled.columns.empty()) return Table::without_columns(spilled.row_count);
  std::vector<Column> columns;
  columns.reserve(spilled.columns.size());
  for (std::size_t index = 0; index < spilled.columns.size(); ++index)
    columns.push_back(TRY(read_column(spilled, index)));
  return Table::from_columns(std::move(columns));
}

std::size_t memory_of(const Table& table) noexcept {
  std::size_t bytes = 0;
  for (const Column& column : table.columns()) {
    bytes += std::visit(
        [](const auto& cells) -> std::size_t {
          if constexpr (requires { cells.levels; }) {
            std::size_t sum = bytes_of(cells.codes) + cells.levels.size() * sizeof(std::string);
            for (const std::string& level : cells.levels) sum += level.size();
            return sum;
          } else if constexpr (requires { cells.missing; }) {
            return bytes_of(cells.values) + cells.missing.size();
          } else {
            return bytes_of(cells.values);
          }
        },
        column.cells());
  }
  return bytes;
}

}  // namespace archmlp::table

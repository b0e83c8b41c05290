#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/csv_options.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/table.h"

namespace archmlp::table {

/// One CSV, or several with the same columns (by name, in any order; the rows of the first file come first),
/// read block by block: what is in memory at a time is a few blocks a thread, whatever the files' size.
class CsvBlocks {
 public:
  /// Finds out delimiter, names and, from rows spread over all files, the kinds that the columns seem to
  /// have. "-" is standard input. What is not a plain file (.gz, .zst, standard input) is unpacked first, to
  /// an unlinked temporary file if it is large. `progress` must outlive this object.
  /// Errors: as read_csv for what the beginning of each file shows; a column that is missing in a further
  /// file, or that only that one has. Precondition: at least one file.
  static base::Result<CsvBlocks> open(const std::vector<std::filesystem::path>& files,
                                      const contract::CsvOptions& options,
                                      base::Progress& progress = base::no_progress());
  /// The same with kinds and missing tokens known: read_csv_as block by block. Errors: as read_csv_as.
  static base::Result<CsvBlocks> open_as(const std::filesystem::path& file, const contract::Schema& schema,
                                         const KnownSchemaOptions& options,
                                         base::Progress& progress = base::no_progress());
  CsvBlocks(CsvBlocks&&) noexcept;
  CsvBlocks& operator=(CsvBlocks&&) noexcept;
  ~CsvBlocks();

  /// Before read() has given true: kinds as they seem to be, every column nullable (open_as: as given).
  const contract::Schema& schema() const noexcept;
  char delimiter() const noexcept;  // of the first file
  /// The borders of blocks depend on the files' bytes and the number of columns alone.
  std::size_t block_count() const noexcept;

  /// Gets every block that has rows, once: columns as in schema(), each block's text columns with levels of
  /// its own in order of first appearance there. Called from several threads at once, in any order.
  using Take = std::function<base::Status(std::size_t block, Table rows)>;
  /// Parses all rows. False: a cell contradicts a kind that was only guessed; the blocks taken so far are
  /// void, schema() now has the kinds that all cells have (as read_csv), and the next read() gives true. It
  /// may be called again after true as well: the same blocks come again.
  /// Errors: as read_csv, and what `take` gives; that of the lowest block wins, whatever the threads;
  /// kResourceLimit for a record longer than 128 MiB; kIo if a file is cut short meanwhile. No further block
  /// is taken once it is clear that the answer is false.
  base::Result<bool> read(const Take& take);

  // After read() has given true:
  std::uint64_t row_count() const noexcept;
  /// The rows in front of a block; of block_count(): all.
  std::uint64_t rows_before(std::size_t block) const noexcept;
  /// Of each file as it lies on disk (compressed, if it is).
  const std::vector<std::string>& sha256() const noexcept;

  /// Which row of which file a row of the whole is.
  struct Place {
    std::size_t file = 0;
    std::uint64_t row = 0;  // counted from 0
  };
  Place place_of(std::uint64_t row) const noexcept;
  std::size_t file_count() const noexcept;
  /// As messages name it.
  const std::string& file_name(std::size_t file) const noexcept;

  /// For tests: texts instead of files, named "0", "1", …, and blocks of about `chunk_size` bytes.
  static base::Result<CsvBlocks> open_texts(const std::vector<std::string_view>& texts,
                                            const contract::CsvOptions& options, std::size_t chunk_size);

 private:
  class State;
  explicit CsvBlocks(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace archmlp::table

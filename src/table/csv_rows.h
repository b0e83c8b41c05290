#pragma once

#include <condition_variable>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/hash.h"
#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/table/csv_chunks.h"
#include "archmlp/table/csv_columns.h"
#include "archmlp/table/csv_file.h"

namespace archmlp::table {

inline constexpr std::size_t kCsvChunkSize = std::size_t{2} << 20U;

/// Room for one chunk, used for many: then its pages are there already, and in cache.
struct CsvWorkspace {
  std::vector<char> text;
  CsvBlock block;
  std::vector<ColumnChunk> columns;  // in the file's order
};

/// The rows of one or more CSVs, cut into chunks: chunk i of a file has the records that start in its i-th
/// stretch of `chunk_size` bytes. The borders are exact, and known once a chunk has been read: what a stretch
/// does to the reader's state is handed from each to the next (csv_chunks.h). In the same pass the files are
/// hashed, so their bytes are read once.
class CsvRows {
 public:
  CsvRows(std::vector<std::unique_ptr<CsvFile>> files, std::size_t chunk_size, int thread_count,
          base::Progress& progress);

  const CsvFile& file(std::size_t index) const noexcept { return *files_[index]; }
  std::size_t file_count() const noexcept { return files_.size(); }
  std::size_t chunk_count() const noexcept { return chunks_.size(); }
  std::size_t file_of(std::size_t chunk) const noexcept { return chunks_[chunk].file; }
  int thread_count() const noexcept { return thread_count_; }
  /// Of all files' rows.
  std::size_t byte_count() const noexcept { return byte_count_; }

  /// What columns seem to be, from rows spread over the files: `plans` of the first file's columns; those of
  /// other files are found by name. Sets `expected` where nothing is given.
  base::Status expect_kinds(std::vector<ColumnPlan>& plans) const;

  /// Parses chunks [first, last) by `plans` (one list a file) and gives each to `take`, which may move its
  /// columns away, from several threads and in any order. In the first pass over the files, calls go on where
  /// the last one ended.
  /// Errors: that of the chunk that stands first, whatever the threads.
  using Take = std::function<base::Status(std::size_t chunk, CsvWorkspace& workspace)>;
  base::Status read(std::size_t first, std::size_t last, const std::vector<std::vector<ColumnPlan>>& plans,
                    const Take& take);

  /// The SHA-256 of each file as it lies on disk. Precondition: all chunks have been read.
  base::Result<std::vector<std::string>> sha256();

 private:
  struct Chunk {
    std::size_t file = 0;
    std::size_t stretch_begin = 0;
    std::size_t stretch_end = 0;
    bool known = false;
    bool endless = false;   // its last record goes on
    std::size_t begin = 0;  // of its first record
    std::size_t end = 0;    // of its last
  };
  struct Hash {
    base::Sha256 sha;
    std::size_t position = 0;
    std::string result;
  };
  /// The reader's state at the two ends of a stretch.
  struct Turn {
    CsvState before = CsvState::kOutside;
    CsvState behind = CsvState::kOutside;
  };
  class Run;

  void cut(std::size_t file, std::size_t chunk_size);
  /// Reads the text of a chunk, and finds its borders if they are not known yet.
  base::Result<CsvPiece> text_of(std::size_t chunk, CsvWorkspace& workspace);
  base::Result<CsvPiece> find_text(std::size_t chunk, CsvWorkspace& workspace);
  base::Result<Turn> pass_turn(std::size_t chunk, const CsvPiece& window);
  void stop_turns(std::size_t chunk);
  base::Result<std::size_t> find_end(std::size_t chunk, CsvState state, CsvPiece& window,
                                     CsvWorkspace& workspace);
  base::Status hash_up_to(std::size_t file, std::size_t end, const CsvPiece& window);
  base::Status sample(std::size_t file, std::size_t offset, std::size_t size,
                      const std::vector<ColumnPlan>& plans, std::vector<SeenForms>& seen) const;
  std::unique_ptr<CsvWorkspace> borrow_workspace();

  std::vector<std::unique_ptr<CsvFile>> files_;
  std::vector<Chunk> chunks_;
  std::size_t byte_count_ = 0;
  int thread_count_;
  base::Progress* progress_;
  std::size_t done_bytes_ = 0;  // for it
  std::size_t done_rows_ = 0;
  std::vector<Hash> hashes_;

  // The first pass: whose turn it is to learn its state from the chunk before.
  std::mutex turn_mutex_;
  std::condition_variable turn_passed_;
  std::size_t turn_ = 0;
  std::size_t stopped_at_ = std::numeric_limits<std::size_t>::max();
  CsvState state_ = CsvState::kOutside;

  std::mutex idle_mutex_;
  std::vector<std::unique_ptr<CsvWorkspace>> idle_;
};

}  // namespace archmlp::table

#include "archmlp/table/csv_rows.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/table/csv_chunk_reader.h"
#include "archmlp/table/large_memory.h"

namespace archmlp::table {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20U;
constexpr std::size_t kLargestKept = std::size_t{24} << 20U;  // of a chunk's text: more is a long record
constexpr std::size_t kFirstTail = std::size_t{16} << 10U;    // read behind a stretch, for its last record

/// A chunk of a very wide file should still hold enough rows to pay for its columns. Small sizes are for
/// tests.
std::size_t chunk_size_for(std::size_t wanted, std::size_t column_count) {
  constexpr std::size_t kBytesAColumn = 4096;
  constexpr std::size_t kWidest = std::size_t{16} << 20U;
  if (wanted < kMegabyte) return std::max<std::size_t>(wanted, 1);
  return std::max(wanted, std::min(column_count * kBytesAColumn, kWidest));
}

}  // namespace

CsvRows::CsvRows(std::vector<std::unique_ptr<CsvFile>> files, std::size_t chunk_size, int thread_count,
                 base::Progress& progress)
    : files_(std::move(files)),
      thread_count_(base::resolve_thread_count(thread_count)),
      progress_(&progress),
      hashes_(files_.size()) {
  for (std::size_t file = 0; file < files_.size(); ++file)
    cut(file, chunk_size_for(chunk_size, files_[file]->names().size()));
}

void CsvRows::cut(std::size_t file, std::size_t chunk_size) {
  const std::size_t end = files_[file]->rows_end();
  std::size_t begin = files_[file]->rows_begin();
  do {  // one chunk even without rows
    const std::size_t next = std::min(begin + chunk_size, end);
    chunks_.push_back({.file = file, .stretch_begin = begin, .stretch_end = next});
    byte_count_ += next - begin;
    begin = next;
  } while (begin < end);
}

/// Where a stretch begins is where a record does, or so it is hoped: a wrong guess costs time, nothing else.
base::Status CsvRows::sample(std::size_t file, std::size_t offset, std::size_t size,
                             const std::vector<ColumnPlan>& plans, std::vector<SeenForms>& seen) const {
  constexpr std::size_t kSampledRows = 64;
  const CsvFile& source = *files_[file];
  std::vector<char> buffer;
  size = std::min(size, source.rows_end() - offset);
  std::string_view text = TRY(source.input().read(offset, size, buffer));
  if (offset > source.rows_begin()) {
    text.remove_prefix(std::min(text.find_first_of("\r\n"), text.size()));
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  }
  if (offset + size < source.rows_end()) text = text.substr(0, text.find_last_of("\r\n") + 1);
  CsvScanner scanner(text, source.delimiter(), source.names().size());
  CsvBlock block;
  static_cast<void>(scanner.next(kSampledRows, block));  // faults are found again when the chunk is read
  if (block.row_count() == 0) return {};
  for (std::size_t column = 0; column < source.names().size(); ++column) {
    const auto plan = file == 0 ? plans.begin() + static_cast<std::ptrdiff_t>(column)
                                : std::ranges::find(plans, source.names()[column], &ColumnPlan::name);
    if (plan == plans.end() || plan->given || plan->skipped) continue;
    ColumnChunk cells(*plan);
    static_cast<void>(cells.append(block.fields.data() + column, source.names().size(), block.row_count()));
    seen[static_cast<std::size_t>(plan - plans.begin())].add(cells.seen());
  }
  return {};
}

base::Status CsvRows::expect_kinds(std::vector<ColumnPlan>& plans) const {
  constexpr std::size_t kSamples = 16;
  constexpr std::size_t kSmallest = std::size_t{64} << 10U;
  constexpr std::size_t kLargest = std::size_t{8} << 20U;
  std::vector<SeenForms> seen(plans.size());
  const std::size_t samples_a_file = std::max<std::size_t>(2, kSamples / files_.size());
  for (std::size_t file = 0; file < files_.size(); ++file) {
    const CsvFile& source = *files_[file];
    const std::size_t size = source.rows_end() - source.rows_begin();
    const std::size_t header = source.rows_begin() - source.body_begin();
    const std::size_t sample_size = std::clamp(header * 16, kSmallest, kLargest);
    const std::size_t count = std::clamp<std::size_t>(size / sample_size, size == 0 ? 0 : 1, samples_a_file);
    for (std::size_t i = 0; i < count; ++i)
      TRY(sample(file, source.rows_begin() + size / count * i, sample_size, plans, seen));
  }
  for (std::size_t column = 0; column < plans.size(); ++column) {
    if (!plans[column].given && !seen[column].none()) plans[column].expected = seen[column].kind();
  }
  return {};
}

std::unique_ptr<CsvWorkspace> CsvRows::borrow_workspace() {
  const std::scoped_lock lock(idle_mutex_);
  if (idle_.empty()) return std::make_unique<CsvWorkspace>();
  std::unique_ptr<CsvWorkspace> workspace = std::move(idle_.back());
  idle_.pop_back();
  return workspace;
}

/// One call of read(): threads take chunks in their order, so that those in front of a fault are read
/// whatever happens, and the chunk before one's own is always taken by somebody.
class CsvRows::Run {
 public:
  Run(CsvRows& rows, std::size_t first, std::size_t last, const std::vector<std::vector<ColumnPlan>>& plans,
      const Take& take)
      : rows_(rows), last_(last), plans_(plans), take_(take), next_(first), bad_chunk_(last) {
    if (first == 0) {
      rows.done_bytes_ = rows.done_rows_ = 0;
      rows.progress_->update("reading", 0, rows.byte_count_, "bytes");
    }
  }

  base::Status go() {
    const auto workers = static_cast<std::size_t>(rows_.thread_count_);
    const auto work = [&](std::size_t) -> base::Status {
      std::unique_ptr<CsvWorkspace> workspace = rows_.borrow_workspace();
      while (!stopped_.load(std::memory_order_relaxed)) {
        const std::size_t chunk = next_.fetch_add(1);
        if (chunk >= last_) break;
        if (base::Status status = read_chunk(chunk, *workspace); !status.ok()) {
          offer(chunk, std::move(status).error());
        }
      }
      const std::scoped_lock lock(rows_.idle_mutex_);
      rows_.idle_.push_back(std::move(workspace));
      return {};
    };
    TRY(base::parallel_for(std::min(workers, last_ - next_.load()), rows_.thread_count_, work));
    if (error_) return *std::move(error_);
    return {};
  }

 private:
  base::Status read_chunk(std::size_t chunk, CsvWorkspace& workspace) {
    try {
      const CsvPiece piece = TRY(rows_.text_of(chunk, workspace));
      const std::size_t file = rows_.chunks_[chunk].file;
      const CsvChunkReader reader(*rows_.files_[file], plans_[file]);
      TRY(reader.read(piece, rows_.chunks_[chunk].endless, workspace));
      const std::size_t row_count = workspace.columns[0].row_count();
      if (workspace.text.size() > kLargestKept) release(workspace.text);
      TRY(take_(chunk, workspace));
      report(chunk, row_count);
      return {};
    } catch (const std::bad_alloc&) {
      return base::Error{.code = base::ErrorCode::kResourceLimit,
                         .message = "out of memory",
                         .hint = "use fewer rows or a machine with more memory"};
    }
  }

  void report(std::size_t chunk, std::size_t row_count) {
    const std::scoped_lock lock(mutex_);
    rows_.done_bytes_ += rows_.chunks_[chunk].stretch_end - rows_.chunks_[chunk].stretch_begin;
    rows_.done_rows_ += row_count;
    rows_.progress_->set_rows(rows_.done_rows_);
    rows_.progress_->update("reading", rows_.done_bytes_, rows_.byte_count_, "bytes");
  }

  void offer(std::size_t chunk, base::Error error) {
    stopped_ = true;
    rows_.stop_turns(chunk);
    const std::scoped_lock lock(mutex_);
    if (chunk >= bad_chunk_) return;
    bad_chunk_ = chunk;
    error_ = std::move(error);
  }

  CsvRows& rows_;
  std::size_t last_;
  const std::vector<std::vector<ColumnPlan>>& plans_;
  const Take& take_;
  std::atomic<std::size_t> next_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::size_t bad_chunk_;
  std::optional<base::Error> error_;
};

base::Status CsvRows::read(std::size_t first, std::size_t last,
                           const std::vector<std::vector<ColumnPlan>>& plans, const Take& take) {
  if (first == last) return {};
  return Run(*this, first, last, plans, take).go();
}

base::Result<CsvPiece> CsvRows::text_of(std::size_t index, CsvWorkspace& workspace) {
  TRY(base::check_cancelled());
  const Chunk& chunk = chunks_[index];
  if (!chunk.known) return find_text(index, workspace);
  const CsvInput& input = files_[chunk.file]->input();
  return CsvPiece{TRY(input.read(chunk.begin, chunk.end - chunk.begin, workspace.text)), chunk.begin};
}

base::Result<CsvPiece> CsvRows::find_text(std::size_t index, CsvWorkspace& workspace) {
  Chunk& chunk = chunks_[index];
  const CsvFile& file = *files_[chunk.file];
  const std::size_t begin = chunk.stretch_begin - (chunk.stretch_begin > file.rows_begin() ? 1 : 0);
  const std::size_t end = std::min(chunk.stretch_end + kFirstTail, file.rows_end());
  CsvPiece window{TRY(file.input().read(begin, end - begin, workspace.text)), begin};
  const Turn turn = TRY(pass_turn(index, window));
  const CsvWindow all(window.text, file.delimiter());
  const std::size_t stretch_begin = chunk.stretch_begin - begin;
  const std::size_t stretch_end = chunk.stretch_end - begin;
  const std::size_t first = all.first_record(turn.before, stretch_begin, stretch_end);
  chunk.begin = begin + first;
  chunk.end = chunk.begin;
  if (first < stretch_end) {
    chunk.end = TRY(find_end(index, turn.behind, window, workspace));
  }
  chunk.known = true;
  return CsvPiece{window.text.substr(chunk.begin - window.offset, chunk.end - chunk.begin), chunk.begin};
}

/// Waits until the chunk before has told the state; tells the next one; hashes the stretch.
base::Result<CsvRows::Turn> CsvRows::pass_turn(std::size_t index, const CsvPiece& window) {
  const Chunk& chunk = chunks_[index];
  const CsvFile& file = *files_[chunk.file];
  const CsvWindow text(window.text, file.delimiter());
  const std::size_t begin = chunk.stretch_begin - window.offset;
  const std::size_t end = chunk.stretch_end - window.offset;
  // Most often the state will be this one, so the long way is done while others have their turn.
  const CsvState from_outside = text.state_behind(CsvState::kOutside, begin, end);

  std::unique_lock lock(turn_mutex_);
  turn_passed_.wait(lock, [&] { return turn_ == index || stopped_at_ < index; });
  if (turn_ != index) return base::Error{.code = base::ErrorCode::kCancelled, .message = "stopped"};
  if (chunk.stretch_begin == file.rows_begin()) state_ = CsvState::kOutside;
  Turn turn{.before = state_, .behind = from_outside};
  if (turn.before != CsvState::kOutside) turn.behind = text.state_behind(turn.before, begin, end);
  state_ = turn.behind;
  lock.unlock();
  TRY(hash_up_to(chunk.file, chunk.stretch_end, window));
  lock.lock();
  ++turn_;
  turn_passed_.notify_all();
  return turn;
}

/// Those that wait for the turn of a chunk that has failed must not do so for ever.
void CsvRows::stop_turns(std::size_t chunk) {
  const std::scoped_lock lock(turn_mutex_);
  if (turn_ > chunk) return;
  stopped_at_ = std::min(stopped_at_, chunk);
  turn_passed_.notify_all();
}

/// Where the first record behind the stretch starts. Reads as much more as that takes.
base::Result<std::size_t> CsvRows::find_end(std::size_t index, CsvState state, CsvPiece& window,
                                            CsvWorkspace& workspace) {
  Chunk& chunk = chunks_[index];
  const CsvFile& file = *files_[chunk.file];
  for (std::size_t tail = kFirstTail;; tail *= 4) {
    const std::size_t stretch_end = chunk.stretch_end - window.offset;
    const std::size_t end = window.text.size();
    const std::size_t found = CsvWindow(window.text, file.delimiter()).first_record(state, stretch_end, end);
    const bool complete = window.offset + end == file.rows_end();
    if (found < end || complete) return window.offset + found;
    if (tail >= kLongestRecord) {
      chunk.endless = true;
      return window.offset + end;
    }
    const std::size_t wanted =
        std::min(chunk.stretch_end + std::min(tail * 4, kLongestRecord), file.rows_end());
    window.text = TRY(file.input().read(window.offset, wanted - window.offset, workspace.text));
  }
}

/// Precondition: called in the order of the chunks.
base::Status CsvRows::hash_up_to(std::size_t file, std::size_t end, const CsvPiece& window) {
  constexpr std::size_t kStep = std::size_t{256} << 10U;
  const CsvInput& input = files_[file]->input();
  if (input.sha256()) return {};
  Hash& hash = hashes_[file];
  std::vector<char> buffer;
  while (hash.position < end) {
    std::string_view text;
    if (hash.position >= window.offset && !window.text.empty()) {
      text = window.text.substr(hash.position - window.offset, end - hash.position);
    } else {  // in front of the rows, or behind them
      text = TRY(input.read(hash.position, std::min(kStep, end - hash.position), buffer));
    }
    hash.sha.update(text);
    hash.position += text.size();
  }
  return {};
}

base::Result<std::vector<std::string>> CsvRows::sha256() {
  std::vector<std::string> results;
  for (std::size_t file = 0; file < files_.size(); ++file) {
    const CsvInput& input = files_[file]->input();
    if (input.sha256()) {
      results.push_back(*input.sha256());
      continue;
    }
    Hash& hash = hashes_[file];
    if (hash.result.empty()) {
      TRY(hash_up_to(file, input.size(), {}));
      hash.result = hash.sha.finish();
    }
    results.push_back(hash.result);
  }
  return results;
}

}  // namespace archmlp::table

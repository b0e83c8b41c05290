#include "archmlp/preprocess/dataset_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archmlp/base/cancel.h"
#include "archmlp/base/file.h"
#include "archmlp/base/hash.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/table/csv_writer.h"

namespace archmlp::preprocess {
namespace {

using base::Status;

/// A new file that hashes what it is given.
class HashedFile {
 public:
  static base::Result<HashedFile> create(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) return base::io_error("cannot create the file", path, errno);
    return HashedFile(path, descriptor);
  }
  HashedFile(HashedFile&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        hash_(std::move(other.hash_)),
        size_(other.size_),
        started_(other.started_) {}
  HashedFile& operator=(HashedFile&&) = delete;
  ~HashedFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  base::Status write(std::string_view bytes) {
    hash_.update(bytes);
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return base::io_error("cannot write the file", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
      size_ += count;
    }
    start_writeback();
    return {};
  }

  /// The SHA-256 of all that was written.
  base::Result<std::string> close() {
    if (::close(std::exchange(descriptor_, -1)) != 0)
      return base::io_error("cannot write the file", path_, errno);
    return hash_.finish();
  }

 private:
  HashedFile(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  /// The disk works while the rest is made, so that little is left to wait for when the folder is published.
  void start_writeback() noexcept {
    constexpr off_t kStep = off_t{8} << 20U;
    if (size_ - started_ < kStep) return;
#ifdef SYNC_FILE_RANGE_WRITE
    static_cast<void>(::sync_file_range(descriptor_, started_, size_ - started_, SYNC_FILE_RANGE_WRITE));
#endif
    started_ = size_;
  }

  std::filesystem::path path_;
  int descriptor_;
  base::Sha256 hash_;
  off_t size_ = 0;
  off_t started_ = 0;  // what the disk was told to write
};

/// What a block of rows adds to the files.
struct BlockText {
  table::CsvText x_train, x_test, y_train, y_test;

  void clear() noexcept {
    for (table::CsvText* text : {&x_train, &x_test, &y_train, &y_test}) text->clear();
  }
};

class DatasetWriter {
 public:
  DatasetWriter(RowsInWork& work, int thread_count)
      : work_(work),
        thread_count_(thread_count),
        offsets_(work.row_offsets()),
        any_missing_(work.schema().columns.size(), 0) {}

  Status open(const std::filesystem::path& folder);
  Status write_blocks(base::Progress& progress);
  Status close(contract::DatasetContract& contract);

 private:
  struct File {
    std::string name;
    table::CsvText BlockText::*text;
    HashedFile file;
    std::size_t row_count;
  };
  Status add_file(const std::filesystem::path& folder, const std::string& name,
                  table::CsvText BlockText::*text, bool test, std::span<const std::string> columns);
  Status format(std::size_t block, BlockText& out);

  RowsInWork& work_;
  int thread_count_;
  std::vector<std::size_t> offsets_;
  std::vector<std::uint8_t> any_missing_;  // per feature, through std::atomic_ref
  std::vector<File> files_;
};

Status DatasetWriter::add_file(const std::filesystem::path& folder, const std::string& name,
                               table::CsvText BlockText::*text, bool test,
                               std::span<const std::string> columns) {
  const auto row_count = std::ranges::count(work_.is_test(), static_cast<std::uint8_t>(test ? 1 : 0));
  files_.push_back({.name = name,
                    .text = text,
                    .file = TRY(HashedFile::create(folder / name)),
                    .row_count = static_cast<std::size_t>(row_count)});
  return files_.back().file.write(table::csv_header(columns));
}

Status DatasetWriter::open(const std::filesystem::path& folder) {
  const std::vector<std::string> features = work_.schema().names();
  const std::vector<std::string> label = {work_.label().name()};
  TRY(add_file(folder, "x_train.csv", &BlockText::x_train, false, features));
  TRY(add_file(folder, "y_train.csv", &BlockText::y_train, false, label));
  TRY(add_file(folder, "x_test.csv", &BlockText::x_test, true, features));
  return add_file(folder, "y_test.csv", &BlockText::y_test, true, label);
}

Status DatasetWriter::format(std::size_t block, BlockText& out) {
  const std::size_t first_row = offsets_[block];
  const std::size_t row_count = offsets_[block + 1] - first_row;
  if (row_count == 0) return {};
  const table::Table features = TRY(work_.features(block));
  std::vector<std::uint32_t> train, test;
  for (std::uint32_t row = 0; row < row_count; ++row)
    (work_.is_test()[first_row + row] != 0 ? test : train).push_back(row);
  table::append_csv(features, train, out.x_train);
  table::append_csv(features, test, out.x_test);
  for (std::uint32_t& row : train) row += static_cast<std::uint32_t>(first_row);
  for (std::uint32_t& row : test) row += static_cast<std::uint32_t>(first_row);
  const table::Table labels = TRY(table::Table::from_columns({work_.label()}));
  table::append_csv(labels, train, out.y_train);
  table::append_csv(labels, test, out.y_test);
  for (std::size_t column = 0; column < any_missing_.size(); ++column) {
    const std::atomic_ref<std::uint8_t> any_missing(any_missing_[column]);
    if (any_missing == 0 && features.column(column).missing_count() > 0) any_missing = 1;
  }
  return {};
}

/// While one wave of blocks is formatted, the one before goes to the files.
Status DatasetWriter::write_blocks(base::Progress& progress) {
  const std::size_t block_count = offsets_.size() - 1;
  const std::size_t wave =
      std::min(block_count, static_cast<std::size_t>(base::resolve_thread_count(thread_count_)) * 2);
  std::vector<BlockText> formatted(wave), formatting(wave);
  const auto write_formatted = [&]() -> Status {
    for (BlockText& block : formatted) {
      for (File& file : files_) TRY(file.file.write((block.*file.text).text()));
      block.clear();
    }
    return {};
  };
  progress.update("writing", 0, offsets_.back(), "rows");
  for (std::size_t first = 0; first < block_count; first += wave) {
    const std::size_t count = std::min(wave, block_count - first);
    const auto work = [&](std::size_t task) -> Status {
      TRY(base::check_cancelled());
      if (task == 0) return write_formatted();
      return format(first + task - 1, formatting[task - 1]);
    };
    TRY(base::parallel_for(count + 1, thread_count_, work));
    std::swap(formatted, formatting);
    progress.update("writing", offsets_[first + count], offsets_.back(), "rows");
  }
  return write_formatted();
}

Status DatasetWriter::close(contract::DatasetContract& contract) {
  for (File& file : files_) {
    contract::FileRecord& record = contract.files[file.name];
    record.row_count = file.row_count;
    record.sha256 = TRY(file.file.close());
  }
  for (std::size_t column = 0; column < any_missing_.size(); ++column) {
    contract::ColumnSchema& feature = contract.features.columns[column];
    feature.nullable = feature.nullable || any_missing_[column] != 0;
  }
  return {};
}

}  // namespace

Status write_dataset(const std::filesystem::path& folder, RowsInWork& work,
                     contract::DatasetContract& contract, int thread_count, base::Progress& progress) {
  DatasetWriter writer(work, thread_count);
  TRY(writer.open(folder));
  TRY(writer.write_blocks(progress));
  TRY(writer.close(contract));
  HashedFile file = TRY(HashedFile::create(folder / contract::kContractFile));
  TRY(file.write(contract::to_text(contract)));
  TRY(file.close());
  return {};
}

}  // namespace archmlp::preprocess

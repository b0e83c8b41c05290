#include "archmlp/preprocess/dataset_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "archmlp/base/cancel.h"
#include "archmlp/base/file.h"
#include "archmlp/base/hash.h"
#include "archmlp/base/try.h"
#include "archmlp/table/csv_writer.h"

namespace archmlp::preprocess {
namespace {

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
        hash_(std::move(other.hash_)) {}
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
    }
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
  std::filesystem::path path_;
  int descriptor_;
  base::Sha256 hash_;
};

/// Writes the rows as CSV to a new file. Gives its SHA-256 and row count. Errors: kIo.
base::Result<contract::FileRecord> write_csv_file(const table::Table& table,
                                                  std::span<const std::uint32_t> rows,
                                                  const std::filesystem::path& path, int thread_count) {
  HashedFile file = TRY(HashedFile::create(path));
  const auto sink = [&file](std::string_view bytes) -> base::Status {
    TRY(base::check_cancelled());
    return file.write(bytes);
  };
  TRY(table::write_csv(table, rows, sink, thread_count));
  contract::FileRecord record;
  record.sha256 = TRY(file.close());
  record.row_count = rows.size();
  return record;
}

}  // namespace

base::Status write_dataset(const std::filesystem::path& folder, const table::Table& features,
                           const table::Column& label, const SideRows& sides,
                           contract::DatasetContract& contract, int thread_count) {
  const table::Table labels = TRY(table::Table::from_columns({label}));
  const auto write_side = [&](std::span<const std::uint32_t> rows, const std::string& side) -> base::Status {
    const std::string x_name = "x_" + side + ".csv";
    contract.files[x_name] = TRY(write_csv_file(features, rows, folder / x_name, thread_count));
    const std::string y_name = "y_" + side + ".csv";
    contract.files[y_name] = TRY(write_csv_file(labels, rows, folder / y_name, thread_count));
    return {};
  };
  TRY(write_side(sides.train, "train"));
  TRY(write_side(sides.test, "test"));
  HashedFile file = TRY(HashedFile::create(folder / contract::kContractFile));
  TRY(file.write(contract::to_text(contract)));
  TRY(file.close());
  return {};
}

}  // namespace archmlp::preprocess

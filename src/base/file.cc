#include "archmlp/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

#include "archmlp/base/try.h"

namespace archmlp::base {
namespace {

/// `path` is for messages.
Status read_all_at(int descriptor, const std::filesystem::path& path, std::uint64_t offset,
                   std::span<char> out) {
  while (!out.empty()) {
    const ssize_t count = ::pread(descriptor, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error("cannot read the file", path, errno);
    if (count == 0) {
      return Error{.code = ErrorCode::kIo,
                   .message = "the file has become shorter while it was read",
                   .where = path.string(),
                   .hint = "run again when nothing writes to it any more"};
    }
    offset += static_cast<std::uint64_t>(count);
    out = out.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace

Error io_error(std::string_view action, const std::filesystem::path& path, int error_number) {
  return Error{.code = error_number == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
               .message = std::string(action) + ": " + std::generic_category().message(error_number),
               .where = path.string(),
               .hint = error_number == ENOENT   ? "check the path"
                       : error_number == EACCES ? "check the permissions"
                       : error_number == EISDIR ? "it is a folder: give a file in it"
                       : error_number == ENOSPC ? "free some disk space"
                                                : ""};
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return io_error("cannot open the file", path, errno);
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || S_ISDIR(info.st_mode)) {
    const int error_number = S_ISDIR(info.st_mode) ? EISDIR : errno;
    ::close(descriptor);
    return io_error("cannot read the file", path, error_number);
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) {
    ::close(descriptor);
    return MappedFile(nullptr, 0);
  }
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int error_number = errno;
  ::close(descriptor);
  if (data == MAP_FAILED) return io_error("cannot map the file", path, error_number);
  return MappedFile(static_cast<const std::byte*>(data), size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

FileReader::FileReader(FileReader&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      is_regular_(other.is_regular_),
      size_(other.size_) {}

FileReader& FileReader::operator=(FileReader&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(is_regular_, other.is_regular_);
  std::swap(size_, other.size_);
  return *this;
}

FileReader::~FileReader() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

Result<FileReader> FileReader::open(const std::filesystem::path& path) {
  const int descriptor = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return io_error("cannot open the file", path, errno);
  FileReader reader(path, descriptor);
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || S_ISDIR(info.st_mode)) {
    return io_error("cannot read the file", path, S_ISDIR(info.st_mode) ? EISDIR : errno);
  }
  reader.is_regular_ = S_ISREG(info.st_mode) && path != "-";
  if (reader.is_regular_) reader.size_ = static_cast<std::uint64_t>(info.st_size);
  return reader;
}

Status FileReader::read_at(std::uint64_t offset, std::span<char> out) const {
  return read_all_at(descriptor_, path_, offset, out);
}

Result<std::size_t> FileReader::read_next(std::span<char> out) const {
  while (true) {
    const ssize_t count = ::read(descriptor_, out.data(), out.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return io_error("cannot read the file", path_, errno);
  }
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

TemporaryFile& TemporaryFile::operator=(TemporaryFile&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

TemporaryFile::~TemporaryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<TemporaryFile> TemporaryFile::create() {
  std::error_code failed;
  std::filesystem::path folder = std::filesystem::temp_directory_path(failed);
  if (failed) folder = "/tmp";
  int descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) {  // not every file system knows O_TMPFILE
    std::string name = (folder / "archmlp.XXXXXX").string();
    descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) return io_error("cannot create a temporary file", folder, errno);
    ::unlink(name.c_str());
  }
  return TemporaryFile(std::move(folder), descriptor);
}

Status TemporaryFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      Error error = io_error("cannot write a temporary file", folder_, errno);
      error.hint = "free some space there, or name another folder in TMPDIR";
      return error;
    }
    size_ += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Status TemporaryFile::read_at(std::uint64_t offset, std::span<char> out) const {
  return read_all_at(descriptor_, folder_, offset, out);
}

Status read_in_pieces(const std::filesystem::path& path,
                      const std::function<Status(std::string_view piece)>& take) {
  constexpr std::size_t kPiece = std::size_t{256} << 10U;
  const FileReader reader = TRY(FileReader::open(path));
  std::vector<char> buffer(kPiece);
  for (std::uint64_t offset = 0;;) {
    std::size_t count = 0;
    if (reader.is_regular()) {
      count = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, reader.size() - offset));
      TRY(reader.read_at(offset, std::span(buffer).first(count)));
    } else {
      count = TRY(reader.read_next(buffer));
    }
    if (count == 0) return {};
    offset += count;
    TRY(take({buffer.data(), count}));
  }
}

Result<std::string> read_text(const std::filesystem::path& path) {
  std::string text;
  TRY(read_in_pieces(path, [&](std::string_view piece) -> Status {
    text += piece;
    return {};
  }));
  return text;
}

}  // namespace archmlp::base

#include "archmlp/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "archmlp/base/try.h"

namespace archmlp::base {

Error io_error(std::string_view action, const std::filesystem::path& path, int error_number) {
  return Error{.code = error_number == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
               .message = std::string(action) + ": " + std::generic_category().message(error_number),
               .where = path.string(),
               .hint = error_number == ENOENT   ? "check the path"
                       : error_number == EACCES ? "check the permissions"
                       : error_number == EISDIR ? "it is a folder: give a file in it"
                       : error_number == ENOSPC ? "free some disk space; the previous output is untouched"
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

Result<std::string> read_text(const std::filesystem::path& path) {
  if (path != "-") {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
      const MappedFile file = TRY(MappedFile::open(path));
      return std::string(file.text());
    }
  }
  const int descriptor = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return io_error("cannot open the file", path, errno);
  std::string text;
  std::array<char, 65536> buffer{};
  ssize_t count = 0;
  while ((count = ::read(descriptor, buffer.data(), buffer.size())) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  const int error_number = errno;
  if (descriptor != STDIN_FILENO) ::close(descriptor);
  if (count < 0) return io_error("cannot read the file", path, error_number);
  return text;
}

}  // namespace archmlp::base

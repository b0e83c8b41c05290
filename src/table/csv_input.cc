#include "archmlp/table/csv_input.h"

#include <algorithm>
#include <array>
#include <utility>

#include "archmlp/base/hash.h"
#include "archmlp/base/try.h"
#include "archmlp/table/decompress.h"
#include "archmlp/table/large_memory.h"

namespace archmlp::table {
namespace {

constexpr std::size_t kKeptInMemory = std::size_t{32} << 20U;
constexpr std::size_t kPiece = std::size_t{256} << 10U;
constexpr std::size_t kMagicSize = 4;

}  // namespace

/// Goes through the bytes once: hashes them, and keeps their text.
class CsvInput::Unpacking {
 public:
  explicit Unpacking(CsvInput& input) : input_(input) {}

  base::Status run(std::string_view memory) {
    // The first bytes tell the compression: they are put together first, as a pipe may give them one by one.
    std::string begin;
    while (begin.size() < kMagicSize) {
      const std::string_view piece = TRY(next_of(memory));
      if (piece.empty()) break;
      begin += piece;
    }
    bool begun = false;
    const auto next = [&]() -> base::Result<std::string_view> {
      std::string_view piece = begin;
      if (std::exchange(begun, true)) piece = TRY(next_of(memory));
      hash_.update(piece);
      return piece;
    };
    auto done = decompress(next, compression_of(begin), [&](std::string_view piece) { return keep(piece); });
    if (!done.ok()) {
      base::Error error = std::move(done).error();
      if (error.where.empty()) error.where = input_.name_;
      return error;
    }
    input_.sha256_ = hash_.finish();
    return {};
  }

 private:
  base::Result<std::string_view> next_of(std::string_view& memory) {
    if (!input_.file_) return std::exchange(memory, {});
    buffer_.resize(kPiece);
    const base::FileReader& file = *input_.file_;
    std::size_t count = 0;
    if (file.is_regular()) {
      count = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, file.size() - offset_));
      TRY(file.read_at(offset_, std::span(buffer_).first(count)));
    } else {
      count = TRY(file.read_next(buffer_));
    }
    offset_ += count;
    return std::string_view(buffer_.data(), count);
  }

  base::Status keep(std::string_view piece) {
    input_.size_ += piece.size();
    if (!input_.temporary_ && input_.size_ <= kKeptInMemory) {
      input_.owned_ += piece;
      return {};
    }
    if (!input_.temporary_) {
      input_.temporary_.emplace(TRY(base::TemporaryFile::create()));
      TRY(input_.temporary_->append(std::exchange(input_.owned_, {})));
    }
    return input_.temporary_->append(piece);
  }

  CsvInput& input_;
  base::Sha256 hash_;
  std::vector<char> buffer_;
  std::uint64_t offset_ = 0;
};

base::Status CsvInput::unpack(std::string_view memory) {
  base::Status status = Unpacking(*this).run(memory);
  file_.reset();
  return status;
}

base::Result<CsvInput> CsvInput::open(const std::filesystem::path& path) {
  CsvInput input(path == "-" ? "standard input" : path.string());
  input.file_.emplace(TRY(base::FileReader::open(path)));
  if (input.file_->is_regular()) {
    std::array<char, kMagicSize> magic{};
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(magic.size(), input.file_->size()));
    TRY(input.file_->read_at(0, std::span(magic).first(count)));
    if (compression_of({magic.data(), count}) == Compression::kNone) {
      input.size_ = static_cast<std::size_t>(input.file_->size());
      return input;
    }
  }
  TRY(input.unpack({}));
  return input;
}

base::Result<CsvInput> CsvInput::of_memory(std::string_view bytes, std::string name) {
  CsvInput input(std::move(name));
  if (compression_of(bytes) != Compression::kNone) {
    TRY(input.unpack(bytes));
    return input;
  }
  input.memory_ = bytes;
  input.size_ = bytes.size();
  return input;
}

base::Result<std::string_view> CsvInput::read(std::size_t offset, std::size_t size,
                                              std::vector<char>& buffer) const {
  size = std::min(size, size_ - offset);
  if (!file_ && !temporary_) {
    return (owned_.empty() ? memory_ : std::string_view(owned_)).substr(offset, size);
  }
  if (buffer.size() < size) {
    release(buffer);  // first, so that a long record is in memory once
    buffer.resize(size);
  }
  const std::span<char> out = std::span(buffer).first(size);
  TRY(file_ ? file_->read_at(offset, out) : temporary_->read_at(offset, out));
  return std::string_view(out.data(), out.size());
}

}  // namespace archmlp::table

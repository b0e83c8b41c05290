#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace archmlp::base {

/// Memory for one large thing that is written once as a whole: zero, page-aligned, on large pages where the
/// system has them, and not touched before it is written.
class LargeBuffer {
 public:
  LargeBuffer() = default;
  /// Throws std::bad_alloc.
  explicit LargeBuffer(std::size_t size);
  LargeBuffer(LargeBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  LargeBuffer& operator=(LargeBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~LargeBuffer();

  std::span<std::byte> bytes() noexcept { return {data_, size_}; }
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace archmlp::base

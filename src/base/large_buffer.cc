#include "archmlp/base/large_buffer.h"

#include <sys/mman.h>

#include <new>

namespace archmlp::base {

LargeBuffer::LargeBuffer(std::size_t size) : size_(size) {
  if (size == 0) return;
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  ::madvise(memory, size, MADV_HUGEPAGE);  // advice: without it all is slower, and the same
  data_ = static_cast<std::byte*>(memory);
}

LargeBuffer::~LargeBuffer() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace archmlp::base

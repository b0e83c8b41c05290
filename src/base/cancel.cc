#include "archmlp/base/cancel.h"

#include <atomic>

namespace archmlp::base {
namespace {

std::atomic<bool> cancelled = false;
static_assert(std::atomic<bool>::is_always_lock_free, "request_cancel must be async-signal-safe");

}  // namespace

void request_cancel() noexcept { cancelled.store(true, std::memory_order_relaxed); }

Status check_cancelled() {
  if (!cancelled.load(std::memory_order_relaxed)) return {};
  return Error{.code = ErrorCode::kCancelled, .message = "stopped on request; nothing was written"};
}

void reset_cancel() noexcept { cancelled.store(false, std::memory_order_relaxed); }

}  // namespace archmlp::base

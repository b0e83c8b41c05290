#pragma once

#include "archmlp/base/result.h"

namespace archmlp::base {

/// Asks all running stages of this process to stop. Async-signal-safe: the programs call it on SIGINT.
void request_cancel() noexcept;

/// kCancelled once request_cancel() was called. Long loops ask it between units of work of at most ~0.1 s.
Status check_cancelled();

/// Forgets an earlier request (tests, and programs that go on after one).
void reset_cancel() noexcept;

}  // namespace archmlp::base

#pragma once

namespace archmlp::apps {

/// Ctrl-C and SIGTERM ask running stages to stop and clean up; a second Ctrl-C ends the process at once. A
/// file that would exceed a size limit becomes an error of its write.
void cancel_on_signals();

/// Keeps SIGINT, SIGTERM and SIGHUP from every thread started afterwards, for wait_for_signal. Writing to a
/// pipe without a reader becomes an error of the write.
void block_signals();
enum class Signal { kStop, kReload };
/// Returns when SIGINT or SIGTERM, or SIGHUP, arrives.
Signal wait_for_signal();

}  // namespace archmlp::apps

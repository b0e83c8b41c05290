#pragma once

namespace archmlp::apps {

/// Ctrl-C and SIGTERM ask running stages to stop and clean up; a second Ctrl-C ends the process at once. A
/// file that would exceed a size limit becomes an error of its write.
void cancel_on_signals();

/// Keeps SIGINT and SIGTERM from every thread started afterwards, for wait_for_stop_signal.
void block_stop_signals();
/// Returns when SIGINT or SIGTERM arrives.
void wait_for_stop_signal();

}  // namespace archmlp::apps

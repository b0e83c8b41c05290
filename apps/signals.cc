#include "signals.h"

#include <csignal>

#include "archmlp/base/cancel.h"

namespace archmlp::apps {
namespace {

extern "C" void on_stop_signal(int) { base::request_cancel(); }

sigset_t awaited_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  return signals;
}

}  // namespace

void cancel_on_signals() {
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second one kills
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // Beyond a limit of the file size write() then fails, which is reported with the path, instead of a silent
  // death.
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &ignore, nullptr);
}

void block_signals() {
  const sigset_t signals = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // Who reads the log may go: no reason to go, too.
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

Signal wait_for_signal() {
  const sigset_t signals = awaited_signals();
  int arrived = 0;
  sigwait(&signals, &arrived);
  return arrived == SIGHUP ? Signal::kReload : Signal::kStop;
}

}  // namespace archmlp::apps

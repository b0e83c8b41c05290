#pragma once

#include <pthread.h>

namespace archmlp::base {

/// What `top -H`, `ps -L` and debuggers call the calling thread from now on. Linux takes up to 15 bytes and
/// nothing of a longer name.
inline void name_this_thread([[maybe_unused]] const char* name) noexcept {
#ifdef __linux__
  pthread_setname_np(pthread_self(), name);
#endif
}

}  // namespace archmlp::base

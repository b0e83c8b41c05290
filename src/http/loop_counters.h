#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "archmlp/http/counter.h"

namespace archmlp::http {

/// Why a request, or a connection, got no answer to what it asked.
enum class Rejection { kConnections, kPool, kOverload, kAccess, kFraming, kTimeout };
inline constexpr std::array<std::string_view, 6> kRejectionNames = {"connections", "pool",    "overload",
                                                                    "access",      "framing", "timeout"};

/// What one event loop has done so far. Written by its thread, read by any.
struct LoopCounters {
  static constexpr std::size_t kMaxRoutes = 32;
  /// Upper bounds of the buckets of a request's time, from its arrival to its answer; the last one is open.
  static constexpr std::array<double, 14> kSeconds = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                      0.01,    0.025,  0.05,    0.1,    0.25,  1.0,    5.0};
  struct Route {
    std::array<Counter, 6> by_status;  // [4]: 4xx
    std::array<Counter, kSeconds.size() + 1> by_time;
    Counter nanoseconds;
  };

  std::array<Route, kMaxRoutes> routes;
  std::array<Counter, kRejectionNames.size()> rejections;
  Counter open_connections;
  Counter accepted_connections;

  void reject(Rejection reason) noexcept { rejections[static_cast<std::size_t>(reason)].add(); }
  void answered(std::size_t route, int status, std::chrono::nanoseconds time) noexcept {
    Route& counts = routes[route];
    const double seconds = std::chrono::duration<double>(time).count();
    std::size_t bucket = 0;
    while (bucket < kSeconds.size() && seconds > kSeconds[bucket]) ++bucket;
    counts.by_status[static_cast<std::size_t>(status / 100) % counts.by_status.size()].add();
    counts.by_time[bucket].add();
    counts.nanoseconds.add(static_cast<std::uint64_t>(time.count()));
  }
};

}  // namespace archmlp::http

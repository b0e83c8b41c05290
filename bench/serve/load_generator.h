#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "latency_histogram.h"

namespace archmlp::bench {

/// Requests of one kind, with a rate and connections of their own.
struct LoadClass {
  std::string name = "requests";
  double rate = 0;  // requests a second
  int connections = 16;
  std::vector<std::string> requests;  // each a whole HTTP request; sent in turn
};

struct LoadPlan {
  sockaddr_in address = {};
  double warm_up_seconds = 1;  // requests scheduled in it are sent, but not counted
  double seconds = 10;
  double drain_seconds = 5;  // for the answers to the last requests
  std::vector<LoadClass> classes;
};

/// Of the requests that were scheduled behind the warm-up.
struct LoadReport {
  std::uint64_t scheduled = 0;
  LatencyHistogram latency;  // of answers 200: from the scheduled send to the last byte
  LatencyHistogram
      lag;  // from the scheduled send to the send, where the connection was free: the generator's own delay
  std::vector<SmallLatencyHistogram> tenths;  // `latency` by the tenth of a second in which requests were due
  std::map<int, std::uint64_t> statuses;
  std::uint64_t failed = 0;      // refused, reset, cut off, or answered with what is no HTTP
  std::uint64_t unanswered = 0;  // within drain_seconds
  double achieved_rate = 0;      // answers 200 a second
};

/// Nanoseconds: of the tenths of a second with an answer, each one's p99, and of those the middle one. A
/// stall of the machine spoils hardly more than its own. 0 without any.
std::uint64_t p99_of_a_tenth(const LoadReport& report);

/// An open loop: request i of a class is due at i / rate, whatever became of those before it, and goes to
/// connection i mod connections. If that one still waits for an answer, the request waits behind it and the
/// wait counts: a stall of the server is felt by every request that falls into it, not by one alone. One
/// thread; it spins while the next request is near. One report a class. Throws std::runtime_error if the
/// server cannot be reached at all.
std::vector<LoadReport> generate_load(const LoadPlan& plan);

}  // namespace archmlp::bench

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "archmlp/http/loop_counters.h"
#include "archmlp/serve/model_store.h"

namespace archmlp::serve {

/// What GET /metrics is made of, beside the models.
struct ServerFigures {
  std::vector<const http::LoopCounters*> loops;
  std::size_t waiting_for_pool = 0;
  std::uint64_t dropped_shadows = 0;
  std::uint64_t dropped_log_bytes = 0;
  double seconds_since_start = 0;
};

/// The text that Prometheus reads (exposition format 0.0.4).
std::string metrics_page(const ServerFigures& figures, const ModelStore& store);

}  // namespace archmlp::serve

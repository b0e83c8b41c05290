#pragma once

#include <cstdint>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/table/csv_writer.h"

namespace archmlp::datasets {

struct PaysimConfig {
  std::uint64_t rows = 100'000;  // transactions; exactly this many
  std::uint64_t seed = 42;
  std::uint32_t steps = 744;     // hours simulated
  double fraud_rate = 0.0013;    // share of the rows
};

/// Writes a mobile-money log as CSV, in the columns, types and number formats of PaySim: clients, merchants and
/// fraudsters act hour by hour and their balances carry over; the fraud is what the fraudsters do. Not a formula from
/// features to label. The same config gives the same bytes.
/// Source: Lopez-Rojas, Elmir, Axelsson 2016, "PaySim: a financial mobile money simulator for fraud detection".
base::Status generate_paysim(const PaysimConfig& config, const table::Sink& sink,
                             base::Progress& progress = base::no_progress());

}  // namespace archmlp::datasets

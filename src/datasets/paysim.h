#pragma once

#include <cstdint>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/table/csv_writer.h"

namespace archmlp::datasets {

struct PaysimConfig {
  std::uint64_t rows = 100'000;  // transactions; exactly this many, 1 to 10^8
  std::uint64_t seed = 42;
  std::uint32_t steps = 744;   // hours simulated, 1 to 100,000
  double fraud_rate = 0.0013;  // share of the rows, 0 to 0.5; rounded to whole pairs of transfer and cash-out
};

/// Writes a mobile-money log as CSV, in the columns, types and number formats of PaySim: clients, merchants
/// and fraudsters act hour by hour and their balances carry over; the fraud is what the fraudsters do. Not a
/// formula from features to label. The same config gives the same bytes. Errors: kInvalidInput if a parameter
/// is outside its range; whatever `sink` returns. Source: Lopez-Rojas, Elmir, Axelsson 2016, "PaySim: a
/// financial mobile money simulator for fraud detection".
base::Status generate_paysim(const PaysimConfig& config, const table::Sink& sink,
                             base::Progress& progress = base::no_progress());

}  // namespace archmlp::datasets

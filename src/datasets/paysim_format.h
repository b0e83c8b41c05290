#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace archmlp::datasets {

/// Money in hundredths: sums of them are exact, and as printed they read back as the nearest double.
using Cents = std::int64_t;

/// As Java's Double.toString: `170136.0`, `181.05`, and from 10^7 up `1.916920493E7`. Precondition: not
/// negative.
void append_java_double(std::string& out, Cents amount);

enum class PaysimType : std::uint8_t { kCashIn, kCashOut, kDebit, kPayment, kTransfer };

/// The names of accounts are a letter and up to ten digits.
struct PaysimName {
  char letter = 'C';  // C for a client or an agent, M for a merchant
  std::uint32_t number = 0;
};

struct PaysimRow {
  std::uint32_t step = 0;
  PaysimType type = PaysimType::kPayment;
  bool is_fraud = false;
  bool is_flagged = false;
  Cents amount = 0;
  PaysimName origin;
  Cents origin_before = 0;
  Cents origin_after = 0;
  PaysimName destination;
  Cents destination_before = 0;
  Cents destination_after = 0;
};

/// The header line, with its line break.
std::string_view paysim_header() noexcept;
void append_paysim_row(std::string& out, const PaysimRow& row);

}  // namespace archmlp::datasets

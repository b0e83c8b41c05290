#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/datasets/paysim_format.h"

namespace archmlp::datasets {

/// A point of a quantile function: a share `below` of the draws is under `value`.
struct QuantileKnot {
  double below;
  double value;  // currency units
};

/// Draws from the distribution with these quantiles, straight lines between them. Sums and products only, so
/// that every machine draws the same. Precondition: `below` rises from 0 to 1.
Cents draw_amount(std::span<const QuantileKnot> knots, base::Rng& rng);

/// What a transaction of `type` moves.
Cents draw_amount(PaysimType type, base::Rng& rng);

/// Everybody who takes part. An account opens, with its first balance, when it is first used.
class PaysimPopulation {
 public:
  using Account = std::uint32_t;

  PaysimPopulation(std::uint64_t rows, std::uint64_t seed);

  /// Pays, withdraws, transfers; mostly has little.
  Account draw_client(base::Rng& rng) const;
  /// Saves by many deposits.
  Account draw_saver(base::Rng& rng) const;
  /// Receives transfers and settles cash with clients: an agent, a collector. Some are much busier than
  /// others.
  Account draw_agent(base::Rng& rng) const;
  /// Any agent alike, so mostly a quiet one.
  Account draw_quiet_agent(base::Rng& rng) const;
  PaysimName draw_merchant(base::Rng& rng) const;
  /// Opens an account that nobody has used.
  PaysimName open_mule();

  Cents& balance(Account account);
  PaysimName name(Account account) const { return {'C', number_of(account)}; }

 private:
  std::uint32_t number_of(std::uint64_t entity) const;

  std::uint64_t seed_;
  std::uint32_t client_count_;
  std::uint32_t saver_count_;
  std::uint32_t agent_count_;
  std::uint64_t merchant_count_;
  std::uint64_t next_mule_;
  std::vector<Cents> balances_;  // clients, savers, agents; negative: not opened
};

}  // namespace archmlp::datasets

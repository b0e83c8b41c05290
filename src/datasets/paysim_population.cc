#include "archmlp/datasets/paysim_population.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace archmlp::datasets {
namespace {

constexpr QuantileKnot kCashIn[] = {{0, 5},          {0.01, 4'200},   {0.05, 19'000},   {0.1, 37'000},
                                    {0.25, 83'000},  {0.5, 150'000},  {0.75, 235'000},  {0.9, 325'000},
                                    {0.95, 378'000}, {0.99, 480'000}, {0.999, 640'000}, {0.9999, 900'000},
                                    {1, 1'900'000}};
constexpr QuantileKnot kCashOut[] = {{0, 3},          {0.01, 4'000},   {0.05, 19'500},   {0.1, 38'000},
                                     {0.25, 86'000},  {0.5, 155'000},  {0.75, 240'000},  {0.9, 325'000},
                                     {0.95, 385'000}, {0.99, 500'000}, {0.999, 690'000}, {0.9999, 800'000},
                                     {1, 1'200'000}};
constexpr QuantileKnot kDebit[] = {{0, 1},         {0.01, 90},     {0.05, 400},     {0.1, 750},
                                   {0.25, 1'900},  {0.5, 4'100},   {0.75, 7'800},   {0.9, 13'000},
                                   {0.95, 18'000}, {0.99, 30'000}, {0.999, 60'000}, {1, 290'000}};
constexpr QuantileKnot kPayment[] = {{0, 0.1},       {0.01, 200},    {0.05, 1'050},   {0.1, 2'000},
                                     {0.25, 4'900},  {0.5, 9'900},   {0.75, 17'000},  {0.9, 25'000},
                                     {0.95, 30'000}, {0.99, 42'000}, {0.999, 62'000}, {0.9999, 90'000},
                                     {1, 150'000}};
constexpr QuantileKnot kTransfer[] = {
    {0, 30},           {0.001, 1'800},      {0.01, 15'000},       {0.05, 64'000},   {0.1, 120'000},
    {0.25, 290'000},   {0.5, 620'000},      {0.75, 1'150'000},    {0.9, 2'000'000}, {0.95, 2'900'000},
    {0.99, 6'000'000}, {0.999, 15'000'000}, {0.9999, 28'000'000}, {1, 60'000'000}};

// First balances are whole, as money paid in at a counter is.
constexpr double kClientEmptyShare = 0.27;
constexpr QuantileKnot kClientBalance[] = {
    {0, 1},         {0.1, 60},       {0.2, 1'500},       {0.35, 9'000},       {0.5, 22'000},  {0.75, 78'000},
    {0.9, 240'000}, {0.97, 620'000}, {0.995, 2'200'000}, {0.9995, 7'000'000}, {1, 20'000'000}};
constexpr double kSaverEmptyShare = 0.05;
constexpr QuantileKnot kSaverBalance[] = {
    {0, 10}, {0.25, 9'000}, {0.5, 40'000}, {0.9, 400'000}, {1, 9'000'000}};
constexpr double kAgentEmptyShare = 0.35;
constexpr QuantileKnot kAgentBalance[] = {{0, 10},         {0.25, 15'000},   {0.5, 120'000},
                                          {0.75, 600'000}, {0.9, 2'000'000}, {0.98, 7'000'000},
                                          {1, 25'000'000}};

std::uint32_t share_of(std::uint64_t rows, double share) {
  return static_cast<std::uint32_t>(static_cast<double>(rows) * share) + 50;
}

}  // namespace

Cents draw_amount(std::span<const QuantileKnot> knots, base::Rng& rng) {
  const double share = rng.uniform();
  std::size_t right = 1;
  while (knots[right].below <= share) ++right;
  const QuantileKnot& low = knots[right - 1];
  const QuantileKnot& high = knots[right];
  const double value =
      low.value + (high.value - low.value) * ((share - low.below) / (high.below - low.below));
  return std::llround(value * 100);
}

Cents draw_amount(PaysimType type, base::Rng& rng) {
  switch (type) {
    case PaysimType::kCashIn:
      return draw_amount(kCashIn, rng);
    case PaysimType::kCashOut:
      return draw_amount(kCashOut, rng);
    case PaysimType::kDebit:
      return draw_amount(kDebit, rng);
    case PaysimType::kPayment:
      return draw_amount(kPayment, rng);
    case PaysimType::kTransfer:
      return draw_amount(kTransfer, rng);
  }
  return 0;
}

PaysimPopulation::PaysimPopulation(std::uint64_t rows, std::uint64_t seed)
    : seed_(seed),
      client_count_(share_of(rows, 1.0)),
      saver_count_(share_of(rows, 0.0032)),
      agent_count_(share_of(rows, 0.11)),
      merchant_count_(8 * rows + 50),
      next_mule_(std::uint64_t{client_count_} + saver_count_ + agent_count_ + merchant_count_),
      balances_(std::size_t{client_count_} + saver_count_ + agent_count_, -1) {}

PaysimPopulation::Account PaysimPopulation::draw_client(base::Rng& rng) const {
  return static_cast<Account>(rng.below(client_count_));
}

PaysimPopulation::Account PaysimPopulation::draw_saver(base::Rng& rng) const {
  return client_count_ + static_cast<Account>(rng.below(saver_count_));
}

PaysimPopulation::Account PaysimPopulation::draw_agent(base::Rng& rng) const {
  const double share = rng.uniform();
  const double skewed =
      share * (1 + 3 * share) / 4;  // the first agents are four times as busy as the average
  return client_count_ + saver_count_ + static_cast<Account>(skewed * agent_count_);
}

PaysimPopulation::Account PaysimPopulation::draw_quiet_agent(base::Rng& rng) const {
  return client_count_ + saver_count_ + static_cast<Account>(rng.below(agent_count_));
}

PaysimName PaysimPopulation::draw_merchant(base::Rng& rng) const {
  return {'M', number_of(balances_.size() + rng.below(merchant_count_))};
}

PaysimName PaysimPopulation::open_mule() { return {'C', number_of(next_mule_++)}; }

Cents& PaysimPopulation::balance(Account account) {
  Cents& balance = balances_[account];
  if (balance >= 0) return balance;
  base::Rng rng({seed_, 0x6F70656EULL, account});
  const bool is_client = account < client_count_;
  const bool is_saver = !is_client && account < client_count_ + saver_count_;
  const double empty_share = is_client ? kClientEmptyShare : is_saver ? kSaverEmptyShare : kAgentEmptyShare;
  if (rng.uniform() < empty_share) return balance = 0;
  const std::span<const QuantileKnot> knots = is_client  ? std::span<const QuantileKnot>(kClientBalance)
                                              : is_saver ? std::span<const QuantileKnot>(kSaverBalance)
                                                         : std::span<const QuantileKnot>(kAgentBalance);
  return balance = draw_amount(knots, rng) / 100 * 100;
}

std::uint32_t PaysimPopulation::number_of(std::uint64_t entity) const {
  // A permutation of the 31-bit numbers: each step can be undone, so that no two entities share a number.
  constexpr std::uint64_t kMask = (1ULL << 31U) - 1;
  assert(entity <= kMask);
  std::uint64_t number = (entity + base::mix64(seed_)) & kMask;
  for (const std::uint64_t factor : {0x2C1B3C6DULL, 0x297A2D39ULL, 0x5851F42DULL}) {
    number = (number ^ (number >> 15U)) * factor & kMask;
  }
  return static_cast<std::uint32_t>(number ^ (number >> 16U));
}

}  // namespace archmlp::datasets

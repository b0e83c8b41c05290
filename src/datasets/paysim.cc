#include "archmlp/datasets/paysim.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/base/try.h"
#include "archmlp/datasets/paysim_format.h"
#include "archmlp/datasets/paysim_population.h"

namespace archmlp::datasets {
namespace {

using Account = PaysimPopulation::Account;

// How busy the days of a run and the hours of a day are, relative to each other: a rush at the start, a lull,
// a busy fortnight with its weekly dips, then the ebb.
constexpr std::array<std::uint64_t, 31> kDayActivity = {180, 110, 9,  8,  12, 80, 82, 84, 63, 72, 60,
                                                        46,  72,  47, 22, 4,  2,  2,  2,  2,  2,  3,
                                                        3,   2,   2,  2,  2,  2,  2,  2,  1};
constexpr std::array<std::uint64_t, 24> kHourActivity = {36, 15, 5,  1,  1,  1,  2,   6,   15,  22, 15, 19,
                                                         27, 22, 34, 32, 63, 70, 114, 152, 143, 91, 62, 53};

constexpr Cents kTransferLimit = 1'000'000'000;  // 10 million in one transfer
constexpr Cents kControlFrom = 20'000'000;       // transfers over 200,000 may be looked at
constexpr double kControlShare = 0.01;           // of those attempted by fraudsters
constexpr double kDelayedCashOutShare = 0.006;   // the mule waits for the next hour

constexpr double kSaverShare = 0.62;            // of the deposits
constexpr double kNoDepositShare = 0.95;        // of clients with nothing who think of depositing
constexpr double kNoPaymentShare = 0.45;        // of clients with nothing who think of paying
constexpr double kSameClientShare = 0.12;       // the client of a moment ago acts again
constexpr double kSameAgentShare = 0.15;        // the agent of a moment ago serves again
constexpr double kTransferToClientShare = 0.1;  // the rest goes to agents
constexpr double kVictimIsSaverShare = 0.3;
constexpr double kAccompliceShare = 0.4;
constexpr int kVictimsLookedAt = 6;  // fraudsters take the richest of these
constexpr std::size_t kRecentAccounts = 64;

constexpr std::size_t kSettledTogether = 1U << 17U;  // rows kept back at most

base::Status check(const PaysimConfig& config) {
  const auto refuse = [](std::string message, std::string hint) {
    return base::Error{base::ErrorCode::kInvalidInput, std::move(message), "", std::move(hint), ""};
  };
  if (config.rows < 1 || config.rows > 100'000'000) {
    return refuse(fmt::format("rows: {} rows cannot be generated", config.rows),
                  "give a number from 1 to 100,000,000");
  }
  if (config.steps < 1 || config.steps > 100'000) {
    return refuse(fmt::format("steps: {} hours cannot be generated", config.steps),
                  "give a number of hours from 1 to 100,000");
  }
  if (!(config.fraud_rate >= 0 && config.fraud_rate <= 0.5)) {
    return refuse(fmt::format("fraud_rate is {}", config.fraud_rate), "give a share from 0 to 0.5");
  }
  return {};
}

/// Rows of honest people before each hour, and after the last.
std::vector<std::uint64_t> honest_rows_before(std::uint64_t rows, const PaysimConfig& config) {
  base::Rng rng({config.seed, 0x686F757273ULL});
  std::vector<std::uint64_t> activity_before{0};
  for (std::uint64_t hour = 0; hour < config.steps; ++hour) {
    const std::uint64_t day = hour * kDayActivity.size() / config.steps;
    const std::uint64_t chance = 70 + rng.below(61);
    activity_before.push_back(activity_before.back() + kDayActivity[day] * kHourActivity[hour % 24] * chance);
  }
  const std::uint64_t total = activity_before.back();
  for (std::uint64_t& before : activity_before) before = (rows * before + total / 2) / total;
  return activity_before;
}

PaysimType draw_type(base::Rng& rng) {
  const std::uint64_t draw = rng.below(1000);
  if (draw < 352) return PaysimType::kCashOut;
  if (draw < 690) return PaysimType::kPayment;
  if (draw < 910) return PaysimType::kCashIn;
  if (draw < 993) return PaysimType::kTransfer;
  return PaysimType::kDebit;
}

class Simulation {
 public:
  Simulation(const PaysimConfig& config, const table::Sink& sink)
      : rng_({config.seed, 0x70617973696DULL}), population_(config.rows, config.seed), sink_(sink) {}

  void begin_hour(std::uint32_t step, bool is_last) {
    step_ = step;
    is_last_hour_ = is_last;
    recent_agents_.clear();
    std::vector<Mule> waiting;
    waiting.swap(waiting_);
    for (const Mule& mule : waiting) cash_out(mule);
  }

  void act_honestly() {
    const PaysimType type = draw_type(rng_);
    const Account origin = draw_origin(type);
    Cents amount = draw_amount(type, rng_);
    Pending& pending = open_row(type, amount);
    pending.row.origin = population_.name(origin);
    Cents& balance = population_.balance(origin);
    pending.row.origin_before = balance;
    balance = type == PaysimType::kCashIn ? balance + amount : std::max<Cents>(balance - amount, 0);
    pending.row.origin_after = balance;
    if (type == PaysimType::kPayment) {
      pending.row.destination = population_.draw_merchant(rng_);  // whose books are not the operator's
    } else {
      move_at_destination(pending, draw_destination(type, origin),
                          type == PaysimType::kCashIn ? -amount : amount);
    }
  }

  /// Empties somebody's account, up to the limit of one transfer, into a fresh account and cashes out there.
  /// A second call goes on with what is left.
  void defraud() {
    if (!victim_ || population_.balance(*victim_) == 0) victim_ = draw_victim();
    Cents& balance = population_.balance(*victim_);
    Mule mule{population_.open_mule(), std::min(balance, kTransferLimit)};
    Pending& pending = open_row(PaysimType::kTransfer, mule.balance);
    pending.row.is_fraud = true;
    pending.row.origin = population_.name(*victim_);
    pending.row.origin_before = balance;
    pending.row.destination = mule.name;
    const bool is_stopped = mule.balance > kControlFrom && rng_.uniform() < kControlShare;
    if (is_stopped) {
      pending.row.is_flagged = true;
      mule.balance = 0;
      victim_.reset();
    } else {
      balance -= mule.balance;
    }
    pending.row.origin_after = is_stopped ? pending.row.origin_before : balance;
    if (!is_last_hour_ && rng_.uniform() < kDelayedCashOutShare) {
      pending.row.destination_after = mule.balance;
      waiting_.push_back(mule);
    } else {
      cash_out(mule);  // within the hour: the mule settles at nothing
    }
  }

  /// The log shows a destination's balance after the hour (or after a great many rows of it), so that with
  /// several transactions of one destination the old balance and the amount do not add up to the new one.
  base::Status settle() {
    if (pending_.empty()) return {};
    for (Pending& pending : pending_) {
      if (pending.destination) pending.row.destination_after = population_.balance(*pending.destination);
      append_paysim_row(text_, pending.row);
    }
    pending_.clear();
    base::Status written = sink_(text_);
    text_.clear();
    return written;
  }
  base::Status settle_if_many() { return pending_.size() < kSettledTogether ? base::Status() : settle(); }

 private:
  struct Mule {
    PaysimName name;
    Cents balance = 0;
  };
  struct Pending {
    PaysimRow row;
    std::optional<Account> destination;  // whose balance settles
  };

  Pending& open_row(PaysimType type, Cents amount) {
    Pending& pending = pending_.emplace_back();
    pending.row.step = step_;
    pending.row.type = type;
    pending.row.amount = amount;
    return pending;
  }

  void move_at_destination(Pending& pending, Account destination, Cents change) {
    Cents& balance = population_.balance(destination);
    pending.row.destination = population_.name(destination);
    pending.row.destination_before = balance;
    pending.destination = destination;
    balance = std::max<Cents>(balance + change, 0);
  }

  void cash_out(const Mule& mule) {
    Pending& pending = open_row(PaysimType::kCashOut, mule.balance);
    pending.row.is_fraud = true;
    pending.row.origin = mule.name;
    pending.row.origin_before = mule.balance;
    move_at_destination(pending, draw_cash_point(), mule.balance);
  }

  Account draw_origin(PaysimType type) {
    if (type == PaysimType::kCashIn && rng_.uniform() < kSaverShare) return population_.draw_saver(rng_);
    // Who has nothing seldom deposits, and often lets a small payment be.
    const double give_up_share = type == PaysimType::kCashIn ? kNoDepositShare
                                 : type == PaysimType::kPayment || type == PaysimType::kDebit
                                     ? kNoPaymentShare
                                     : 0.0;
    Account client = draw_active_client();
    while (population_.balance(client) == 0 && rng_.uniform() < give_up_share) client = draw_active_client();
    return client;
  }

  Account draw_active_client() {
    if (!recent_clients_.empty() && rng_.uniform() < kSameClientShare) return any_of(recent_clients_);
    const Account client = population_.draw_client(rng_);
    remember(recent_clients_, client);
    return client;
  }

  Account draw_destination(PaysimType type, Account origin) {
    if (type != PaysimType::kTransfer || rng_.uniform() >= kTransferToClientShare) return draw_busy_agent();
    Account receiver = population_.draw_client(rng_);
    while (receiver == origin) receiver = population_.draw_client(rng_);
    return receiver;
  }

  Account draw_busy_agent() {
    if (!recent_agents_.empty() && rng_.uniform() < kSameAgentShare) return any_of(recent_agents_);
    const Account agent = population_.draw_agent(rng_);
    remember(recent_agents_, agent);
    return agent;
  }

  Account any_of(const std::vector<Account>& recent) { return recent[rng_.below(recent.size())]; }

  void remember(std::vector<Account>& recent, Account account) {
    if (recent.size() < kRecentAccounts) {
      recent.push_back(account);
    } else {
      recent[rng_.below(kRecentAccounts)] = account;
    }
  }

  /// Where a mule cashes out: an accomplice's account, or an agent.
  Account draw_cash_point() {
    const double draw = rng_.uniform();
    if (draw < kAccompliceShare) return population_.draw_client(rng_);
    return draw < (1 + kAccompliceShare) / 2 ? population_.draw_quiet_agent(rng_) : draw_busy_agent();
  }

  Account draw_victim() {
    for (;;) {
      if (rng_.uniform() < kVictimIsSaverShare) {
        const Account saver = population_.draw_saver(rng_);
        if (population_.balance(saver) > 0) return saver;
        continue;
      }
      Account richest = population_.draw_client(rng_);
      for (int looked_at = 1; looked_at < kVictimsLookedAt; ++looked_at) {
        const Account other = population_.draw_client(rng_);
        if (population_.balance(other) > population_.balance(richest)) richest = other;
      }
      if (population_.balance(richest) > 0) return richest;
    }
  }

  base::Rng rng_;
  PaysimPopulation population_;
  const table::Sink& sink_;
  std::uint32_t step_ = 1;
  bool is_last_hour_ = false;
  std::vector<Pending> pending_;
  std::vector<Mule> waiting_;
  std::vector<Account> recent_clients_;
  std::vector<Account> recent_agents_;  // of this hour
  std::optional<Account> victim_;
  std::string text_;
};

/// The hours of the frauds: at any time alike, whatever honest people do.
std::vector<std::uint32_t> fraud_hours(std::uint64_t pairs, const PaysimConfig& config) {
  base::Rng rng({config.seed, 0x6672617564ULL});
  std::vector<std::uint32_t> hours(pairs);
  for (std::uint32_t& hour : hours) hour = static_cast<std::uint32_t>(rng.below(config.steps));
  std::sort(hours.begin(), hours.end());
  return hours;
}

/// How many of the `honest` rows of an hour come before each fraud.
std::vector<std::uint64_t> fraud_places(std::size_t frauds, std::uint64_t honest, base::Rng& rng) {
  std::vector<std::uint64_t> places(frauds);
  for (std::uint64_t& place : places) place = rng.below(honest + 1);
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace

base::Status generate_paysim(const PaysimConfig& config, const table::Sink& sink, base::Progress& progress) {
  TRY(check(config));
  const auto fraud_rows =
      static_cast<std::uint64_t>(std::llround(static_cast<double>(config.rows) * config.fraud_rate));
  const std::uint64_t pairs = std::min((fraud_rows + 1) / 2, config.rows / 2);
  const std::vector<std::uint64_t> honest_before = honest_rows_before(config.rows - 2 * pairs, config);
  const std::vector<std::uint32_t> hours = fraud_hours(pairs, config);

  TRY(sink(paysim_header()));
  progress.update("generating", 0, config.rows, "rows");
  Simulation simulation(config, sink);
  base::Rng place_rng({config.seed, 0x706C616365ULL});
  std::size_t fraud = 0;
  for (std::uint32_t hour = 0; hour < config.steps; ++hour) {
    simulation.begin_hour(hour + 1, hour + 1 == config.steps);
    const std::uint64_t honest = honest_before[hour + 1] - honest_before[hour];
    const std::size_t first = fraud;
    while (fraud < hours.size() && hours[fraud] == hour) ++fraud;
    const std::vector<std::uint64_t> places = fraud_places(fraud - first, honest, place_rng);
    auto place = places.begin();
    for (std::uint64_t done = 0; done <= honest; ++done) {
      for (; place != places.end() && *place == done; ++place) simulation.defraud();
      if (done < honest) simulation.act_honestly();
      TRY(simulation.settle_if_many());
    }
    TRY(simulation.settle());
    progress.update("generating", honest_before[hour + 1] + 2 * fraud, config.rows, "rows");
  }
  return {};
}

}  // namespace archmlp::datasets

#include "archmlp/datasets/paysim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "archmlp/base/hash.h"
#include "archmlp/datasets/paysim_format.h"
#include "archmlp/datasets/paysim_population.h"

namespace archmlp::datasets {
namespace {

using testing::HasSubstr;

std::string generate(const PaysimConfig& config) {
  std::string text;
  const base::Status status = generate_paysim(config, [&](std::string_view block) -> base::Status {
    text += block;
    return {};
  });
  EXPECT_TRUE(status.ok());
  return text;
}

struct Row {
  int step = 0;
  std::string type, origin, destination;
  double amount = 0, origin_before = 0, origin_after = 0, destination_before = 0, destination_after = 0;
  bool is_fraud = false, is_flagged = false;
};

double number(const std::string& cell) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  EXPECT_TRUE(error == std::errc() && end == cell.data() + cell.size()) << cell;
  return value;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<Row> rows_of(const std::string& text) {
  std::vector<Row> rows;
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t line = 1; line < lines.size(); ++line) {
    std::istringstream stream(lines[line]);
    std::array<std::string, 11> cells;
    for (std::string& cell : cells) std::getline(stream, cell, ',');
    rows.push_back({static_cast<int>(number(cells[0])), cells[1], cells[3], cells[6], number(cells[2]),
                    number(cells[4]), number(cells[5]), number(cells[7]), number(cells[8]), cells[9] == "1",
                    cells[10] == "1"});
  }
  return rows;
}

/// Made once: most tests look at the same log.
const std::vector<Row>& example() {
  static const std::vector<Row> kRows = rows_of(generate({.rows = 100'000}));
  return kRows;
}

double share(const std::vector<Row>& rows, const std::function<bool(const Row&)>& of,
             const std::function<bool(const Row&)>& that) {
  double all = 0;
  double matching = 0;
  for (const Row& row : rows) {
    if (!of(row)) continue;
    ++all;
    if (that(row)) ++matching;
  }
  return matching / all;
}

bool any_row(const Row&) { return true; }

TEST(JavaDouble, IsThatOfDoubleToString) {
  const auto formatted = [](Cents amount) {
    std::string out;
    append_java_double(out, amount);
    return out;
  };
  EXPECT_EQ(formatted(0), "0.0");
  EXPECT_EQ(formatted(1), "0.01");
  EXPECT_EQ(formatted(10), "0.1");
  EXPECT_EQ(formatted(17'013'600), "170136.0");
  EXPECT_EQ(formatted(18'105), "181.05");
  EXPECT_EQ(formatted(999'999'999), "9999999.99");
  EXPECT_EQ(formatted(1'000'000'000), "1.0E7");
  EXPECT_EQ(formatted(1'916'920'493), "1.916920493E7");
  EXPECT_EQ(formatted(1'916'920'400), "1.9169204E7");
  EXPECT_EQ(formatted(12'345'678'901), "1.2345678901E8");
}

TEST(Population, NoTwoAccountsShareAName) {
  PaysimPopulation population(20'000, 3);
  std::set<std::uint32_t> numbers;
  for (std::uint32_t account = 0; account < 20'000; ++account)
    numbers.insert(population.name(account).number);
  for (int mule = 0; mule < 1000; ++mule) numbers.insert(population.open_mule().number);
  EXPECT_EQ(numbers.size(), 21'000U);
  EXPECT_LT(*numbers.rbegin(), 1U << 31U);
}

TEST(Paysim, EveryLineHasTheFormOfPaysim) {
  const std::string money = R"((0|[1-9]\d{0,6})\.(\d|\d[1-9])|[1-9]\.\d{1,10}E[7-9])";
  const std::regex form(R"([1-9]\d{0,2},(CASH_IN|CASH_OUT|DEBIT|PAYMENT|TRANSFER),()" + money +
                        R"(),C\d{1,10},()" + money + "),(" + money + R"(),[CM]\d{1,10},()" + money + "),(" +
                        money + "),[01],[01]");
  const std::vector<std::string> lines = lines_of(generate({.rows = 5'000}));
  ASSERT_EQ(lines.size(), 5'001U);
  EXPECT_EQ(lines[0] + '\n', paysim_header());
  for (std::size_t line = 1; line < lines.size(); ++line) {
    ASSERT_TRUE(std::regex_match(lines[line], form)) << lines[line];
  }
}

TEST(Paysim, ExactlyAsManyRowsAsAskedFor) {
  for (const std::uint64_t rows : {1U, 2U, 10U, 999U, 12'345U}) {
    EXPECT_EQ(rows_of(generate({.rows = rows})).size(), rows);
    EXPECT_EQ(rows_of(generate({.rows = rows, .seed = 7, .steps = 1})).size(), rows);
    EXPECT_EQ(rows_of(generate({.rows = rows, .steps = 5'000, .fraud_rate = 0.5})).size(), rows);
  }
}

TEST(Paysim, HoursComeInOrderAndEbbAway) {
  int before = 1;
  std::map<int, int> of_day;
  for (const Row& row : example()) {
    ASSERT_LE(before, row.step);
    ASSERT_LE(row.step, 744);
    before = row.step;
    ++of_day[(row.step - 1) / 24];
  }
  EXPECT_GT(of_day[0], 10'000);
  EXPECT_GT(of_day[8], 4'000);
  EXPECT_LT(of_day[20], 500);
}

TEST(Paysim, SharesOfTypes) {
  const auto of_type = [](const char* type) {
    return share(example(), any_row, [type](const Row& row) { return row.type == type; });
  };
  EXPECT_NEAR(of_type("CASH_OUT"), 0.352, 0.006);
  EXPECT_NEAR(of_type("PAYMENT"), 0.338, 0.006);
  EXPECT_NEAR(of_type("CASH_IN"), 0.220, 0.006);
  EXPECT_NEAR(of_type("TRANSFER"), 0.084, 0.004);
  EXPECT_NEAR(of_type("DEBIT"), 0.007, 0.0015);
}

TEST(Paysim, FraudIsATransferOfAllAndACashOutOfTheSame) {
  int transfers = 0;
  std::unordered_map<std::string, double> to_cash_out;  // by mule
  for (const Row& row : example()) {
    if (!row.is_fraud) {
      ASSERT_FALSE(row.is_flagged);
      continue;
    }
    if (row.type == "TRANSFER") {
      ++transfers;
      EXPECT_TRUE(row.amount == row.origin_before || row.amount == 1e7);
      EXPECT_TRUE(to_cash_out.emplace(row.destination, row.is_flagged ? 0.0 : row.amount).second);
    } else {
      ASSERT_EQ(row.type, "CASH_OUT");
      ASSERT_TRUE(to_cash_out.contains(row.origin));
      EXPECT_EQ(row.amount, to_cash_out[row.origin]);
      EXPECT_EQ(row.origin_before, row.amount);
      EXPECT_EQ(row.origin_after, 0.0);
      to_cash_out.erase(row.origin);
    }
  }
  EXPECT_EQ(transfers, 65);
  EXPECT_TRUE(to_cash_out.empty());
}

TEST(Paysim, FraudRateHoldsForSmallLogsToo) {
  const auto fraud_count = [](const PaysimConfig& config) {
    int count = 0;
    for (const Row& row : rows_of(generate(config))) count += row.is_fraud ? 1 : 0;
    return count;
  };
  EXPECT_EQ(fraud_count({.rows = 10'000}), 14);
  EXPECT_EQ(fraud_count({.rows = 10'000, .fraud_rate = 0}), 0);
  EXPECT_EQ(fraud_count({.rows = 1'000, .fraud_rate = 0.5}), 500);
  EXPECT_EQ(fraud_count({.rows = 1, .fraud_rate = 0.5}), 0);
}

TEST(Paysim, FlaggedTransfersAreLargeAndNotExecuted) {
  int flagged = 0;
  for (const Row& row : rows_of(generate({.rows = 60'000, .fraud_rate = 0.1}))) {
    if (!row.is_flagged) continue;
    ++flagged;
    EXPECT_TRUE(row.is_fraud);
    EXPECT_EQ(row.type, "TRANSFER");
    EXPECT_GT(row.amount, 200'000);
    EXPECT_EQ(row.origin_after, row.origin_before);
    EXPECT_EQ(row.destination_before, 0.0);
    EXPECT_EQ(row.destination_after, 0.0);
  }
  EXPECT_GT(flagged, 3);
  EXPECT_LT(flagged, 60);
}

TEST(Paysim, BalancesCarryOver) {
  // Follows every account through the log. A destination's new balance is that of the end of the hour, so
  // only the old ones can be followed.
  std::unordered_map<std::string, double> balances;
  int followed = 0;
  const auto follow = [&](const std::string& name, double before, double change) {
    const auto known = balances.find(name);
    if (known != balances.end()) {
      ++followed;
      ASSERT_NEAR(known->second, before, 1e-6) << name;
    }
    balances[name] = std::max(before + change, 0.0);
  };
  for (const Row& row : example()) {
    const double sign = row.type == "CASH_IN" ? -1 : 1;
    follow(row.origin, row.origin_before, row.is_flagged ? 0 : -sign * row.amount);
    ASSERT_NEAR(balances[row.origin], row.origin_after, 1e-6);
    if (row.type != "PAYMENT")
      follow(row.destination, row.destination_before, row.is_flagged ? 0 : sign * row.amount);
  }
  EXPECT_GT(followed, 60'000);
}

TEST(Paysim, DestinationsSettleAtTheEndOfTheHour) {
  std::map<std::pair<int, std::string>, std::set<double>> settled;
  for (const Row& row : example()) {
    if (row.type == "PAYMENT") {
      ASSERT_EQ(row.destination[0], 'M');
      ASSERT_EQ(row.destination_before, 0.0);
      ASSERT_EQ(row.destination_after, 0.0);
    } else {
      ASSERT_EQ(row.destination[0], 'C');
      settled[{row.step, row.destination}].insert(row.destination_after);
    }
  }
  for (const auto& [key, balances] : settled)
    ASSERT_EQ(balances.size(), 1U) << key.first << ' ' << key.second;
}

TEST(Paysim, BalanceErrorsHaveTheShapeOfPaysim) {
  const auto is_fraud = [](const Row& row) { return row.is_fraud; };
  const auto is_honest_out = [](const Row& row) {
    return !row.is_fraud && (row.type == "CASH_OUT" || row.type == "TRANSFER");
  };
  const auto destination_error = [](const Row& row) {
    return row.destination_before + row.amount - row.destination_after;
  };
  EXPECT_GT(share(example(), is_fraud, [](const Row& row) { return row.amount == row.origin_before; }), 0.93);
  EXPECT_NEAR(share(example(), is_fraud,
                    [](const Row& row) { return row.destination_before == 0 && row.destination_after == 0; }),
              0.5, 0.03);
  EXPECT_NEAR(share(example(), is_honest_out, [](const Row& row) { return row.origin_before == 0; }), 0.44,
              0.05);
  EXPECT_NEAR(share(example(), is_honest_out,
                    [&](const Row& row) { return std::abs(destination_error(row)) > 0.005; }),
              0.17, 0.06);
  // Noise: neither zero nor a cent.
  EXPECT_GT(share(example(), is_honest_out,
                  [&](const Row& row) {
                    const double error = std::abs(destination_error(row));
                    return error > 0 && error < 1e-3;
                  }),
            0.05);
}

TEST(Paysim, SameConfigSameBytes) {
  const std::string text = generate({.rows = 20'000, .seed = 1});
  EXPECT_EQ(text, generate({.rows = 20'000, .seed = 1}));
  EXPECT_NE(text, generate({.rows = 20'000, .seed = 2}));
  EXPECT_EQ(base::sha256_hex(text), "b26dfdeefd92ad173ef2eb1b4b309ae8378688dc7039429429ec2bd735363cb2");
}

TEST(Paysim, RefusesWhatCannotBeSimulated) {
  const table::Sink sink = [](std::string_view) -> base::Status {
    ADD_FAILURE() << "wrote something";
    return {};
  };
  for (const PaysimConfig& config :
       {PaysimConfig{.rows = 0}, PaysimConfig{.rows = 100'000'001}, PaysimConfig{.steps = 0},
        PaysimConfig{.fraud_rate = -0.1}, PaysimConfig{.fraud_rate = 0.51},
        PaysimConfig{.fraud_rate = std::numeric_limits<double>::quiet_NaN()}}) {
    const base::Status status = generate_paysim(config, sink);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, base::ErrorCode::kInvalidInput);
    EXPECT_THAT(status.error().hint, HasSubstr("give a"));
  }
}

TEST(Paysim, StopsWhenTheSinkFails) {
  int calls = 0;
  const base::Status status = generate_paysim({.rows = 1'000}, [&](std::string_view) -> base::Status {
    if (++calls == 3) return base::Error{base::ErrorCode::kIo, "disk full", "", "", ""};
    return {};
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "disk full");
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace archmlp::datasets

// An open-loop load generator for HTTP on the loopback: see load_generator.h for what it promises.
// Prints how long requests of each class took, from the moment at which they were due.

#include <arpa/inet.h>
#include <fmt/core.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "load_generator.h"

namespace {

using namespace archmlp::bench;

constexpr std::string_view kUsage =
    R"(usage: bench_open_loop --address IP:PORT [--seconds S] [--warm-up S] [--drain S] [--json] CLASS…

Each class is [--class NAME] --rate R and any of
  --connections N       kept alive; default 16
  --method M            default POST with a body, else GET
  --path P              default /predict
  --type T              Content-Type; default application/json
  --header 'NAME: V'    more header fields
  --body FILE           several are sent in turn
Without --class there is one. Latencies count from the moment at which a request is due.
)";

/// What the flags say of a class.
struct ClassFlags {
  LoadClass load;
  std::string method;
  std::string path = "/predict";
  std::string type = "application/json";
  std::string more_fields;
  std::vector<std::string> bodies;
};

struct Flags {
  LoadPlan plan;
  std::string host;  // IP:PORT
  bool as_json = false;
  std::vector<ClassFlags> classes;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

double number_of(const std::string& flag, const std::string& text) {
  std::size_t used = 0;
  double value = -1;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
  }
  if (used != text.size() || value < 0) throw std::runtime_error(flag + " takes a number, not " + text);
  return value;
}

sockaddr_in address_of(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error("--address takes IP:PORT, not " + text);
  }
  address.sin_port = htons(static_cast<std::uint16_t>(number_of("--address", text.substr(colon + 1))));
  return address;
}

std::vector<std::string> requests_of(const ClassFlags& flags, const std::string& host) {
  const bool has_body = !flags.bodies.empty();
  std::vector<std::string> requests;
  for (const std::string& body : has_body ? flags.bodies : std::vector<std::string>{""}) {
    const std::string method = !flags.method.empty() ? flags.method : has_body ? "POST" : "GET";
    std::string request =
        fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}", method, flags.path, host, flags.more_fields);
    if (has_body)
      request += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", flags.type, body.size());
    requests.push_back(request + "\r\n" + body);
  }
  return requests;
}

bool take_class_flag(ClassFlags& flags, const std::string& flag, const std::string& value) {
  if (flag == "--rate") {
    flags.load.rate = number_of(flag, value);
  } else if (flag == "--connections") {
    flags.load.connections = static_cast<int>(number_of(flag, value));
  } else if (flag == "--method") {
    flags.method = value;
  } else if (flag == "--path") {
    flags.path = value;
  } else if (flag == "--type") {
    flags.type = value;
  } else if (flag == "--header") {
    flags.more_fields += value + "\r\n";
  } else if (flag == "--body") {
    flags.bodies.push_back(read_file(value));
  } else {
    return false;
  }
  return true;
}

Flags flags_of(const std::vector<std::string>& arguments) {
  Flags flags;
  flags.classes.resize(1);
  bool has_class = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& flag = arguments[i];
    if (flag == "--json") {
      flags.as_json = true;
      continue;
    }
    if (i + 1 == arguments.size()) throw std::runtime_error("unknown, or without a value: " + flag);
    const std::string& value = arguments[++i];
    if (flag == "--address") {
      flags.host = value;
      flags.plan.address = address_of(value);
    } else if (flag == "--seconds") {
      flags.plan.seconds = number_of(flag, value);
    } else if (flag == "--warm-up") {
      flags.plan.warm_up_seconds = number_of(flag, value);
    } else if (flag == "--drain") {
      flags.plan.drain_seconds = number_of(flag, value);
    } else if (flag == "--class") {
      if (has_class) flags.classes.emplace_back();
      has_class = true;
      flags.classes.back().load.name = value;
    } else if (!take_class_flag(flags.classes.back(), flag, value)) {
      throw std::runtime_error("unknown: " + flag);
    }
  }
  if (flags.host.empty()) throw std::runtime_error("--address is missing");
  for (ClassFlags& given : flags.classes) {
    given.load.requests = requests_of(given, flags.host);
    flags.plan.classes.push_back(given.load);
  }
  return flags;
}

std::string quantiles_json(const LatencyHistogram& histogram) {
  const auto milliseconds = [&](double share) {
    return static_cast<double>(histogram.quantile(share)) * 1e-6;
  };
  return fmt::format(
      R"({{"mean": {:.6f}, "p50": {:.6f}, "p90": {:.6f}, "p99": {:.6f}, "p99.9": {:.6f}, "max": {:.6f}}})",
      histogram.mean() * 1e-6, milliseconds(0.5), milliseconds(0.9), milliseconds(0.99), milliseconds(0.999),
      static_cast<double>(histogram.max()) * 1e-6);
}

std::string statuses_json(const LoadReport& report) {
  std::string text;
  for (const auto& [status, count] : report.statuses)
    text += fmt::format(R"({}"{}": {})", text.empty() ? "" : ", ", status, count);
  return "{" + text + "}";
}

void print_json(const Flags& flags, const std::vector<LoadReport>& reports) {
  fmt::print("{{\"seconds\": {}, \"classes\": [", flags.plan.seconds);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const LoadReport& report = reports[i];
    const LoadClass& given = flags.plan.classes[i];
    fmt::print(
        R"({}{{"name": "{}", "rate": {}, "achieved_rate": {:.1f}, "connections": {}, "scheduled": {}, "statuses": {}, )"
        R"("failed": {}, "unanswered": {}, "latency_ms": {}, "p99_of_a_tenth_ms": {:.6f}, "send_lag_ms": {}}})",
        i == 0 ? "" : ", ", given.name, given.rate, report.achieved_rate, given.connections, report.scheduled,
        statuses_json(report), report.failed, report.unanswered, quantiles_json(report.latency),
        static_cast<double>(p99_of_a_tenth(report)) * 1e-6, quantiles_json(report.lag));
  }
  fmt::print("]}}\n");
}

void print_text(const Flags& flags, const std::vector<LoadReport>& reports) {
  fmt::print("{:<12}{:>12}{:>12}{:>11}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "latency, ms", "rate",
             "achieved", "p50", "p90", "p99", "p99.9", "max", "lag p99", "errors");
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const LoadReport& report = reports[i];
    const auto milliseconds = [](const LatencyHistogram& histogram, double share) {
      return static_cast<double>(histogram.quantile(share)) * 1e-6;
    };
    const LatencyHistogram& latency = report.latency;
    fmt::print("{:<12}{:>12.0f}{:>12.1f}{:>11.3f}{:>10.3f}{:>10.3f}{:>10.3f}{:>10.3f}{:>10.3f}{:>10}\n",
               flags.plan.classes[i].name, flags.plan.classes[i].rate, report.achieved_rate,
               milliseconds(latency, 0.5), milliseconds(latency, 0.9), milliseconds(latency, 0.99),
               milliseconds(latency, 0.999), static_cast<double>(latency.max()) * 1e-6,
               milliseconds(report.lag, 0.99), report.scheduled - latency.count());
    if (report.scheduled != latency.count()) {
      fmt::print("{:<12}by status {}, {} failed, {} unanswered\n", "", statuses_json(report), report.failed,
                 report.unanswered);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Flags flags = flags_of({argv + 1, argv + argc});
    const std::vector<LoadReport> reports = generate_load(flags.plan);
    flags.as_json ? print_json(flags, reports) : print_text(flags, reports);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_open_loop: {}\n\n{}", error.what(), kUsage);
    return 2;
  }
  return 0;
}

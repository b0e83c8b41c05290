#include "load_generator.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

#include "answer_reader.h"

namespace archmlp::bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kTenth = kSecond / 10;
constexpr std::int64_t kSpin = 100'000;  // a timer wakes up no more exactly than this

std::int64_t now() {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

class Generator;

/// Sends the requests i, i + step, i + 2 step … of a class, one at a time.
class Connection {
 public:
  Connection(Generator& generator, std::size_t class_index, std::uint64_t first)
      : generator_(generator), class_index_(class_index), next_(first) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool is_waiting_for(std::uint64_t request) const noexcept { return !is_busy_ && next_ == request; }
  /// Precondition: no request is under way.
  void start(bool is_late);
  /// The next request if it is due already.
  void start_if_late();
  void on_event(std::uint32_t events);

 private:
  bool open();
  void close();
  void send_rest();
  void receive();
  void finish();
  void fail();
  void watch(std::uint32_t events);

  Generator& generator_;
  std::size_t class_index_;
  std::uint64_t next_;
  int descriptor_ = -1;
  bool is_busy_ = false;
  std::uint32_t watched_ = 0;
  std::size_t sent_ = 0;
  AnswerReader reader_;
};

/// A class while it runs.
struct Running {
  const LoadClass* given = nullptr;
  std::uint64_t total = 0;
  std::uint64_t warm_up = 0;  // the first that counts
  std::uint64_t cursor = 0;   // the first that is not due yet
  std::uint64_t done = 0;
  std::int64_t last_answer = 0;
  std::vector<std::unique_ptr<Connection>> connections;
  std::int64_t begin = 0;  // when the first that counts is due
  LoadReport report;

  void add_latency(std::int64_t due, std::int64_t answered) {
    report.latency.add(answered - due);
    report.tenths[static_cast<std::size_t>((due - begin) / kTenth)].add(answered - due);
  }
  const std::string& request(std::uint64_t index) const {
    return given->requests[index % given->requests.size()];
  }
};

[[noreturn]] void fail_with_errno(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

void check_reachable(const sockaddr_in& address) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail_with_errno("socket");
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail_with_errno("cannot connect to port " + std::to_string(ntohs(address.sin_port)));
  }
  ::close(descriptor);
}

class Generator {
 public:
  explicit Generator(const LoadPlan& plan) : plan_(plan), poll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (poll_ < 0) fail_with_errno("epoll");
    check_reachable(plan.address);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    running_.resize(plan.classes.size());
    for (std::size_t i = 0; i < running_.size(); ++i) prepare(i);
  }
  ~Generator() {
    running_.clear();
    ::close(poll_);
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  std::vector<LoadReport> run();

  const LoadPlan& plan() const noexcept { return plan_; }
  int poll() const noexcept { return poll_; }
  Running& running(std::size_t class_index) { return running_[class_index]; }
  std::int64_t due(const Running& running, std::uint64_t request) const {
    return start_ + std::llround(static_cast<double>(request) * 1e9 / running.given->rate);
  }
  std::array<char, 1U << 18U>& buffer() noexcept { return buffer_; }
  /// Its next request may be due. Later, so that a server that refuses everything is not met by recursion.
  void start_later(Connection& connection) { later_.push_back(&connection); }

 private:
  void prepare(std::size_t class_index);
  void start_what_is_due();
  bool is_done() const;
  void wait();
  void sum_up(Running& running) const;

  const LoadPlan& plan_;
  int poll_;
  std::vector<Running> running_;
  std::vector<Connection*> later_;
  std::int64_t start_ = 0;
  std::array<char, 1U << 18U> buffer_ = {};
};

void Generator::prepare(std::size_t class_index) {
  const LoadClass& given = plan_.classes[class_index];
  if (given.rate <= 0 || given.connections < 1 || given.requests.empty()) {
    throw std::runtime_error("class " + given.name + ": it needs a rate, a connection and a request");
  }
  Running& running = running_[class_index];
  running.given = &given;
  running.total =
      static_cast<std::uint64_t>(std::llround((plan_.warm_up_seconds + plan_.seconds) * given.rate));
  running.warm_up = static_cast<std::uint64_t>(std::llround(plan_.warm_up_seconds * given.rate));
  running.report.tenths.resize(static_cast<std::size_t>(std::ceil(plan_.seconds * 10)) + 1);
  for (int i = 0; i < given.connections; ++i) {
    running.connections.push_back(std::make_unique<Connection>(*this, class_index, i));
  }
}

std::vector<LoadReport> Generator::run() {
  start_ = now();
  for (Running& running : running_) running.begin = due(running, running.warm_up);
  const auto planned = static_cast<std::int64_t>((plan_.warm_up_seconds + plan_.seconds) * 1e9);
  const std::int64_t deadline = start_ + planned + static_cast<std::int64_t>(plan_.drain_seconds * 1e9);
  while (!is_done() && now() < deadline) {
    start_what_is_due();
    wait();
  }
  std::vector<LoadReport> reports;
  for (Running& running : running_) {
    sum_up(running);
    reports.push_back(std::move(running.report));
  }
  return reports;
}

void Generator::start_what_is_due() {
  for (Connection* connection : std::exchange(later_, {})) connection->start_if_late();
  for (Running& running : running_) {
    const std::int64_t time = now();
    while (running.cursor < running.total && due(running, running.cursor) <= time) {
      const std::uint64_t request = running.cursor++;
      Connection& connection = *running.connections[request % running.connections.size()];
      if (connection.is_waiting_for(request)) connection.start(false);
    }
  }
}

bool Generator::is_done() const {
  for (const Running& running : running_) {
    if (running.done < running.total) return false;
  }
  return true;
}

void Generator::wait() {
  std::int64_t next = later_.empty() ? std::numeric_limits<std::int64_t>::max() : 0;
  for (const Running& running : running_) {
    if (running.cursor < running.total) next = std::min(next, due(running, running.cursor));
  }
  const std::int64_t pause = std::min(next - now() - kSpin, kSecond / 10);
  const timespec timeout = {.tv_sec = 0, .tv_nsec = std::max<std::int64_t>(pause, 0)};
  std::array<epoll_event, 256> events;
  const int count = epoll_pwait2(poll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  for (int i = 0; i < count; ++i) static_cast<Connection*>(events[i].data.ptr)->on_event(events[i].events);
}

void Generator::sum_up(Running& running) const {
  LoadReport& report = running.report;
  report.scheduled = running.total - running.warm_up;
  std::uint64_t settled = report.failed;
  for (const auto& [status, count] : report.statuses) settled += count;
  report.unanswered = report.scheduled - settled;
  const std::int64_t end = std::max(due(running, running.total), running.last_answer);
  report.achieved_rate =
      static_cast<double>(report.latency.count()) * 1e9 / static_cast<double>(end - running.begin);
}

bool Connection::open() {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor_ < 0) return false;
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in& address = generator_.plan().address;
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    close();
    return false;
  }
  watched_ = EPOLLIN;
  epoll_event event = {.events = watched_, .data = {.ptr = this}};
  epoll_ctl(generator_.poll(), EPOLL_CTL_ADD, descriptor_, &event);
  return true;
}

void Connection::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void Connection::watch(std::uint32_t events) {
  if (events == watched_) return;
  watched_ = events;
  epoll_event event = {.events = events, .data = {.ptr = this}};
  epoll_ctl(generator_.poll(), EPOLL_CTL_MOD, descriptor_, &event);
}

void Connection::start(bool is_late) {
  is_busy_ = true;
  sent_ = 0;
  reader_.reset();
  if (descriptor_ < 0 && !open()) return fail();
  Running& running = generator_.running(class_index_);
  if (!is_late && next_ >= running.warm_up) running.report.lag.add(now() - generator_.due(running, next_));
  send_rest();
}

void Connection::send_rest() {
  const std::string& request = generator_.running(class_index_).request(next_);
  while (sent_ < request.size()) {
    const ssize_t count = ::send(descriptor_, request.data() + sent_, request.size() - sent_, MSG_NOSIGNAL);
    if (count >= 0) {
      sent_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      return watch(EPOLLIN | EPOLLOUT);
    } else if (errno != EINTR) {
      return;  // the server may have answered before it closed: what comes to be read decides
    }
  }
  watch(EPOLLIN);
}

void Connection::on_event(std::uint32_t events) {
  if (descriptor_ < 0) return;
  if ((events & EPOLLOUT) != 0 && is_busy_) send_rest();
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) receive();
}

void Connection::receive() {
  std::array<char, 1U << 18U>& buffer = generator_.buffer();
  const ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (!is_busy_) return close();  // the end of an idle connection, or bytes that nobody asked for
  if (count <= 0) return fail();
  switch (reader_.take({buffer.data(), static_cast<std::size_t>(count)})) {
    case AnswerReader::Progress::kComplete:
      return finish();
    case AnswerReader::Progress::kBroken:
      return fail();
    case AnswerReader::Progress::kIncomplete:
      return;
  }
}

void Connection::finish() {
  Running& running = generator_.running(class_index_);
  if (next_ >= running.warm_up) {
    const std::int64_t time = now();
    ++running.report.statuses[reader_.status()];
    running.last_answer = time;
    if (reader_.status() == 200) running.add_latency(generator_.due(running, next_), time);
  }
  const bool was_answered_early = sent_ < running.request(next_).size();
  if (reader_.closes() || was_answered_early) close();
  ++running.done;
  is_busy_ = false;
  next_ += running.connections.size();
  start_if_late();
}

void Connection::fail() {
  Running& running = generator_.running(class_index_);
  if (next_ >= running.warm_up) ++running.report.failed;
  close();
  ++running.done;
  is_busy_ = false;
  next_ += running.connections.size();
  generator_.start_later(*this);
}

void Connection::start_if_late() {
  if (!is_busy_ && next_ < generator_.running(class_index_).cursor) start(true);
}

}  // namespace

std::uint64_t p99_of_a_tenth(const LoadReport& report) {
  std::vector<std::uint64_t> found;
  for (const SmallLatencyHistogram& tenth : report.tenths) {
    if (tenth.count() > 0) found.push_back(tenth.quantile(0.99));
  }
  if (found.empty()) return 0;
  const auto middle = found.begin() + static_cast<std::ptrdiff_t>(found.size() / 2);
  std::nth_element(found.begin(), middle, found.end());
  return *middle;
}

std::vector<LoadReport> generate_load(const LoadPlan& plan) {
  return std::make_unique<Generator>(plan)->run();
}

}  // namespace archmlp::bench

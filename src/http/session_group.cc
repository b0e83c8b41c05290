#include "archmlp/http/session_group.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

#include "archmlp/base/rng.h"
#include "archmlp/http/answers.h"
#include "archmlp/http/session.h"

namespace archmlp::http {
namespace {

constexpr std::size_t kReadBytes = 64U << 10U;
constexpr std::size_t kKeptOutputBytes = 1U << 20U;
constexpr std::size_t kLogBytes = 32U << 10U;  // handed over at once

void append_two(std::string& out, int number) {
  out += static_cast<char>('0' + number / 10);
  out += static_cast<char>('0' + number % 10);
}

/// "Thu, 26 Nov 2026 06:00:00 GMT", whatever the locale.
void append_http_date(std::string& out, std::time_t time) {
  constexpr std::string_view kDays[] = {"Sun, ", "Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, "};
  constexpr std::string_view kMonths[] = {" Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ",
                                          " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec "};
  std::tm parts{};
  gmtime_r(&time, &parts);
  out += kDays[parts.tm_wday];
  append_two(out, parts.tm_mday);
  out += kMonths[parts.tm_mon];
  out += std::to_string(parts.tm_year + 1900);
  out += ' ';
  append_two(out, parts.tm_hour);
  out += ':';
  append_two(out, parts.tm_min);
  out += ':';
  append_two(out, parts.tm_sec);
  out += " GMT";
}

/// "2026-11-26T06:00:00.123Z"
void append_timestamp(std::string& out) {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &parts);
  out.append(text, size);
  out += static_cast<char>('0' + milliseconds / 100);
  append_two(out, static_cast<int>(milliseconds % 100));
  out += 'Z';
}

void append_count(std::string& out, std::string_view key, std::size_t value) {
  out += key;
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_text(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out += key;
  append_json_string(out, value);
}

}  // namespace

SessionGroup::SessionGroup(EventLoop& loop, const SessionConfig& config, std::unique_ptr<Handler> handler,
                           Pool* pool, AccessLog* log, LoopCounters& counters)
    : loop_(loop),
      config_(config),
      handler_(std::move(handler)),
      pool_(pool),
      log_(log),
      counters_(counters),
      arrived_(kReadBytes + kBodySlack),
      id_seed_(std::random_device()()) {
  id_seed_ = base::mix64(id_seed_ ^ reinterpret_cast<std::uintptr_t>(this));
  loop_.on_batch_end([this] { send_now(nullptr); });
}

SessionGroup::~SessionGroup() = default;

void SessionGroup::start(int socket) {
  counters_.accepted_connections.add();
  if (open_count_ >= config_.max_connections) {
    counters_.reject(Rejection::kConnections);
    constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: "
        "close\r\n\r\n";
    if (!tls_) [[maybe_unused]]
      const ssize_t sent = ::send(socket, kFull.data(), kFull.size(), MSG_NOSIGNAL);
    ::close(socket);
    return;
  }
  try {
    if (free_places_.empty()) {
      free_places_.push_back(static_cast<std::uint32_t>(sessions_.size()));
      sessions_.emplace_back();
      free_places_.reserve(sessions_.size());
    }
    const SessionId id{free_places_.back(), next_number_++};
    auto session = std::make_unique<Session>(socket, id, *this);
    if (!loop_.watch(socket, EPOLLIN, *session)) return;  // and with it the socket
    free_places_.pop_back();
    sessions_[id.place] = std::move(session);
    ++open_count_;
    counters_.open_connections.add();
  } catch (const std::exception&) {
    ::close(socket);
  }
}

void SessionGroup::send_later(const Session& session, std::size_t begin) {
  if (begin == output_.size()) return;
  // A session that goes on behind the pool's answer: its last answer may be among what follows.
  if (!outgoing_.empty() && outgoing_.back().id == session.id() && outgoing_.back().end == begin) {
    outgoing_.back().end = output_.size();
  } else {
    outgoing_.push_back({session.id(), begin, output_.size()});
  }
}

void SessionGroup::send_now(const Session* running) {
  for (const Outgoing& each : outgoing_) {
    Session* session = find(each.id);
    if (session == nullptr) continue;
    session->send(std::string_view(output_).substr(each.begin, each.end - each.begin));
    if (session->is_closed() && session != running) close(*session);
  }
  outgoing_.clear();
  output_.clear();
  if (output_.capacity() > kKeptOutputBytes) std::string().swap(output_);
}

void SessionGroup::close(Session& session) {
  arriving_bytes_ -= session.arriving_bytes();
  loop_.forget(session.descriptor());
  const std::uint32_t place = session.id().place;
  sessions_[place].reset();
  free_places_.push_back(place);
  --open_count_;
  counters_.open_connections.subtract();
}

Session* SessionGroup::find(SessionId id) noexcept {
  Session* session = id.place < sessions_.size() ? sessions_[id.place].get() : nullptr;
  return session != nullptr && session->id().number == id.number ? session : nullptr;
}

void SessionGroup::tick(Clock::time_point now) {
  for (std::size_t place = 0; place < sessions_.size(); ++place) {
    Session* session = sessions_[place].get();
    if (session == nullptr) continue;
    session->on_tick(now);
    if (session->is_closed()) close(*session);
  }
  handler_->on_tick();
  if (log_ != nullptr) {
    log_->append(log_lines_);
    log_lines_.clear();
  }
}

void SessionGroup::drain() {
  send_now(nullptr);
  draining_ = true;
  for (std::size_t place = 0; place < sessions_.size(); ++place) {
    Session* session = sessions_[place].get();
    if (session == nullptr) continue;
    session->drain();
    if (session->is_closed()) close(*session);
  }
}

void SessionGroup::close_all() {
  send_now(nullptr);
  for (std::size_t place = 0; place < sessions_.size(); ++place) {
    if (sessions_[place]) close(*sessions_[place]);
  }
  tick(Clock::now());
}

std::string_view SessionGroup::common_fields() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    common_fields_ = "\r\nDate: ";
    append_http_date(common_fields_, now);
    common_fields_ += "\r\nContent-Type: ";
  }
  return common_fields_;
}

std::string_view SessionGroup::fresh_request_id() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  request_id_.clear();
  for (std::uint64_t bits = base::mix64(id_seed_ + ++request_count_), i = 0; i < 16; ++i, bits >>= 4U) {
    request_id_ += kDigits[bits & 15U];
  }
  return request_id_;
}

void SessionGroup::log_answer(const RequestHead& head, const Response& response, std::string_view request_id,
                              std::chrono::nanoseconds time, std::size_t request_bytes) {
  std::string& line = log_lines_;
  line += "{\"time\": \"";
  append_timestamp(line);
  line += '"';
  append_text(line, ", \"request_id\": ", request_id);
  append_text(line, ", \"traceparent\": ", head.traceparent);
  append_text(line, ", \"method\": ", head.method);
  append_text(line, ", \"path\": ", head.target.substr(0, head.target.find('?')));
  if (response.route < config_.routes.size())
    append_text(line, ", \"route\": ", config_.routes[response.route]);
  append_count(line, ", \"status\": ", static_cast<std::size_t>(response.status));
  append_count(line, ", \"microseconds\": ", static_cast<std::size_t>(time.count() / 1000));
  append_count(line, ", \"request_bytes\": ", request_bytes);
  append_count(line, ", \"response_bytes\": ", response.body.size());
  append_text(line, ", \"model\": ", response.served_by);
  line += "}\n";
  if (line.size() < kLogBytes) return;
  log_->append(line);
  line.clear();
}

}  // namespace archmlp::http

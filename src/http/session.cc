#include "archmlp/http/session.h"

#include <sys/epoll.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <new>
#include <utility>

#include "archmlp/http/answers.h"

namespace archmlp::http {
namespace {

constexpr std::size_t kKeptBytes = 16U << 10U;           // buffers beyond it are given back between requests
constexpr std::size_t kKeptAnswerBytes = 1U << 20U;      // the same of those that all connections share
constexpr std::size_t kFlushBytes = 256U << 10U;         // of answers to pipelined requests
constexpr std::size_t kWriteProgressBytes = 64U << 10U;  // taken within the time-out, they renew it
constexpr std::size_t kFirstBodyBytes = 64U << 10U;      // room that a declared length gets at once
constexpr int kReadsInTurn = 16;                         // of one TLS connection before others
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::chrono::milliseconds kLastChance{500};  // for connections accepted while stopping
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

ErrorAnswer answer_for(const Refusal& refusal) {
  return {.status = refusal.status,
          .code = error_code(refusal.status),
          .message = refusal.message,
          .where = {},
          .hint = refusal.hint};
}

void answer_with(Handler& handler, const Request& request, Response& response) {
  try {
    handler.handle(request, response);
  } catch (const std::exception&) {
    std::string().swap(response.body);
    response.clear();
    handler.refuse(request.target,
                   answer_for(Refusal{
                       .status = 503, .message = "out of memory", .hint = "send fewer records at a time"}),
                   response);
  }
}

/// Only what is no longer needed: a buffer with something in it stays as it is.
void give_back(std::string& buffer) {
  if (buffer.empty() && buffer.capacity() > kKeptBytes) std::string().swap(buffer);
}

}  // namespace

Session::Session(int socket, SessionId id, SessionGroup& group)
    : transport_(socket, group.tls_.get()),
      id_(id),
      group_(group),
      wanted_events_(EPOLLIN),
      deadline_(group.loop_.woken_at() + (group.draining_ ? kLastChance : group.config_.idle_timeout)),
      chunks_(group.config_.limits.max_body_bytes) {}

/// No exception leaves: what fails, out of memory most likely, fails for this connection.
void Session::on_ready(std::uint32_t events) {
  try {
    // TLS may have to read before it can go on writing.
    const bool may_write = (events & EPOLLOUT) != 0 || (!unsent_.empty() && (events & EPOLLIN) != 0);
    if (may_write) on_writable();
    if (phase_ == Phase::kWaiting) {
      // The client is gone; the pool's answer will find nobody.
      if ((events & (EPOLLERR | EPOLLHUP)) != 0) close();
    } else if (phase_ != Phase::kClosed && unsent_.empty()) {
      if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read();
    } else if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
      close();
    }
  } catch (const std::exception&) {
    close();
  }
  finish_closing();
}

/// What was answered before the end is sent before it.
void Session::finish_closing() {
  if (phase_ != Phase::kClosed) return;
  group_.send_now(this);
  group_.close(*this);
}

void Session::on_tick(Clock::time_point now) {
  if (now < deadline_ || phase_ == Phase::kWaiting) return;
  const bool request_has_begun = phase_ == Phase::kBody || (phase_ == Phase::kHead && !input_.empty());
  if (!request_has_begun || !unsent_.empty()) return close();
  try {
    const std::size_t begin = group_.output_.size();
    refuse({.status = 408, .message = "the request did not arrive in time", .hint = {}}, Rejection::kTimeout);
    flush(begin);
  } catch (const std::exception&) {
    close();
  }
}

void Session::drain() {
  if (phase_ == Phase::kHead && input_.empty() && unsent_.empty() && !transport_.has_arrived()) close();
}

void Session::close() { phase_ = Phase::kClosed; }

void Session::want(std::uint32_t events) {
  if (events == wanted_events_) return;
  wanted_events_ = events;
  group_.loop_.change(descriptor(), events, *this);
}

void Session::read() {
  std::vector<char>& arrived = group_.arrived_;
  for (int turn = 0; turn < kReadsInTurn; ++turn) {
    const Transfer got = transport_.read(arrived.data(), arrived.size() - kBodySlack);
    switch (got.state) {
      case Transfer::State::kWantsRead:
        return want(EPOLLIN);
      case Transfer::State::kWantsWrite:
        return want(EPOLLOUT);
      case Transfer::State::kFailed:
        if (transport_.was_plain_http()) {
          transport_.write_plain(
              "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
              "this port speaks TLS: use https://\n");
        }
        return close();
      case Transfer::State::kEnded:
        return close();
      case Transfer::State::kDone:
        break;
    }
    if (phase_ != Phase::kLingering) feed({arrived.data(), got.count});
    if (phase_ == Phase::kClosed || phase_ == Phase::kWaiting || !unsent_.empty()) return;
    if (!transport_.is_tls()) return;
  }
  read_soon();
}

void Session::read_soon() {
  group_.loop_.post([&group = group_, id = id_] {
    if (Session* session = group.find(id)) session->on_ready(EPOLLIN);
  });
}

/// What had to wait is done: the next request may come, or is there already.
void Session::resume() {
  want(EPOLLIN);
  std::string rest;
  rest.swap(input_);
  if (!rest.empty()) {
    rest.reserve(rest.size() + kBodySlack);
    feed(rest);
  }
  // TLS may hold bytes that the socket no longer shows.
  if (transport_.is_tls() && phase_ != Phase::kClosed) read_soon();
}

void Session::feed(std::string_view bytes) {
  const Clock::time_point latest = group_.loop_.woken_at() + group_.config_.read_timeout;
  if (phase_ == Phase::kHead && input_.empty()) deadline_ = latest;
  const Clock::time_point deadline = deadline_;
  if (input_.empty()) {
    const std::size_t used = serve(bytes);
    const bool goes_on = phase_ != Phase::kLingering && phase_ != Phase::kClosed;
    if (used < bytes.size() && goes_on) input_.assign(bytes.substr(used));
  } else {
    input_.reserve(input_.size() + bytes.size() + kBodySlack);
    input_.append(bytes);
    input_.erase(0, serve(input_));
  }
  // What is left begins the next request.
  const bool was_answered = deadline_ != deadline;
  const bool has_begun = phase_ == Phase::kBody || (phase_ == Phase::kHead && !input_.empty());
  if (was_answered && has_begun && unsent_.empty()) deadline_ = latest;
}

std::size_t Session::serve(std::string_view bytes) {
  std::size_t used = 0;
  std::size_t begin = group_.output_.size();
  arrived_at_ = group_.loop_.woken_at();
  while (phase_ == Phase::kHead || phase_ == Phase::kBody) {
    if (phase_ == Phase::kHead && !take_head(bytes, used)) break;
    if (phase_ == Phase::kBody && !take_body(bytes, used)) break;
    answer();
    if (group_.output_.size() >= kFlushBytes) {
      flush(begin);
      begin = 0;
      if (!unsent_.empty() || phase_ == Phase::kClosed) return used;
    }
  }
  flush(begin);
  return used;
}

bool Session::take_head(std::string_view bytes, std::size_t& used) {
  const FramingLimits& limits = group_.config_.limits;
  const std::string_view pending = bytes.substr(used);
  if (pending.empty()) return false;
  const std::size_t size = finder_.find(pending);
  if (size > limits.max_header_bytes || (size == 0 && pending.size() > limits.max_header_bytes)) {
    refuse({.status = 431,
            .message = "the header is larger than " + std::to_string(limits.max_header_bytes) + " bytes",
            .hint = {}},
           Rejection::kFraming);
    return false;
  }
  if (size == 0) {
    const std::size_t line_end = pending.find('\n');
    if (line_end != std::string_view::npos && (line_end == 0 || pending[line_end - 1] != '\r')) {
      refuse({.status = 400,
              .message = "a line of the header ends without a carriage return",
              .hint = "end lines with CR LF"},
             Rejection::kFraming);
      return false;
    }
    if (!may_become_head(pending)) {
      refuse({.status = 400,
              .message = "this is no HTTP request",
              .hint = "use http:// in place of https:// if that is what it was"},
             Rejection::kFraming);
    }
    return false;
  }
  finder_.reset();
  const std::string_view head_bytes = pending.substr(0, size);
  Refusal refusal;
  if (!parse_head(head_bytes, limits, head_, refusal)) {
    refuse(refusal, Rejection::kFraming);
    return false;
  }
  if (!head_.content_encoding.empty() && head_.content_encoding != "identity") {
    refuse(
        {.status = 415, .message = "compressed bodies are not understood", .hint = "send the body as it is"},
        Rejection::kFraming);
    return false;
  }
  used += size;
  if (!head_.is_chunked && bytes.size() - used >= head_.content_length) {
    body_view_ = bytes.substr(used, head_.content_length);
    used += head_.content_length;
    return true;
  }
  return begin_body(head_bytes, head_, used == bytes.size());
}

/// The views of head_ must outlive the arrival of the body, and what is refused is refused before it.
bool Session::begin_body(std::string_view head_bytes, const RequestHead& head, bool nothing_arrived) {
  if (group_.access_) {
    if (std::optional<Refusal> refusal = group_.access_->check(head)) {
      refuse(*refusal, Rejection::kAccess);
      return false;
    }
  }
  head_bytes_.assign(head_bytes);
  Refusal unused;
  parse_head(head_bytes_, group_.config_.limits, head_, unused);
  phase_ = Phase::kBody;
  body_.clear();
  if (head_.is_chunked) chunks_ = ChunkDecoder(group_.config_.limits.max_body_bytes);
  if (!head_.is_chunked) body_.reserve(std::min(head_.content_length, kFirstBodyBytes) + kBodySlack);
  if (head_.expects_continue && nothing_arrived) group_.output_ += kContinue;
  return true;
}

bool Session::take_body(std::string_view bytes, std::size_t& used) {
  const std::string_view pending = bytes.substr(used);
  if (!head_.is_chunked) {
    const std::size_t count = std::min(pending.size(), head_.content_length - body_.size());
    body_.append(pending.substr(0, count));  // grows as what arrives asks for it, not as the client declares
    used += count;
    if (!has_room_for_body()) return false;
    if (body_.size() < head_.content_length) return false;
  } else {
    std::size_t count = 0;
    const ChunkDecoder::State state = chunks_.feed(pending, body_, count);
    used += count;
    if (!has_room_for_body()) return false;
    if (state == ChunkDecoder::State::kMore) return false;
    if (state == ChunkDecoder::State::kMalformed) {
      refuse({.status = 400, .message = "the chunked body is malformed", .hint = {}}, Rejection::kFraming);
      return false;
    }
    if (state == ChunkDecoder::State::kTooLarge) {
      refuse({.status = 413, .message = "the body is too large", .hint = "send fewer records at a time"},
             Rejection::kFraming);
      return false;
    }
  }
  body_.reserve(body_.size() + kBodySlack);
  body_view_ = body_;
  phase_ = Phase::kHead;
  return true;
}

/// Many bodies that never end must not take all memory together. False: the request is refused.
bool Session::has_room_for_body() {
  group_.arriving_bytes_ += body_.size() - counted_bytes_;
  counted_bytes_ = body_.size();
  if (group_.arriving_bytes_ <= group_.config_.max_arriving_bytes) return true;
  refuse({.status = 503,
          .message = "the bodies that arrive take more memory than they may",
          .hint = "try again in a second"},
         Rejection::kOverload);
  return false;
}

void Session::answer() {
  Response& response = group_.response_;
  response.clear();
  if (group_.access_) {
    if (std::optional<Refusal> refusal = group_.access_->check(head_))
      return refuse(*refusal, Rejection::kAccess);
  }
  const Request request{.method = head_.method,
                        .target = head_.target,
                        .content_type = head_.content_type,
                        .accept = head_.accept,
                        .body = body_view_,
                        .slack = kBodySlack};
  if (group_.now_ - group_.loop_.woken_at() > group_.config_.overload_delay) {
    return turn_away(
        {.status = 503, .message = "the server has more to do than it can", .hint = "try again in a second"},
        Rejection::kOverload);
  }
  if (group_.pool_ != nullptr && group_.handler_->is_long_work(request)) {
    if (pass_to_pool()) return;
    return turn_away({.status = 503,
                      .message = "too many large requests wait already",
                      .hint = "try again in a second, or send fewer records at a time"},
                     Rejection::kPool);
  }
  answer_with(*group_.handler_, request, response);
  finish_answer(response);
}

/// What an answer needs to know of the request, as a head of its own.
std::string Session::kept_head() const {
  std::string kept(head_.method);
  kept.append(" ").append(head_.target).append(head_.is_http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  const auto keep = [&kept](std::string_view name, std::string_view value) {
    if (!value.empty()) kept.append(name).append(": ").append(value).append("\r\n");
  };
  keep("Host", head_.host.empty() ? "-" : head_.host);
  keep("Content-Type", head_.content_type);
  keep("Accept", head_.accept);
  keep("X-Request-Id", head_.request_id);
  keep("Traceparent", head_.traceparent);
  keep("Connection", head_.keep_alive ? "keep-alive" : "close");
  return kept + "\r\n";
}

/// The request's bytes go with it: the connection may end before the answer is there.
bool Session::pass_to_pool() {
  struct Work {
    std::string head_bytes;
    std::string body;
    Response response;
  };
  const auto work = std::make_shared<Work>();
  work->head_bytes = kept_head();
  head_bytes_ = work->head_bytes;
  if (body_view_.data() == body_.data()) {
    work->body = std::move(body_);
    group_.arriving_bytes_ -= std::exchange(counted_bytes_, 0);  // the pool counts them
  } else {
    work->body.reserve(body_view_.size() + kBodySlack);
    work->body.assign(body_view_);
  }
  const FramingLimits& limits = group_.config_.limits;
  Refusal unused;
  parse_head(head_bytes_, limits, head_, unused);
  const auto handle = [work, limits, &group = group_, id = id_](Handler& handler) {
    RequestHead head;
    Refusal unused_here;
    parse_head(work->head_bytes, limits, head, unused_here);
    answer_with(handler,
                {.method = head.method,
                 .target = head.target,
                 .content_type = head.content_type,
                 .accept = head.accept,
                 .body = work->body,
                 .slack = kBodySlack},
                work->response);
    std::string().swap(work->body);
    group.loop_.post([work, &group, id] {
      if (Session* session = group.find(id)) session->on_pool_answer(work->response);
    });
  };
  if (!group_.pool_->submit(work->body.size(), handle)) return false;
  phase_ = Phase::kWaiting;
  want(0);
  return true;
}

void Session::on_pool_answer(Response& response) {
  try {
    phase_ = Phase::kHead;
    const std::size_t begin = group_.output_.size();
    finish_answer(response);
    flush(begin);
    if (unsent_.empty() && phase_ == Phase::kHead) resume();
  } catch (const std::exception&) {
    close();
  }
  finish_closing();
}

void Session::finish_answer(Response& response) {
  if (group_.draining_) head_.keep_alive = false;
  std::string_view request_id = head_.request_id;
  if (request_id.empty() && group_.log_ != nullptr) request_id = group_.fresh_request_id();
  write_head(response, head_.keep_alive, request_id);
  if (head_.method != "HEAD") group_.output_ += response.body;
  const Clock::time_point now = Clock::now();
  group_.counters_.answered(response.route, response.status, now - arrived_at_);
  if (group_.log_ != nullptr)
    group_.log_answer(head_, response, request_id, now - arrived_at_, body_view_.size());
  group_.now_ = now;
  if (response.body.capacity() > kKeptAnswerBytes) std::string().swap(response.body);
  phase_ = head_.keep_alive ? Phase::kHead : Phase::kFinishing;
  // What they showed may be another connection's bytes from now on.
  head_ = {};
  body_view_ = {};
  body_.clear();
  group_.arriving_bytes_ -= std::exchange(counted_bytes_, 0);
  deadline_ = group_.loop_.woken_at() + group_.config_.idle_timeout;
}

void Session::refuse(const Refusal& refusal, Rejection reason) {
  head_.keep_alive = false;
  turn_away(refusal, reason);
}

void Session::turn_away(const Refusal& refusal, Rejection reason) {
  Response& response = group_.response_;
  response.clear();
  group_.counters_.reject(reason);
  group_.handler_->refuse(head_.target, answer_for(refusal), response);
  finish_answer(response);
}

void Session::write_head(const Response& response, bool keep_alive, std::string_view request_id) {
  std::string& out = group_.output_;
  const auto add = [&out](std::string_view text) { out += text; };
  add("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  add(" ");
  add(reason_phrase(response.status));
  add(group_.common_fields());
  add(response.content_type);
  add("\r\nContent-Length: ");
  append_number(out, response.body.size());
  const auto add_field = [&](std::string_view name, std::string_view value) {
    add(name);
    add(value);
  };
  if (!response.served_by.empty()) add_field("\r\nX-Model: ", response.served_by);
  if (!request_id.empty()) add_field("\r\nX-Request-Id: ", request_id);
  if (!response.allow.empty()) add_field("\r\nAllow: ", response.allow);
  if (response.status == 401) add("\r\nWWW-Authenticate: Bearer");
  if (response.retry_after_seconds > 0) {
    add("\r\nRetry-After: ");
    append_number(out, static_cast<std::size_t>(response.retry_after_seconds));
  }
  if (!keep_alive) {
    add("\r\nConnection: close");
  } else if (head_.is_http_1_0) {
    add("\r\nConnection: keep-alive");
  }
  add("\r\n\r\n");
}

/// What the group's output holds from `begin` on is to be sent.
void Session::flush(std::size_t begin) {
  std::string& output = group_.output_;
  if (!unsent_.empty()) {
    unsent_.append(output, begin);
    output.resize(begin);
    return;
  }
  if (begin == output.size()) return on_flushed();
  group_.send_later(*this, begin);
  if (output.size() >= kFlushBytes) group_.send_now(this);
}

void Session::send(std::string_view output) {
  if (!unsent_.empty()) {
    unsent_.append(output);
    return;
  }
  const Transfer sent = transport_.write(output);
  if (sent.state == Transfer::State::kFailed || sent.state == Transfer::State::kEnded) return close();
  if (sent.count < output.size()) return keep_unsent(output.substr(sent.count));
  on_flushed();
}

void Session::keep_unsent(std::string_view rest) {
  unsent_.assign(rest);
  sent_ = 0;
  progress_ = 0;
  deadline_ = group_.loop_.woken_at() + group_.config_.write_timeout;
  want(EPOLLOUT);
}

void Session::on_writable() {
  if (unsent_.empty()) return read();  // TLS wanted to write before it could read
  const Transfer sent = transport_.write(std::string_view(unsent_).substr(sent_));
  switch (sent.state) {
    case Transfer::State::kFailed:
    case Transfer::State::kEnded:
      return close();
    case Transfer::State::kWantsRead:
      return want(EPOLLIN);
    case Transfer::State::kWantsWrite:
      return want(EPOLLOUT);
    case Transfer::State::kDone:
      break;
  }
  sent_ += sent.count;
  progress_ += sent.count;
  if (progress_ >= kWriteProgressBytes) {
    progress_ = 0;
    deadline_ = group_.loop_.woken_at() + group_.config_.write_timeout;
  }
  if (sent_ < unsent_.size()) return;
  unsent_.clear();
  give_back(unsent_);
  deadline_ = group_.loop_.woken_at() + group_.config_.idle_timeout;
  if (phase_ == Phase::kWaiting) return want(0);
  on_flushed();
  if (phase_ == Phase::kHead || phase_ == Phase::kBody) resume();
}

void Session::on_flushed() {
  if (phase_ == Phase::kFinishing) return linger();
  if (phase_ != Phase::kHead) return;
  give_back(body_);
  give_back(input_);
  if (group_.draining_) drain();
}

/// Closing a socket with unread input resets the connection, and the client might lose the answer: first the
/// end of our side is sent, then input is thrown away until the client closes.
void Session::linger() {
  phase_ = Phase::kLingering;
  deadline_ = group_.loop_.woken_at() + kLingerTime;
  input_.clear();
  transport_.end_sending();
  want(EPOLLIN);
}

}  // namespace archmlp::http

#include "archmlp/serve/session.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <ctime>
#include <exception>
#include <new>

#include "archmlp/serve/answers.h"

namespace archmlp::serve {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::size_t kReadBytes = 4096;  // asked for at once while nothing large is on its way
constexpr std::size_t kLargeReadBytes = 64U << 10U;
constexpr std::size_t kKeptBytes = 64U << 10U;  // buffers beyond it are given back between requests
constexpr std::size_t kKeptAnswerBytes = 1U << 20U;
constexpr std::size_t kFlushBytes = 256U << 10U;         // of answers to pipelined requests
constexpr std::size_t kWriteProgressBytes = 64U << 10U;  // taken within the time-out, they renew it
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::chrono::milliseconds kLastChance{500};  // for connections accepted while stopping
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
}  // namespace

/// One connection. Requests are answered in order; answers to pipelined ones leave together. It lives as long
/// as an operation of its own is pending.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, SessionGroup& group)
      : socket_(std::move(socket)), group_(group), chunks_(group.config_.limits.max_body_bytes) {
    group_.add(*this);
  }
  ~Session() { group_.remove(*this); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() {
    ErrorCode ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    deadline_ = Clock::now() + (group_.draining_ ? kLastChance : group_.config_.read_timeout);
    read();
  }

  void close() noexcept {
    ErrorCode ignored;
    socket_.close(ignored);
    phase_ = Phase::kClosed;
  }

  void on_tick(Clock::time_point now) {
    if (now < deadline_) return;
    const bool request_has_begun = phase_ == Phase::kBody || (phase_ == Phase::kHead && begin_ < filled_);
    if (!request_has_begun) return close();
    guarded([this] {
      refuse({.status = 408, .message = "the request did not arrive in time"});
      flush();
    });
  }

  /// Closes the connection if the client waits for nothing.
  void drain() {
    if (phase_ != Phase::kHead || begin_ < filled_) return;
    ErrorCode error;
    const std::size_t arrived = socket_.available(error);
    if (error || arrived == 0) close();
  }

  std::size_t place = 0;  // in the group

 private:
  enum class Phase { kHead, kBody, kWriting, kLingering, kClosed };

  std::string_view pending() const noexcept { return {input_.data() + begin_, filled_ - begin_}; }

  void read() {
    if (reading_ || phase_ == Phase::kClosed) return;
    if (begin_ == filled_) begin_ = filled_ = 0;
    const std::size_t wanted = phase_ == Phase::kBody ? kLargeReadBytes : kReadBytes;
    if (input_.size() - filled_ < wanted / 2) make_room(wanted);
    reading_ = true;
    socket_.async_read_some(asio::buffer(input_.data() + filled_, input_.size() - filled_),
                            [self = shared_from_this()](ErrorCode error, std::size_t count) {
                              self->reading_ = false;
                              self->guarded([&] { self->on_read(error, count); });
                            });
  }

  void make_room(std::size_t wanted) {
    if (begin_ > 0) {
      std::copy(input_.begin() + static_cast<std::ptrdiff_t>(begin_),
                input_.begin() + static_cast<std::ptrdiff_t>(filled_), input_.begin());
      filled_ -= begin_;
      begin_ = 0;
    }
    if (input_.size() - filled_ < wanted) input_.resize(filled_ + wanted);
  }

  /// No exception leaves a completion handler: what fails, out of memory most likely, fails for this
  /// connection.
  template <typename Action>
  void guarded(Action action) noexcept {
    try {
      action();
    } catch (const std::exception&) {
      close();
    }
  }

  void on_read(ErrorCode error, std::size_t count) {
    if (phase_ == Phase::kClosed || phase_ == Phase::kWriting) return;  // a refusal is on its way
    if (error) return close();
    if (phase_ == Phase::kLingering) return read();  // thrown away
    if (phase_ == Phase::kHead && begin_ == filled_) deadline_ = Clock::now() + group_.config_.read_timeout;
    filled_ += count;
    serve();
  }

  /// Answers every complete request in the buffer.
  void serve() {
    while (true) {
      if (phase_ == Phase::kHead && !take_head()) break;
      if (phase_ == Phase::kBody && !take_body()) break;
      answer();
      if (phase_ != Phase::kHead) break;
      if (output_.size() >= kFlushBytes) break;
    }
    flush();
  }

  bool take_head() {
    const FramingLimits& limits = group_.config_.limits;
    const std::size_t size = finder_.find(pending());
    if (size > limits.max_header_bytes || (size == 0 && pending().size() > limits.max_header_bytes)) {
      refuse({.status = 431,
              .message = "the header is larger than " + std::to_string(limits.max_header_bytes) + " bytes"});
      return false;
    }
    if (size == 0) {
      if (!may_become_head(pending())) {
        refuse({.status = 400,
                .message = "this is no HTTP request",
                .hint = "use http:// in place of https:// if that is what it was"});
      }
      return false;
    }
    finder_.reset();
    // The views of head_ must outlive the arrival of the body, which may move the buffer.
    const std::string_view bytes = pending().substr(0, size);
    RequestHead head;
    Refusal refusal;
    if (!parse_head(bytes, limits, head, refusal)) {
      refuse(refusal);
      return false;
    }
    if (!head.content_encoding.empty() && head.content_encoding != "identity") {
      refuse({.status = 415,
              .message = "compressed bodies are not understood",
              .hint = "send the body as it is"});
      return false;
    }
    begin_ += size;
    const bool is_whole = !head.is_chunked && pending().size() >= head.content_length;
    if (!is_whole) {
      head_bytes_.assign(bytes);
      parse_head(head_bytes_, limits, head, refusal);
    }
    head_ = head;
    phase_ = Phase::kBody;
    body_.clear();
    if (head_.is_chunked) chunks_ = ChunkDecoder(limits.max_body_bytes);
    if (head_.expects_continue && pending().empty()) output_ += kContinue;
    return true;
  }

  /// Sets body_view_ once all of the body is there.
  bool take_body() {
    if (!head_.is_chunked) {
      if (pending().size() < head_.content_length) {
        if (input_.size() < filled_ + head_.content_length - pending().size()) grow_for_body();
        return false;
      }
      body_view_ = pending().substr(0, head_.content_length);
      begin_ += head_.content_length;
      return true;
    }
    std::size_t used = 0;
    const ChunkDecoder::State state = chunks_.feed(pending(), body_, used);
    begin_ += used;
    switch (state) {
      case ChunkDecoder::State::kMore:
        return false;
      case ChunkDecoder::State::kDone:
        body_view_ = body_;
        return true;
      case ChunkDecoder::State::kMalformed:
        refuse({.status = 400, .message = "the chunked body is malformed"});
        return false;
      case ChunkDecoder::State::kTooLarge:
        break;
    }
    refuse({.status = 413, .message = "the body is too large", .hint = "send fewer records at a time"});
    return false;
  }

  /// As what arrives asks for it, not as the client declares: at most twice of what is there.
  void grow_for_body() {
    const std::size_t missing = head_.content_length - pending().size();
    make_room(std::min(missing, std::max(pending().size(), kLargeReadBytes)));
  }

  void answer() {
    Response& response = group_.response_;
    try {
      group_.handler_.handle({.method = head_.method,
                              .target = head_.target,
                              .content_type = head_.content_type,
                              .accept = head_.accept,
                              .body = body_view_},
                             response);
    } catch (const std::bad_alloc&) {
      std::string().swap(response.body);
      write_error(response, {.status = 503,
                             .code = error_code(503),
                             .message = "out of memory",
                             .hint = "send fewer records at a time"});
    }
    if (group_.draining_) head_.keep_alive = false;
    write_answer(response, head_.keep_alive, head_.method != "HEAD");
    if (response.body.capacity() > kKeptAnswerBytes) std::string().swap(response.body);
    phase_ = head_.keep_alive ? Phase::kHead : Phase::kWriting;
    deadline_ = Clock::now() + group_.config_.read_timeout;
  }

  void refuse(const Refusal& refusal) {
    Response& response = group_.response_;
    write_error(response, {.status = refusal.status,
                           .code = error_code(refusal.status),
                           .message = refusal.message,
                           .hint = refusal.hint});
    write_answer(response, false, true);
    phase_ = Phase::kWriting;
  }

  void write_answer(const Response& response, bool keep_alive, bool with_body) {
    output_ += "HTTP/1.1 ";
    output_ += std::to_string(response.status);
    output_ += ' ';
    output_ += reason_phrase(response.status);
    output_ += "\r\nDate: ";
    output_ += group_.date();
    output_ += "\r\nContent-Type: ";
    output_ += response.content_type;
    output_ += "\r\nContent-Length: ";
    output_ += std::to_string(response.body.size());
    if (!response.allow.empty()) {
      output_ += "\r\nAllow: ";
      output_ += response.allow;
    }
    if (!keep_alive) {
      output_ += "\r\nConnection: close";
    } else if (head_.is_http_1_0) {
      output_ += "\r\nConnection: keep-alive";
    }
    output_ += "\r\n\r\n";
    if (with_body) output_ += response.body;
  }

  /// Sends what there is to send, then goes on: with the next request, or towards the end of the connection.
  void flush() {
    if (writing_ || phase_ == Phase::kClosed) return;
    sent_ = 0;
    if (!output_.empty()) {
      ErrorCode error;
      sent_ = socket_.write_some(asio::buffer(output_), error);
      if (error && error != asio::error::would_block && error != asio::error::try_again) return close();
    }
    if (sent_ == output_.size()) return on_flushed();
    resume_ = phase_;
    phase_ = Phase::kWriting;
    deadline_ = Clock::now() + group_.config_.write_timeout;
    progress_ = 0;
    write_rest();
  }

  void write_rest() {
    writing_ = true;
    socket_.async_write_some(asio::buffer(output_.data() + sent_, output_.size() - sent_),
                             [self = shared_from_this()](ErrorCode error, std::size_t count) {
                               self->writing_ = false;
                               self->guarded([&] { self->on_written(error, count); });
                             });
  }

  void on_written(ErrorCode error, std::size_t count) {
    if (phase_ == Phase::kClosed) return;
    if (error) return close();
    sent_ += count;
    progress_ += count;
    if (progress_ >= kWriteProgressBytes) {
      progress_ = 0;
      deadline_ = Clock::now() + group_.config_.write_timeout;
    }
    if (sent_ < output_.size()) return write_rest();
    phase_ = resume_;
    deadline_ = Clock::now() + group_.config_.read_timeout;
    on_flushed();
  }

  void on_flushed() {
    output_.clear();
    if (phase_ == Phase::kWriting) return linger();  // that was the last answer
    if (phase_ == Phase::kHead) {
      if (output_.capacity() > kKeptBytes) output_.shrink_to_fit();
      if (body_.capacity() > kKeptBytes) std::string().swap(body_);
      if (begin_ == filled_) {
        begin_ = filled_ = 0;
        if (input_.size() > kKeptBytes) std::vector<char>().swap(input_);
        if (group_.draining_) return drain_or_read();
      } else if (finder_.find(pending()) != 0) {
        return serve_again();
      }
    }
    read();
  }

  /// More requests wait in the buffer than were answered at once. By way of the loop: others get their turn.
  void serve_again() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      self->guarded([&] {
        if (self->phase_ == Phase::kHead) self->serve();
      });
    });
  }

  void drain_or_read() {
    drain();
    read();
  }

  /// Closing a socket with unread input resets the connection, and the client might lose the answer: first
  /// the end of our side is sent, then input is thrown away until the client closes.
  void linger() {
    phase_ = Phase::kLingering;
    deadline_ = Clock::now() + kLingerTime;
    begin_ = filled_ = 0;
    ErrorCode ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    read();
  }

  tcp::socket socket_;
  SessionGroup& group_;
  Phase phase_ = Phase::kHead;
  Phase resume_ = Phase::kHead;  // behind an asynchronous write
  bool reading_ = false;
  bool writing_ = false;
  Clock::time_point deadline_;

  std::vector<char> input_;  // [begin_, filled_) has arrived and is not yet used
  std::size_t begin_ = 0;
  std::size_t filled_ = 0;
  HeadFinder finder_;
  std::string head_bytes_;  // of a request whose body is still arriving
  RequestHead head_;
  ChunkDecoder chunks_;
  std::string body_;  // of a chunked request
  std::string_view body_view_;
  std::string output_;
  std::size_t sent_ = 0;      // of output_
  std::size_t progress_ = 0;  // bytes sent since deadline_ was set
};

void SessionGroup::start(tcp::socket socket) { std::make_shared<Session>(std::move(socket), *this)->start(); }

void SessionGroup::add(Session& session) {
  session.place = sessions_.size();
  sessions_.push_back(&session);
}

void SessionGroup::remove(Session& session) noexcept {
  sessions_[session.place] = sessions_.back();
  sessions_[session.place]->place = session.place;
  sessions_.pop_back();
}

// Closing only cancels operations; sessions go, and leave sessions_, when their handlers have run.

void SessionGroup::close_overdue(Clock::time_point now) {
  for (Session* session : sessions_) session->on_tick(now);
}

void SessionGroup::drain() {
  draining_ = true;
  handler_.set_ready(false);
  for (Session* session : sessions_) session->drain();
}

void SessionGroup::close_all() {
  for (Session* session : sessions_) session->close();
}

std::string_view SessionGroup::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm time{};
    gmtime_r(&now, &time);
    char rest[32];
    std::strftime(rest, sizeof rest, "%Y %H:%M:%S GMT", &time);
    char day[8];
    std::strftime(day, sizeof day, "%d", &time);
    date_ = std::string(kDays[time.tm_wday]) + ", " + day + " " + kMonths[time.tm_mon] + " " + rest;
    date_second_ = now;
  }
  return date_;
}

}  // namespace archmlp::serve

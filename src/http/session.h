#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "archmlp/http/session_group.h"
#include "archmlp/http/transport.h"

namespace archmlp::http {

/// One connection. Requests are answered in order; answers to pipelined ones leave together.
class Session final : public EventLoop::Watcher {
 public:
  Session(int socket, SessionId id, SessionGroup& group);

  void on_ready(std::uint32_t events) override;
  void on_tick(Clock::time_point now);
  /// Ends the connection if the client waits for nothing.
  void drain();
  bool is_closed() const noexcept { return phase_ == Phase::kClosed; }

  int descriptor() const noexcept { return transport_.descriptor(); }
  SessionId id() const noexcept { return id_; }
  std::size_t arriving_bytes() const noexcept { return counted_bytes_; }
  /// Sends its part of the group's output; what the socket does not take is kept.
  void send(std::string_view output);
  /// The pool's answer to the request that it was given.
  void on_pool_answer(Response& response);

 private:
  enum class Phase {
    kHead,       // of the next request
    kBody,       // of the request at hand
    kWaiting,    // for the pool
    kFinishing,  // the last answer is on its way
    kLingering,  // it is sent: what still comes is thrown away
    kClosed
  };

  void read();
  void read_soon();
  void resume();
  /// Serves `bytes`, keeps what is left of them.
  void feed(std::string_view bytes);
  /// Answers every complete request. Gives how many bytes were used.
  std::size_t serve(std::string_view bytes);
  bool take_head(std::string_view bytes, std::size_t& used);
  bool take_body(std::string_view bytes, std::size_t& used);
  bool begin_body(std::string_view head_bytes, const RequestHead& head, bool nothing_arrived);
  bool has_room_for_body();
  void answer();
  bool pass_to_pool();
  std::string kept_head() const;
  void finish_answer(Response& response);
  void refuse(const Refusal& refusal, Rejection reason);     // and ends the connection
  void turn_away(const Refusal& refusal, Rejection reason);  // this request alone
  void write_head(const Response& response, bool keep_alive, std::string_view request_id);
  void flush(std::size_t begin);
  void keep_unsent(std::string_view rest);
  void on_writable();
  void on_flushed();
  void linger();
  void want(std::uint32_t events);
  void close();
  void finish_closing();

  Transport transport_;
  SessionId id_;
  SessionGroup& group_;
  Phase phase_ = Phase::kHead;
  std::uint32_t wanted_events_;
  Clock::time_point deadline_;
  Clock::time_point arrived_at_;  // of the request at hand: its last byte

  std::string input_;  // arrived and not yet used
  HeadFinder finder_;
  std::string head_bytes_;  // of a request whose body is still arriving
  RequestHead head_;
  ChunkDecoder chunks_;
  std::string body_;
  std::size_t counted_bytes_ = 0;  // of body_, among the group's arriving_bytes_
  std::string_view body_view_;
  std::string unsent_;
  std::size_t sent_ = 0;      // of unsent_
  std::size_t progress_ = 0;  // bytes sent since deadline_ was set
};

}  // namespace archmlp::http

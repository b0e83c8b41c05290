#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "archmlp/http/tls.h"

namespace archmlp::http {

/// What a read or a write of a connection came to.
struct Transfer {
  enum class State { kDone, kWantsRead, kWantsWrite, kEnded, kFailed };
  State state = State::kDone;
  std::size_t count = 0;  // of kDone
};

/// The bytes of one connection, plain or through TLS, never waiting. Owns the socket.
class Transport {
 public:
  /// `tls` null: plain.
  Transport(int socket, const TlsContext* tls);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  int descriptor() const noexcept { return socket_; }
  /// kWantsRead: nothing more now. Through TLS, bytes may be ready that the socket no longer shows: read
  /// until kWantsRead.
  Transfer read(char* into, std::size_t size) noexcept;
  Transfer write(std::string_view bytes) noexcept;
  bool is_tls() const noexcept { return ssl_ != nullptr; }
  /// Of a failed first read: the client spoke plain HTTP to a TLS port.
  bool was_plain_http() const noexcept { return was_plain_http_; }
  /// Past TLS, for the one answer to a client that does not speak it.
  void write_plain(std::string_view bytes) const noexcept;
  /// The end of our side: the client sees that no more comes.
  void end_sending() noexcept;
  bool has_arrived() const noexcept;  // are there unread bytes?

 private:
  Transfer failed(int result) noexcept;

  int socket_;
  TlsSession ssl_;
  bool was_plain_http_ = false;
};

}  // namespace archmlp::http

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace archmlp::test_support {

/// Of the answer that `bytes` begin with; 0 while its head is not complete.
std::size_t answer_size(std::string_view bytes, bool has_body = true);

/// An HTTP client that sends exactly the bytes it is told to, over a connection of its own.
class RawClient {
 public:
  /// To a port of the loopback.
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const noexcept { return connected_; }
  void send(std::string_view bytes) const;
  /// One whole answer; what is there if the connection ends or nothing more comes.
  std::string receive(bool has_body = true);
  /// Everything until the connection ends.
  std::string receive_all();
  /// Does the server end the connection within the time, without sending anything more?
  bool is_closed_within(std::chrono::milliseconds time);

 private:
  bool receive_some(std::chrono::milliseconds time);

  int descriptor_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

}  // namespace archmlp::test_support

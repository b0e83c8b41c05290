#include "archmlp/http/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace archmlp::http {
namespace {

Transfer plain_result(ssize_t result, Transfer::State would_block) noexcept {
  if (result > 0) return {Transfer::State::kDone, static_cast<std::size_t>(result)};
  if (result == 0) return {Transfer::State::kEnded, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {would_block, 0};
  return {Transfer::State::kFailed, 0};
}

int tls_size(std::size_t size) noexcept {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

Transport::Transport(int socket, const TlsContext* tls)
    : socket_(socket), ssl_(tls == nullptr ? nullptr : tls->accept(socket)) {}

Transport::~Transport() {
  if (ssl_) SSL_shutdown(ssl_.get());
  ssl_.reset();
  ::close(socket_);
}

Transfer Transport::read(char* into, std::size_t size) noexcept {
  if (!ssl_) return plain_result(::recv(socket_, into, size, 0), Transfer::State::kWantsRead);
  ERR_clear_error();
  const int result = SSL_read(ssl_.get(), into, tls_size(size));
  return result > 0 ? Transfer{Transfer::State::kDone, static_cast<std::size_t>(result)} : failed(result);
}

Transfer Transport::write(std::string_view bytes) noexcept {
  if (!ssl_) {
    return plain_result(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                        Transfer::State::kWantsWrite);
  }
  ERR_clear_error();
  const int result = SSL_write(ssl_.get(), bytes.data(), tls_size(bytes.size()));
  return result > 0 ? Transfer{Transfer::State::kDone, static_cast<std::size_t>(result)} : failed(result);
}

Transfer Transport::failed(int result) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {Transfer::State::kWantsRead, 0};
    case SSL_ERROR_WANT_WRITE:
      return {Transfer::State::kWantsWrite, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {Transfer::State::kEnded, 0};
    default:
      was_plain_http_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
      return {Transfer::State::kFailed, 0};
  }
}

void Transport::write_plain(std::string_view bytes) const noexcept {
  [[maybe_unused]] const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  // Unread input would turn the end of the connection into a reset, and the answer might be lost.
  std::array<char, 4096> unread;
  for (int i = 0; i < 16 && ::recv(socket_, unread.data(), unread.size(), 0) > 0; ++i) {
  }
}

void Transport::end_sending() noexcept {
  if (ssl_) SSL_shutdown(ssl_.get());
  ::shutdown(socket_, SHUT_WR);
}

bool Transport::has_arrived() const noexcept {
  if (ssl_ && SSL_pending(ssl_.get()) > 0) return true;
  int count = 0;
  return ::ioctl(socket_, FIONREAD, &count) == 0 && count > 0;
}

}  // namespace archmlp::http

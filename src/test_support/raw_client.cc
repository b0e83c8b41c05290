#include "archmlp/test_support/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace archmlp::test_support {

using std::chrono::milliseconds;

namespace {
constexpr milliseconds kPatience{60'000};
}  // namespace

std::size_t answer_size(std::string_view bytes, bool has_body) {
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return 0;
  const std::string head(bytes.substr(0, head_end));
  const std::size_t at = head.find(kLength);
  const std::size_t length =
      at == std::string::npos || !has_body ? 0 : std::stoul(head.substr(at + kLength.size()));
  return head_end + 4 + length;
}

RawClient::RawClient(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

RawClient::~RawClient() { ::close(descriptor_); }

void RawClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server may have closed: what it answered is still to be read
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string RawClient::receive(bool has_body) {
  while (true) {
    const std::size_t size = answer_size(received_, has_body);
    if (size != 0 && received_.size() >= size) {
      std::string answer = received_.substr(size);
      answer.swap(received_);
      answer.resize(size);
      return answer;
    }
    if (!receive_some(kPatience)) return std::exchange(received_, {});
  }
}

std::string RawClient::receive_all() {
  while (receive_some(kPatience)) continue;
  return std::exchange(received_, {});
}

bool RawClient::is_closed_within(milliseconds time) {
  return received_.empty() && !receive_some(time) && received_.empty() && ended_;
}

bool RawClient::receive_some(milliseconds time) {
  pollfd waiting{.fd = descriptor_, .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(time.count())) != 1) return false;
  char buffer[65536];
  const ssize_t count = ::recv(descriptor_, buffer, sizeof buffer, 0);
  if (count <= 0) {
    ended_ = true;
    return false;
  }
  received_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

}  // namespace archmlp::test_support

#include "archmlp/http/access.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

#include "archmlp/base/file.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::http {
namespace {

constexpr std::size_t kLeastTokenSize = 16;

/// Of a Host field: "[::1]:5000" to "::1", "Example.org:80" to "Example.org"; empty for what is malformed.
std::string_view host_name(std::string_view host) noexcept {
  const bool is_bracketed = host.starts_with('[');
  const std::size_t end = is_bracketed ? host.find(']') : std::min(host.find(':'), host.size());
  if (end == std::string_view::npos) return {};
  std::string_view port = host.substr(end + (is_bracketed ? 1 : 0));
  const bool has_port = port.starts_with(':');
  if (has_port) port.remove_prefix(1);
  const bool is_port = std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_port || (!has_port && !port.empty())) return {};
  return is_bracketed ? host.substr(1, end - 1) : host.substr(0, end);
}

/// The same of what people write, who leave out the brackets of an IPv6 address.
std::string_view configured_host_name(std::string_view host) noexcept {
  const bool is_bare_ipv6 = !host.starts_with('[') && std::count(host.begin(), host.end(), ':') > 1;
  return is_bare_ipv6 ? host : host_name(host);
}

/// The part of "https://example.org:443" behind the scheme.
std::string_view authority_of(std::string_view origin) noexcept {
  const std::size_t at = origin.find("://");
  return at == std::string_view::npos ? std::string_view() : origin.substr(at + 3);
}

}  // namespace

AccessRules::AccessRules(Parts parts) : parts_(std::move(parts)) {
  for (const std::string& token : parts_.tokens) token_hashes_.push_back(hash_of(token));
  parts_.tokens.clear();
  for (std::string& host : parts_.hosts) host = std::string(configured_host_name(host));
  for (std::string& origin : parts_.origins) origin = base::to_lower(origin);
}

AccessRules::Hash AccessRules::hash_of(std::string_view token) noexcept {
  Hash hash;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), hash.data());
  return hash;
}

/// In a time that says nothing of how much of a token is right: hashes are compared, and all of them.
bool AccessRules::knows_token(std::string_view token) const noexcept {
  const Hash hash = hash_of(token);
  int found = 0;
  for (const Hash& known : token_hashes_) found |= CRYPTO_memcmp(hash.data(), known.data(), hash.size()) == 0;
  return found != 0;
}

bool AccessRules::knows_host(std::string_view host) const noexcept {
  const std::string_view name = host_name(host);
  if (name.empty()) return false;
  return std::any_of(parts_.hosts.begin(), parts_.hosts.end(),
                     [name](const std::string& known) { return base::equal_ignoring_case(known, name); });
}

std::optional<Refusal> AccessRules::check(const RequestHead& head) const {
  const bool has_host = !head.is_http_1_0 || !head.host.empty();
  if (!parts_.hosts.empty() && has_host && !knows_host(head.host)) {
    return Refusal{.status = 421,
                   .message = "this server does not answer for the host " + base::quoted(head.host),
                   .hint = "ask for it by a name that --allowed-hosts has"};
  }
  const bool is_own = !head.host.empty() && base::equal_ignoring_case(authority_of(head.origin), head.host);
  if (!head.origin.empty() && !is_own) {
    const std::string origin = base::to_lower(head.origin);
    if (std::find(parts_.origins.begin(), parts_.origins.end(), origin) == parts_.origins.end()) {
      return Refusal{
          .status = 403,
          .message = "pages of the origin " + base::quoted(head.origin) + " may not ask this server",
          .hint = "name it with --allowed-origins if they should"};
    }
  }
  if (token_hashes_.empty()) return std::nullopt;
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  if (std::find(parts_.open_paths.begin(), parts_.open_paths.end(), path) != parts_.open_paths.end()) {
    return std::nullopt;
  }
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view given = head.authorization;
  const bool is_bearer =
      given.size() > kScheme.size() && base::equal_ignoring_case(given.substr(0, kScheme.size()), kScheme);
  if (is_bearer && knows_token(base::trimmed(given.substr(kScheme.size())))) return std::nullopt;
  return Refusal{
      .status = 401,
      .message = is_bearer ? "the token is not one of this server's" : "this server asks for a token",
      .hint = "send the header field Authorization: Bearer TOKEN"};
}

base::Result<std::vector<std::string>> read_tokens(const std::filesystem::path& file) {
  const std::string text = TRY(base::read_text(file));
  std::vector<std::string> tokens;
  std::string_view rest = text;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view token = rest.substr(0, end);
    if (token.ends_with('\r')) token.remove_suffix(1);
    token = base::trimmed(token);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (token.empty() || token.starts_with('#')) continue;
    const bool is_visible =
        std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (!is_visible || token.size() < kLeastTokenSize) {
      return base::Error{.message = is_visible ? "a token of fewer than 16 characters is soon guessed"
                                               : "a token holds a character that a header field cannot",
                         .where = file.string() + ":" + std::to_string(line),
                         .hint = "make one with: openssl rand -hex 32"};
    }
    tokens.emplace_back(token);
  }
  if (tokens.empty()) {
    return base::Error{.message = "the file has no token",
                       .where = file.string(),
                       .hint = "write one a line; make one with: openssl rand -hex 32"};
  }
  return tokens;
}

bool is_loopback(std::string_view host) noexcept {
  if (base::equal_ignoring_case(host, "localhost")) return true;
  char text[INET6_ADDRSTRLEN];
  if (host.size() >= sizeof text) return false;
  text[host.copy(text, sizeof text - 1)] = '\0';
  in_addr ipv4{};
  if (::inet_pton(AF_INET, text, &ipv4) == 1) return ntohl(ipv4.s_addr) >> 24U == 127;
  in6_addr ipv6{};
  return ::inet_pton(AF_INET6, text, &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6);
}

}  // namespace archmlp::http

#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/http/framing.h"

namespace archmlp::http {

/// Who may ask. Immutable, safe from many threads.
///
///  - Host: with a list, only its names are answered (421), so that a page that had its own name resolve to
///    this machine (DNS rebinding) gets nothing.
///  - Origin: a browser's request from a page of another origin is refused (403) unless the list has it.
///  - Bearer tokens (RFC 6750): with a list, every request but those for an open path must carry one (401).
class AccessRules {
 public:
  struct Parts {
    std::vector<std::string> hosts;    // without port, in lower case; empty: any
    std::vector<std::string> origins;  // besides the server's own: "https://example.org"
    std::vector<std::string> tokens;   // empty: none is asked for
    std::vector<std::string> open_paths;
  };
  explicit AccessRules(Parts parts);

  /// Nothing if the request may go on.
  std::optional<Refusal> check(const RequestHead& head) const;
  bool asks_for_token() const noexcept { return !token_hashes_.empty(); }

 private:
  using Hash = std::array<unsigned char, 32>;
  static Hash hash_of(std::string_view token) noexcept;
  bool knows_token(std::string_view token) const noexcept;
  bool knows_host(std::string_view host) const noexcept;

  Parts parts_;  // without the tokens
  std::vector<Hash> token_hashes_;
};

/// The tokens of a file: one a line, blank lines and `#` lines skipped. Errors: kIo, kNotFound; kInvalidInput
/// for none, one of fewer than 16 characters, or one that a header field cannot hold (`file:line`).
base::Result<std::vector<std::string>> read_tokens(const std::filesystem::path& file);

/// Is it 127.0.0.0/8, ::1 or "localhost"?
bool is_loopback(std::string_view host) noexcept;

}  // namespace archmlp::http

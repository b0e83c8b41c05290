#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archmlp/base/result.h"

namespace archmlp::apps {

/// An address as people type it, made whole: `host:5000` becomes `http://host:5000/predict`.
struct HttpUrl {
  std::string text;
  std::string host;
  bool is_tls = false;
};

/// `default_path` where there is none; `query` (names and values, not yet escaped) is appended. Errors:
/// kInvalidInput.
base::Result<HttpUrl> http_url(const std::string& typed, const std::string& default_path,
                               const std::vector<std::pair<std::string, std::string>>& query);

struct HttpPost {
  HttpUrl url;
  std::string content_type;
  std::string body;
  std::optional<std::string> token;              // a bearer token
  std::optional<std::filesystem::path> ca_file;  // PEM; who is trusted, in place of the system's list
  std::chrono::seconds timeout{60};              // of the whole exchange
};

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::string redirect;  // where a 3xx sends to; it is not followed
};

/// One request over a connection of its own, with libcurl. Errors: kIo for no answer, kInvalidInput for what
/// answers but is no HTTP server; `where` is the address.
base::Result<HttpAnswer> http_post(const HttpPost& request);

}  // namespace archmlp::apps

#pragma once

#include <filesystem>
#include <memory>

#include "archmlp/base/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace archmlp::http {

struct TlsSessionDeleter {
  void operator()(ssl_st* session) const noexcept;
};
using TlsSession = std::unique_ptr<ssl_st, TlsSessionDeleter>;

/// A certificate and its key, ready to accept connections: TLS 1.2 and later, HTTP/1.1. Immutable, safe from
/// many threads.
class TlsContext {
 public:
  /// PEM files; the certificate's may hold its chain. Errors: kIo, kInvalidInput: which file, why, what to
  /// do.
  static base::Result<std::shared_ptr<const TlsContext>> load(const std::filesystem::path& certificate,
                                                              const std::filesystem::path& key);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Throws std::bad_alloc.
  TlsSession accept(int socket) const;

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

}  // namespace archmlp::http

#include "archmlp/http/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <string>

#include "archmlp/base/try.h"

namespace archmlp::http {
namespace {

std::string last_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "not readable" : reason;
}

base::Status check_readable(const std::filesystem::path& file, const char* what, const char* option) {
  if (::access(file.c_str(), R_OK) == 0) return {};
  return base::Error{.code = errno == ENOENT ? base::ErrorCode::kNotFound : base::ErrorCode::kIo,
                     .message = std::string("cannot read the ") + what + ": " + std::strerror(errno),
                     .where = file.string(),
                     .hint = std::string("give a PEM file with ") + option};
}

int select_http_1_1(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  // OpenSSL wants the choice as a mutable pointer, which it does not write through.
  const int found = SSL_select_next_proto(const_cast<unsigned char**>(out), out_size,  // NOLINT
                                          kOurs, sizeof kOurs - 1, in, in_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

void TlsSessionDeleter::operator()(ssl_st* session) const noexcept { SSL_free(session); }

base::Result<std::shared_ptr<const TlsContext>> TlsContext::load(const std::filesystem::path& certificate,
                                                                 const std::filesystem::path& key) {
  TRY(check_readable(certificate, "certificate", "--tls-cert"));
  TRY(check_readable(key, "private key", "--tls-key"));
  ERR_clear_error();
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) throw std::bad_alloc();
  const std::shared_ptr<const TlsContext> result(new TlsContext(context));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });  // never ask a terminal
  SSL_CTX_set_alpn_select_cb(context, select_http_1_1, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return base::Error{.message = "this is no PEM certificate: " + last_reason(),
                       .where = certificate.string(),
                       .hint = "give the certificate, its chain behind it, as PEM"};
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const unsigned long code = ERR_peek_last_error();
    const bool is_other_pair = ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH;
    return base::Error{.message = is_other_pair ? "the private key is not that of the certificate"
                                                : "this is no PEM private key: " + last_reason(),
                       .where = key.string(),
                       .hint = is_other_pair ? "give the key that the certificate was made with"
                                             : "give the key as PEM, without a passphrase"};
  }
  return result;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

TlsSession TlsContext::accept(int socket) const {
  TlsSession session(SSL_new(context_));
  if (session == nullptr || SSL_set_fd(session.get(), socket) != 1) throw std::bad_alloc();
  SSL_set_accept_state(session.get());
  return session;
}

}  // namespace archmlp::http

#include "archmlp/http/tls.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "archmlp/http/test_server.h"
#include "archmlp/test_support/raw_client.h"

namespace archmlp::http {
namespace {

using test_support::wait_until;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct PemFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// A key and a certificate that it signed itself.
PemFiles make_certificate(const std::string& name) {
  const std::string stem = testing::TempDir() + "/tls_" + name;
  PemFiles files{stem + "_cert.pem", stem + "_key.pem"};
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  EXPECT_NE(X509_sign(certificate, key, EVP_sha256()), 0);
  std::FILE* file = std::fopen(files.certificate.c_str(), "we");
  EXPECT_EQ(PEM_write_X509(file, certificate), 1);
  std::fclose(file);
  file = std::fopen(files.key.c_str(), "we");
  EXPECT_EQ(PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

std::shared_ptr<const TlsContext> load(const PemFiles& files) {
  auto context = TlsContext::load(files.certificate, files.key);
  EXPECT_TRUE(context.ok()) << (context.ok() ? "" : base::to_string(context.error()));
  return std::move(context).value();
}

/// A blocking client; it trusts anybody.
class TlsClient {
 public:
  struct Wishes {
    std::string protocols;  // ALPN, each with its size in front
    int newest_version = 0;
  };
  explicit TlsClient(std::uint16_t port) : TlsClient(port, Wishes()) {}
  TlsClient(std::uint16_t port, const Wishes& wishes)
      : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (wishes.newest_version != 0) {
      SSL_CTX_set_security_level(context_, 0);
      SSL_CTX_set_max_proto_version(context_, wishes.newest_version);
    }
    ssl_ = SSL_new(context_);
    if (!wishes.protocols.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(wishes.protocols.data()),
                          static_cast<unsigned>(wishes.protocols.size()));
    }
    SSL_set_fd(ssl_, descriptor_);
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(descriptor_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const noexcept { return connected_; }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  std::string peer_name() const {
    X509* certificate = SSL_get1_peer_certificate(ssl_);
    if (certificate == nullptr) return {};
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    X509_free(certificate);
    return name;
  }
  void send(std::string_view bytes) const {
    EXPECT_EQ(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())), static_cast<int>(bytes.size()));
  }
  /// One whole answer, or what there is of it.
  std::string receive() {
    while (true) {
      const std::size_t size = test_support::answer_size(received_);
      if (size != 0 && received_.size() >= size) {
        std::string answer = received_.substr(size);
        answer.swap(received_);
        answer.resize(size);
        return answer;
      }
      char bytes[16384];
      const int count = SSL_read(ssl_, bytes, sizeof bytes);
      if (count <= 0) return std::exchange(received_, {});
      received_.append(bytes, static_cast<std::size_t>(count));
    }
  }
  bool has_orderly_end() {
    char byte = 0;
    const int count = SSL_read(ssl_, &byte, 1);
    return count <= 0 && SSL_get_error(ssl_, count) == SSL_ERROR_ZERO_RETURN;
  }

 private:
  SSL_CTX* context_ = SSL_CTX_new(TLS_client_method());
  SSL* ssl_ = nullptr;
  int descriptor_;
  bool connected_ = false;
  std::string received_;
};

TEST(HttpTls, RequestsAndAnswers) {
  TestServer server({.pool_thread_count = 1, .tls = load(make_certificate("plain"))});
  TlsClient client(server->port());
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.peer_name(), "plain");
  client.send(post("/echo", "body"));
  EXPECT_THAT(client.receive(), EndsWith("POST /echo body"));
  client.send(get("/a") + get("/long") + get("/b"));
  for (const char* target : {"/a", "/long", "/b"}) {
    EXPECT_THAT(client.receive(), EndsWith("GET " + std::string(target) + " "));
  }
  client.send(get("/end", "Connection: close\r\n"));
  EXPECT_THAT(client.receive(), EndsWith("GET /end "));
  EXPECT_TRUE(client.has_orderly_end());
}

TEST(HttpTls, LargeBodiesBothWays) {
  TestServer server({.tls = load(make_certificate("large"))});
  TlsClient client(server->port());
  ASSERT_TRUE(client.connected());
  const std::string body(3U << 20U, 'z');
  client.send(post("/echo", body));
  EXPECT_TRUE(client.receive().ends_with(" " + body));
  client.send(get("/big") + get("/behind"));
  const std::string big = client.receive();
  EXPECT_EQ(big.size() - big.find("\r\n\r\n") - 4, EchoHandler::kBigBytes);
  EXPECT_THAT(client.receive(), EndsWith("GET /behind "));
}

TEST(HttpTls, ANewCertificateIsForNewConnections) {
  TestServer server({.thread_count = 2, .tls = load(make_certificate("old"))});
  TlsClient old(server->port());
  EXPECT_EQ(old.peer_name(), "old");
  server->set_tls(load(make_certificate("new")));
  int in_row = 0;  // each loop takes it over for itself
  wait_until([&] {
    in_row = TlsClient(server->port()).peer_name() == "new" ? in_row + 1 : 0;
    return in_row == 10;
  });
  old.send(get("/still"));
  EXPECT_THAT(old.receive(), EndsWith("GET /still "));
}

TEST(HttpTls, WhoSpeaksPlainHttpIsTold) {
  TestServer server({.tls = load(make_certificate("told"))});
  test_support::RawClient client(server->port());
  client.send(get("/"));
  const std::string answer = client.receive_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("use https://"));
  test_support::RawClient noise(server->port());
  noise.send(std::string("\x16\x03\x01\x00\x05", 5) + "noise");  // a record, but no handshake
  EXPECT_THAT(noise.receive_all(), testing::Not(StartsWith("HTTP")));
}

TEST(HttpTls, AHandshakeThatNeverComesIsNotWaitedFor) {
  TestServer server(
      {.idle_timeout = std::chrono::milliseconds(100), .tls = load(make_certificate("silent"))});
  test_support::RawClient client(server->port());
  EXPECT_TRUE(client.is_closed_within(std::chrono::milliseconds(5000)));
}

TEST(HttpTls, ProtocolsAndVersions) {
  TestServer server({.tls = load(make_certificate("versions"))});
  EXPECT_EQ(TlsClient(server->port(), {.protocols = "\x02h2\x08http/1.1"}).protocol(), "http/1.1");
  EXPECT_FALSE(TlsClient(server->port(), {.protocols = "\x02h2"}).connected());
  EXPECT_TRUE(TlsClient(server->port(), {.newest_version = TLS1_2_VERSION}).connected());
  EXPECT_FALSE(TlsClient(server->port(), {.newest_version = TLS1_1_VERSION}).connected());
}

TEST(HttpTls, FilesThatDoNotSuit) {
  const PemFiles good = make_certificate("good");
  const PemFiles other = make_certificate("other");
  const std::filesystem::path text = testing::TempDir() + "/tls_text";
  std::ofstream(text) << "neither\n";
  const auto error_of = [](const std::filesystem::path& certificate, const std::filesystem::path& key) {
    auto context = TlsContext::load(certificate, key);
    EXPECT_FALSE(context.ok());
    return context.ok() ? base::Error() : context.error();
  };
  EXPECT_EQ(error_of("/absent.pem", good.key).code, base::ErrorCode::kNotFound);
  EXPECT_THAT(error_of("/absent.pem", good.key).hint, HasSubstr("--tls-cert"));
  EXPECT_THAT(error_of(good.certificate, "/absent.pem").hint, HasSubstr("--tls-key"));
  EXPECT_THAT(error_of(text, good.key).message, HasSubstr("no PEM certificate"));
  EXPECT_EQ(error_of(text, good.key).where, text.string());
  EXPECT_THAT(error_of(good.certificate, text).message, HasSubstr("no PEM private key"));
  EXPECT_THAT(error_of(good.certificate, other.key).message, HasSubstr("not that of the certificate"));
}

}  // namespace
}  // namespace archmlp::http

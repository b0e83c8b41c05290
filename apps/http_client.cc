#include "http_client.h"

#include <curl/curl.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include "archmlp/base/text.h"
#include "archmlp/base/version.h"
#include "archmlp/http/access.h"

namespace archmlp::apps {
namespace {

using base::Error;
using base::ErrorCode;

struct UrlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
struct TextDeleter {
  void operator()(char* text) const noexcept { curl_free(text); }
};
struct HandleDeleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FieldsDeleter {
  void operator()(curl_slist* fields) const noexcept { curl_slist_free_all(fields); }
};
using Handle = std::unique_ptr<CURL, HandleDeleter>;
using Fields = std::unique_ptr<curl_slist, FieldsDeleter>;

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, TextDeleter> owned(text);
  return text;
}

Error url_error(const std::string& typed, const std::string& reason) {
  return {.message = "this is no address of a server: " + reason,
          .where = typed,
          .hint = "give one such as http://127.0.0.1:5000"};
}

void add_field(Fields& fields, const std::string& field) {
  curl_slist* longer = curl_slist_append(fields.get(), field.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  fields.release();  // NOLINT(bugprone-unused-return-value): it is the beginning of `longer`
  fields.reset(longer);
}

std::size_t take(const char* bytes, std::size_t, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, count);
  return count;
}

Error connect_error(CURL* handle, const HttpUrl& url) {
  long number = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &number);
  if (number == ECONNREFUSED || number == 0) {
    return {.code = ErrorCode::kIo,
            .message = "nothing listens there",
            .where = url.text,
            .hint = "is the server running? start one with archmlp serve MODEL"};
  }
  return {.code = ErrorCode::kIo,
          .message = std::string("cannot connect: ") + std::strerror(static_cast<int>(number)),
          .where = url.text,
          .hint = "check the address, and whether a firewall is between"};
}

Error error_of(CURLcode code, CURL* handle, const std::string& detail, const HttpPost& request) {
  Error error{.code = ErrorCode::kIo, .message = {}, .where = request.url.text};
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return connect_error(handle, request.url);
    case CURLE_COULDNT_RESOLVE_HOST:
      error.message = "the name " + base::quoted(request.url.host) + " is not known here";
      error.hint = "check how it is spelt, or give the server's IP address";
      break;
    case CURLE_OPERATION_TIMEDOUT:
      error.message = "no answer within " + std::to_string(request.timeout.count()) + " s";
      error.hint = "give it longer with --timeout, or send fewer records at a time";
      break;
    case CURLE_PEER_FAILED_VERIFICATION:
      error.message = "the server's certificate is not trusted: " + detail;
      error.hint =
          "name the certificate of its authority with --ca-file, and the server as the certificate does";
      break;
    case CURLE_SSL_CACERT_BADFILE:
      error.message = "this is no file of certificates";
      error.where = request.ca_file ? request.ca_file->string() : request.url.text;
      error.hint = "give the authority's certificate as PEM with --ca-file";
      break;
    case CURLE_SSL_CONNECT_ERROR:
      error.message = "there is no TLS: " + detail;
      error.hint = "use http:// if the server has no certificate";
      break;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      error.message = "the connection ended before the answer was there";
      error.hint = "see what the server says of it, and try again";
      break;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      error.code = ErrorCode::kInvalidInput;
      error.message = "what answers there does not speak HTTP";
      error.hint = "is this the port of an ArchMLP server?";
      break;
    default:
      error.message = detail;
      break;
  }
  return error;
}

}  // namespace

base::Result<HttpUrl> http_url(const std::string& typed, const std::string& default_path,
                               const std::vector<std::pair<std::string, std::string>>& query) {
  const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
  if (url == nullptr) throw std::bad_alloc();
  const std::string whole = typed.find("://") == std::string::npos ? "http://" + typed : typed;
  if (const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), 0); code != CURLUE_OK) {
    return url_error(typed, curl_url_strerror(code));
  }
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return url_error(typed, scheme + " is neither http nor https");
  const std::string path = part_of(url.get(), CURLUPART_PATH);
  if (path.empty() || path == "/") curl_url_set(url.get(), CURLUPART_PATH, default_path.c_str(), 0);
  for (const auto& [name, value] : query) {
    std::string pair = name;
    pair.append("=").append(value);
    curl_url_set(url.get(), CURLUPART_QUERY, pair.c_str(), CURLU_APPENDQUERY | CURLU_URLENCODE);
  }
  std::string host = part_of(url.get(), CURLUPART_HOST);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return HttpUrl{.text = part_of(url.get(), CURLUPART_URL), .host = host, .is_tls = scheme == "https"};
}

base::Result<HttpAnswer> http_post(const HttpPost& request) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
  const Handle owned(curl_easy_init());
  CURL* const handle = owned.get();
  if (handle == nullptr) throw std::bad_alloc();
  Fields fields;
  add_field(fields, "Content-Type: " + request.content_type);
  add_field(fields, "Accept: application/json");
  if (request.token) add_field(fields, "Authorization: Bearer " + *request.token);
  HttpAnswer answer;
  char detail[CURL_ERROR_SIZE] = "";
  const std::string agent = "archmlp/" + std::string(base::program_version());
  curl_easy_setopt(handle, CURLOPT_URL, request.url.text.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, agent.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(handle, CURLOPT_POST, 1L);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
  // What the environment says of proxies is for other machines.
  if (http::is_loopback(request.url.host)) curl_easy_setopt(handle, CURLOPT_PROXY, "");
  if (request.ca_file) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, request.ca_file->c_str());
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  }
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) return error_of(code, handle, *detail ? detail : curl_easy_strerror(code), request);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  const char* redirect = nullptr;
  curl_easy_getinfo(handle, CURLINFO_REDIRECT_URL, &redirect);
  if (redirect != nullptr) answer.redirect = redirect;
  return answer;
}

}  // namespace archmlp::apps

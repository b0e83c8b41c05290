#include "archmlp/http/framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>  // Boost.Beast 1.74 forgets it

#include <array>
#include <cctype>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "archmlp/base/rng.h"

namespace archmlp::http {
namespace {

using testing::HasSubstr;

struct Parsed {
  bool ok = false;
  RequestHead head;
  Refusal refusal;
  std::shared_ptr<const std::vector<char>> bytes;  // which the head shows, without one more behind them
};

Parsed parse(std::string_view bytes, const FramingLimits& limits = {}) {
  Parsed parsed;
  parsed.bytes = std::make_shared<const std::vector<char>>(bytes.begin(), bytes.end());
  const std::string_view kept(parsed.bytes->data(), parsed.bytes->size());
  parsed.ok = parse_head(kept, limits, parsed.head, parsed.refusal);
  return parsed;
}

TEST(Framing, ReadsAHead) {
  const Parsed parsed = parse(
      "\r\nPOST /predict?features=raw HTTP/1.1\r\nHOST: localhost:5000\r\ncontent-type:application/json \r\n"
      "Content-Length: \t12\r\nAccept: text/plain\r\nX-Empty:\r\nExpect: 100-Continue\r\n\r\n");
  ASSERT_TRUE(parsed.ok) << parsed.refusal.message;
  EXPECT_EQ(parsed.head.method, "POST");
  EXPECT_EQ(parsed.head.target, "/predict?features=raw");
  EXPECT_EQ(parsed.head.content_type, "application/json");
  EXPECT_EQ(parsed.head.accept, "text/plain");
  EXPECT_EQ(parsed.head.content_length, 12U);
  EXPECT_TRUE(parsed.head.expects_continue);
  EXPECT_TRUE(parsed.head.keep_alive);
  EXPECT_FALSE(parsed.head.is_chunked);
}

TEST(Framing, KeepAlive) {
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n")
                   .head.keep_alive);
}

TEST(Framing, AbsoluteFormGivesThePath) {
  EXPECT_EQ(parse("GET http://a.b:80/livez?x HTTP/1.1\r\nHost: a.b\r\n\r\n").head.target, "/livez?x");
  EXPECT_FALSE(parse("GET http://a.b HTTP/1.1\r\nHost: a.b\r\n\r\n").ok);
}

struct Case {
  std::string_view head;
  int status;
  std::string_view message;
};

TEST(Framing, RefusesAmbiguousAndMalformedHeads) {
  for (const auto& [head, status, message] : std::initializer_list<Case>{
           {"Host: a\r\nTransfer-Encoding: xchunked\r\n", 400, "transfer coding"},
           {"Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", 400, "transfer coding"},
           {"Host: a\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n", 400, "transfer coding"},
           {"Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400, "twice"},
           {"Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400, "twice"},
           {"Host: a\r\nTransfer-Encoding:\r\n chunked\r\n", 400, ""},
           {"Host: a\r\nX: 1\r\n Transfer-Encoding: chunked\r\n", 400, "folded"},
           {"Host: a\r\nTransfer-Encoding : chunked\r\n", 400, "malformed"},
           {"Host: a\r\nContent-Length: 2, 2\r\n", 400, "not one number"},
           {"Host: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n", 400, "twice"},
           {"Host: a\r\nContent-Length: +2\r\n", 400, "not one number"},
           {"Host: a\r\nContent-Length: -2\r\n", 400, "not one number"},
           {"Host: a\r\nContent-Length: 0x2\r\n", 400, "not one number"},
           {"Host: a\r\nContent-Length:\r\n", 400, "not one number"},
           {"Host: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n", 400, "contradict"},
           {"X: y\r\n", 400, "Host is missing"},
           {"Host: a\r\nHost: a\r\n", 400, "twice"},
           {"Host: a b\r\n", 400, "Host is malformed"},
           {"Host: a/b\r\n", 400, "Host is malformed"},
           {"Host: a\r\nContent-Type: a\r\nContent-Type: b\r\n", 400, "twice"},
           {"Host: a\r\nContent-Type:\r\nContent-Type: b\r\n", 400, "twice"},
           {"Host: a\r\nAuthorization: \t\r\nAuthorization: Bearer b\r\n", 400, "twice"},
           {"Host: a\r\nX: a\nContent-Length: 5\r\n", 400, "control character"},
           {"Host: a\r\nX: a\rY: b\r\n", 400, "control character"},
           {std::string_view("Host: a\r\nX: \0\r\n", 15), 400, "control character"},
           {"Host: a\r\nnonsense\r\n", 400, "malformed"},
           {"Host: a\r\n: x\r\n", 400, "malformed"},
           {"Host: a\r\nExpect: something\r\n", 417, "100-continue"},
           {"Host: a\r\nContent-Length: 16777217\r\n", 413, "16,777,216 bytes"},
           {"Host: a\r\nContent-Length: 99999999999999999999999\r\n", 413, "larger"}}) {
    const Parsed parsed = parse("POST /predict HTTP/1.1\r\n" + std::string(head) + "\r\n");
    EXPECT_FALSE(parsed.ok) << head;
    EXPECT_EQ(parsed.refusal.status, status) << head;
    EXPECT_THAT(parsed.refusal.message, HasSubstr(message)) << head;
  }
  EXPECT_EQ(parse("POST /predict HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").refusal.status, 400);
}

TEST(Framing, RefusesMalformedRequestLines) {
  for (const std::string_view line :
       {"GET", "GET /", "GET  HTTP/1.1", "GET / HTTP/1.1 ", "GET / http/1.1", " GET / HTTP/1.1",
        "G(T / HTTP/1.1", "GET x HTTP/1.1", "GET /\x80 HTTP/1.1", "GET / x HTTP/1.1", "GET /#a HTTP/1.1",
        "GET * HTTP/1.1", "GET / HTTP/11", "\t/ HTTP/1.1"}) {
    const Parsed parsed = parse(std::string(line) + "\r\nHost: a\r\n\r\n");
    EXPECT_FALSE(parsed.ok) << line;
    EXPECT_EQ(parsed.refusal.status, 400) << line;
  }
  EXPECT_EQ(parse("GET / HTTP/2.0\r\nHost: a\r\n\r\n").refusal.status, 505);
}

struct NamedField {
  std::string_view name;
  std::string_view value;
  bool (*was_read)(const RequestHead& head);
};
constexpr NamedField kFields[] = {
    {"Accept", "text/csv", [](const RequestHead& head) { return head.accept == "text/csv"; }},
    {"Authorization", "Bearer x", [](const RequestHead& head) { return head.authorization == "Bearer x"; }},
    {"Connection", "keep-alive", [](const RequestHead& head) { return head.keep_alive; }},
    {"Content-Encoding", "gzip", [](const RequestHead& head) { return head.content_encoding == "gzip"; }},
    {"Content-Length", "7", [](const RequestHead& head) { return head.content_length == 7; }},
    {"Content-Type", "text/csv", [](const RequestHead& head) { return head.content_type == "text/csv"; }},
    {"Host", "a", [](const RequestHead& head) { return head.host == "a"; }},
    {"Origin", "http://a", [](const RequestHead& head) { return head.origin == "http://a"; }},
    {"Traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
     [](const RequestHead& head) { return head.traceparent.size() == 55; }},
    {"X-Request-Id", "7", [](const RequestHead& head) { return head.request_id == "7"; }},
};

Parsed parse_field(std::string_view name, std::string_view value) {
  return parse("GET / HTTP/1.0\r\n" + std::string(name) + ":" + std::string(value) + "\r\n\r\n");
}

std::string in_mixed_case(std::string_view name, std::size_t first) {
  std::string mixed(name);
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    const auto byte = static_cast<unsigned char>(mixed[i]);
    mixed[i] = static_cast<char>(i % 2 == first ? std::toupper(byte) : std::tolower(byte));
  }
  return mixed;
}

TEST(Framing, CapitalsOfNamesMeanNothing) {
  for (const auto& [name, value, was_read] : kFields) {
    for (const std::size_t first : {0U, 1U, 2U}) {
      const Parsed parsed = parse_field(in_mixed_case(name, first), value);
      EXPECT_TRUE(parsed.ok) << name << parsed.refusal.message;
      EXPECT_TRUE(was_read(parsed.head)) << name;
    }
  }
  for (const std::size_t first : {0U, 1U, 2U}) {
    EXPECT_EQ(parse_field(in_mixed_case("Expect", first), "x").refusal.status, 417);
    EXPECT_THAT(parse_field(in_mixed_case("Transfer-Encoding", first), "x").refusal.message,
                HasSubstr("transfer coding"));
  }
}

TEST(Framing, AlmostANameIsAnother) {
  std::vector<NamedField> fields(std::begin(kFields), std::end(kFields));
  const auto never = [](const RequestHead&) { return false; };
  fields.push_back({"Expect", "x", never});
  fields.push_back({"Transfer-Encoding", "x", never});
  for (const auto& [name, value, was_read] : fields) {
    const auto expect_other = [&, read = was_read, value = value](const std::string& other) {
      const Parsed parsed = parse_field(other, value);
      EXPECT_FALSE(read(parsed.head)) << other;
      EXPECT_TRUE(parsed.ok || parsed.refusal.status == 400) << other;
      if (parsed.ok) return;
      EXPECT_THAT(parsed.refusal.message,
                  testing::AnyOf("a header field is malformed", "a header field is folded over two lines",
                                 "a control character stands in the header"))
          << other;
    };
    for (std::size_t i = 0; i < name.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        if (std::tolower(byte) == std::tolower(static_cast<unsigned char>(name[i]))) continue;
        std::string other(name);
        other[i] = static_cast<char>(byte);
        expect_other(other);
      }
    }
    expect_other(std::string(name) + "x");
    expect_other("x" + std::string(name));
    expect_other(std::string(name.substr(1)));
    expect_other(std::string(name.substr(0, name.size() - 1)));
    expect_other(std::string(name) + " ");
  }
}

TEST(Framing, ControlCharactersAreFoundWhereverTheyStand) {
  for (const char filler : {'a', '~', ' ', '\t', '\x80', '\xFE', '\xFF'}) {
    for (std::size_t at = 0; at < 20; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string value(20, filler);
        value[at] = static_cast<char>(byte);
        const Parsed parsed = parse_field("X", value);
        const bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
        ASSERT_EQ(parsed.ok, !is_control) << at << " " << byte;
        if (is_control) {
          ASSERT_EQ(parsed.refusal.message, "a control character stands in the header");
        }
      }
    }
  }
}

TEST(Framing, AHeadThatIsCutShortIsRefused) {
  const std::string_view bytes = "GET / HTTP/1.1\r\nHost: localhost:5000\r\nAccept: \ttext/csv\r\n\r\n";
  ASSERT_TRUE(parse(bytes).ok);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string exact(bytes.substr(0, size));
    const Parsed parsed = parse(exact);
    EXPECT_FALSE(parsed.ok) << size;
    EXPECT_EQ(parsed.refusal.message,
              exact.ends_with('\r') ? "a control character stands in the header" : "the header is cut short");
  }
}

TEST(Framing, LengthsAreDecimalNumbers) {
  const FramingLimits any{.max_body_bytes = std::numeric_limits<std::size_t>::max()};
  const auto parse_length = [&any](std::string_view value) {
    return parse("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::string(value) + "\r\n\r\n", any);
  };
  EXPECT_EQ(parse_length("0").head.content_length, 0U);
  EXPECT_EQ(parse_length("0000000000000000000000000000000012").head.content_length, 12U);
  EXPECT_EQ(parse_length("18446744073709551615").head.content_length, any.max_body_bytes);
  EXPECT_EQ(parse_length("18446744073709551616").refusal.status, 413);
  for (const std::string_view value :
       {"12x", "x12", "1 2", "1\t2", "12,", "12.", "1e2", "\xB2", "99999999999999999999999x"}) {
    const Parsed parsed = parse_length(value);
    EXPECT_EQ(parsed.refusal.message, "the header field Content-Length is not one number") << value;
    EXPECT_EQ(parsed.head.content_length, 0U) << value;
  }
}

TEST(Framing, VersionsAndTargets) {
  const auto parse_line = [](std::string_view line) {
    return parse(std::string(line) + "\r\nHost: a\r\n\r\n").refusal;
  };
  for (const char* version : {"HTTP/0.9", "HTTP/0.1", "HTTP/1.2", "HTTP/2.0", "HTTP/2.1", "HTTP/9.9"}) {
    EXPECT_EQ(parse_line("GET / " + std::string(version)).status, 505) << version;
  }
  for (const char* version : {"HTTP/1.", "HTTP/1.a", "HTTP/a.1", "HTTP/1,1", "HTTP/1.10", "HTTQ/1.1", ""}) {
    EXPECT_EQ(parse_line("GET / " + std::string(version)).message, "this is no HTTP request line") << version;
  }
  EXPECT_EQ(parse_line("G(T / HTTP/2.0").message, "the method is malformed") << "comes first";
  EXPECT_EQ(parse_line(" HTTP/1.1").message, "this is no HTTP request line");
  EXPECT_EQ(parse_line("GET HTTP/1.1 HTTP/1.1").message, "the request target is malformed");
  for (const char* target : {"/a b", "/#\x7E\x80", "/a\tb", " /", "/ "}) {
    EXPECT_THAT(parse_line("GET " + std::string(target) + " HTTP/1.1").message, HasSubstr("URLs do not"))
        << target;
  }
  EXPECT_EQ(parse_line("GET http://a/b#c HTTP/1.1").message, "the request target holds a fragment");
  EXPECT_EQ(parse_line("GET http://a#/b HTTP/1.1").message, "the request target has no path");
  EXPECT_EQ(parse_line("GET #/b HTTP/1.1").message, "the request target is malformed");
}

TEST(Framing, FieldCountIsLimited) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 100; ++i) head += "X: y\r\n";
  EXPECT_EQ(parse(head + "\r\n").refusal.status, 431);
}

TEST(Framing, FindsTheEndOfAHeadHoweverItArrives) {
  const std::string bytes = "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  HeadFinder finder;
  std::size_t found = 0;
  std::size_t arrived = 0;
  while (found == 0 && arrived < bytes.size())
    found = finder.find(std::string_view(bytes).substr(0, ++arrived));
  EXPECT_EQ(found, bytes.size() - 4);
  EXPECT_EQ(arrived, found);
  finder.reset();
  EXPECT_EQ(finder.find(bytes), bytes.size() - 4);
}

TEST(Framing, NothingButABlankLineEndsAHead) {
  HeadFinder finder;
  for (const std::string_view bytes : {"GET / HTTP/1.1\r\n", "a\n\n", "a\r\r\n\r", "a\r\n\r\r\n", "a\r\r\r\r",
                                       "a\r\n \r\n", "a\r\n\n\r\n"}) {
    finder.reset();
    EXPECT_EQ(finder.find(bytes), 0U) << bytes;
  }
  finder.reset();
  EXPECT_EQ(finder.find("a\r\r\n\r\n\r\n"), 6U);
}

TEST(Framing, KnowsEarlyWhatCannotBecomeAHead) {
  for (const std::string_view bytes : {"", "\r", "\r\n", "\r\n\r", "G", "\r\nGET / HT"}) {
    EXPECT_TRUE(may_become_head(bytes)) << bytes;
  }
  using namespace std::string_view_literals;
  for (const std::string_view bytes : {"\x16\x03\x01\0"sv, "\0"sv, " "sv, "\n"sv, "\rG"sv, "\r\n\x80"sv}) {
    EXPECT_FALSE(may_become_head(bytes)) << bytes;
  }
}

struct Decoded {
  ChunkDecoder::State state = ChunkDecoder::State::kMore;
  std::string body;
  std::size_t used = 0;
};

Decoded decode(std::string_view bytes, std::size_t step, std::size_t limit = 1000) {
  ChunkDecoder decoder(limit);
  Decoded decoded;
  while (decoded.used < bytes.size() && decoded.state == ChunkDecoder::State::kMore) {
    std::size_t used = 0;
    decoded.state = decoder.feed(bytes.substr(decoded.used, step), decoded.body, used);
    decoded.used += used;
  }
  return decoded;
}

TEST(ChunkDecoder, DecodesHoweverItArrives) {
  const std::string_view bytes = "5;a=b\r\nhello\r\n00B \r\n, new world\r\n0\r\nTrailer: x\r\n\r\nGET";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const Decoded decoded = decode(bytes, step);
    EXPECT_EQ(decoded.state, ChunkDecoder::State::kDone) << step;
    EXPECT_EQ(decoded.body, "hello, new world");
    EXPECT_EQ(decoded.used, bytes.size() - 3);
  }
}

TEST(ChunkDecoder, RefusesMalformedChunks) {
  for (const std::string_view bytes :
       {"\r\n", "g\r\n", "0x5\r\nhello\r\n", "-1\r\n", "+5\r\nhello\r\n", " 5\r\n", "5\nhello\r\n",
        "5\r\nhello0\r\n", "5\r\nhello\n0\r\n", ";a\r\n", "5;a\nhello\r\n", "0\r\n folded: x\r\n\r\n",
        "0\r\nx\n\r\n", "0\r\nno colon\r\n\r\n", "0\r\nname : x\r\n\r\n", "0\r\n: x\r\n\r\n",
        "10000000000000005\r\n"}) {
    for (const std::size_t step : {std::size_t{1}, bytes.size()}) {
      EXPECT_EQ(decode(bytes, step).state, ChunkDecoder::State::kMalformed) << bytes;
    }
  }
}

TEST(ChunkDecoder, Limits) {
  EXPECT_EQ(decode("5\r\nhello\r\n0\r\n\r\n", 100, 5).state, ChunkDecoder::State::kDone);
  EXPECT_EQ(decode("6\r\nhello!\r\n0\r\n\r\n", 100, 5).state, ChunkDecoder::State::kTooLarge);
  EXPECT_EQ(decode("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", 100, 5).state, ChunkDecoder::State::kTooLarge);
  EXPECT_EQ(decode("7fffffffffffffff\r\n", 100, 5).state, ChunkDecoder::State::kMalformed);
  EXPECT_EQ(decode("fffffffffffffff\r\n", 100, 5).state, ChunkDecoder::State::kTooLarge);
  EXPECT_EQ(decode("1;" + std::string(20'000, 'x') + "\r\na\r\n", 100).state, ChunkDecoder::State::kTooLarge);
  EXPECT_EQ(decode("0\r\nX: " + std::string(20'000, 'x'), 100).state, ChunkDecoder::State::kTooLarge);
}

/// Whatever this parser accepts, a lenient one must understand in the same way.
TEST(Framing, AgreesWithALenientParserOnWhatItAccepts) {
  namespace http = boost::beast::http;
  constexpr std::array<std::string_view, 20> kPieces = {"Host: a\r\n",
                                                        "Host: b\r\n",
                                                        "Content-Length: 5\r\n",
                                                        "Content-Length: 3\r\n",
                                                        "Transfer-Encoding: chunked\r\n",
                                                        "Transfer-Encoding: gzip\r\n",
                                                        "X: y\r\n",
                                                        " folded\r\n",
                                                        "Connection: close\r\n",
                                                        "Accept: */*\r\n",
                                                        "Content-Length : 1\r\n",
                                                        "Content-Type: text/plain\r\n",
                                                        "\r\n",
                                                        "5\r\nhello\r\n",
                                                        "0\r\n\r\n",
                                                        "hello",
                                                        "\n",
                                                        "\r",
                                                        "Expect: 100-continue\r\n",
                                                        "3;x\r\nabc\r\n"};
  base::Rng rng(11);
  int accepted_count = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string bytes = "POST /predict HTTP/1.1\r\nHost: x\r\n";
    if (rng.below(4) == 0) bytes = "POST /predict HTTP/1.1\r\n";
    for (std::uint64_t length = rng.below(8); length > 0; --length)
      bytes += kPieces[rng.below(kPieces.size())];
    HeadFinder finder;
    const std::size_t size = finder.find(bytes);
    if (size == 0) continue;
    const Parsed ours = parse(std::string_view(bytes).substr(0, size));
    if (!ours.ok) continue;
    std::string body = bytes.substr(size, ours.head.content_length);
    std::size_t total = size + ours.head.content_length;
    if (ours.head.is_chunked) {
      ChunkDecoder decoder(1000);
      std::size_t used = 0;
      body.clear();
      if (decoder.feed(std::string_view(bytes).substr(size), body, used) != ChunkDecoder::State::kDone)
        continue;
      total = size + used;
    }
    if (total > bytes.size()) continue;
    http::request_parser<http::string_body> theirs;
    theirs.eager(true);
    boost::system::error_code error;
    const std::size_t consumed = theirs.put(boost::asio::buffer(bytes), error);
    ASSERT_FALSE(error) << error.message() << "\n" << bytes;
    ASSERT_TRUE(theirs.is_done()) << bytes;
    ASSERT_EQ(consumed, total) << bytes;
    ASSERT_EQ(theirs.get().body(), body) << bytes;
    ASSERT_EQ(theirs.get().keep_alive(), ours.head.keep_alive) << bytes;
    ++accepted_count;
  }
  EXPECT_GT(accepted_count, 1000);
}

}  // namespace
}  // namespace archmlp::http

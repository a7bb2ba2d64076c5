#include "http/parse.h"

#include <gtest/gtest.h>

namespace http {
namespace {

// Puts `text` in pieces of `piece` bytes, as a slow peer would: the message, or the refusal.
Taken<std::optional<Request>> parse(std::string_view text, std::size_t piece,
                                    std::size_t body_bytes = 1000) {
  RequestParser parser(200, body_bytes);
  ByteVector unused;
  while (!parser.done()) {
    const bool had_head = parser.head_done();
    const Taken<std::size_t> taken = parser.put(unused);
    if (!taken) return std::unexpected(taken.error());
    unused.erase(unused.begin(), unused.begin() + static_cast<std::ptrdiff_t>(*taken));
    if ((*taken > 0 || had_head != parser.head_done()) && !unused.empty()) continue;
    if (parser.done()) break;
    if (text.empty()) return std::nullopt;
    const Bytes more = as_bytes(text.substr(0, piece));
    unused.insert(unused.end(), more.begin(), more.end());
    text.remove_prefix(more.size());
  }
  return parser.take();
}

TEST(RequestParser, ReadsRequestsInPiecesOfAnySize) {
  struct Case {
    const char* why;
    std::string text;
    std::string method;
    std::string target;
    std::string body;
  };
  const std::vector<Case> cases{
      {"the simplest", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", ""},
      {"HTTP/1.0 needs no host", "GET /x HTTP/1.0\r\n\r\n", "GET", "/x", ""},
      {"a body of known length",
       "POST /p?q=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "POST", "/p?q=1",
       "hello"},
      {"an empty body", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "PUT", "/", ""},
      {"chunks",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
       "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
       "POST", "/", "abc0123456789"},
      {"a method of nobody's", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n", "FROB", "/", ""},
  };
  for (const Case& c : cases) {
    for (std::size_t piece = 1; piece <= c.text.size(); piece += piece < 20 ? 1 : 17) {
      const auto got = parse(c.text, piece);
      ASSERT_TRUE(got) << c.why << ", in pieces of " << piece << ": " << got.error().why;
      ASSERT_TRUE(*got) << c.why << ", in pieces of " << piece;
      EXPECT_EQ((*got)->method, c.method) << c.why;
      EXPECT_EQ((*got)->target, c.target) << c.why;
      EXPECT_EQ((*got)->body, c.body) << c.why << ", in pieces of " << piece;
    }
  }
}

TEST(RequestParser, RefusesBadRequests) {
  struct Case {
    const char* why;
    std::string text;
    int status;
  };
  const std::string host = "Host: a\r\n";
  const std::vector<Case> cases{
      {"no HTTP at all", "hello there\r\n\r\n", 400},
      {"a Kafka frame", std::string("\0\0\0\x1c\0\x12\0\3", 8) + std::string(20, '\0'), 400},
      {"a TLS hello", "\x16\x03\x01\x02\x01\x01\x02\x03", 400},
      {"a method with a space", "G ET / HTTP/1.1\r\n" + host + "\r\n", 505},
      {"a version to come", "GET / HTTP/3.0\r\n" + host + "\r\n", 505},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"a huge header", "GET / HTTP/1.1\r\n" + host + "X: " + std::string(500, 'x'), 431},
      {"many headers",
       "GET / HTTP/1.1\r\n" + host +
           [] {
             std::string lines;
             for (int i = 0; i < 300; ++i) lines += "X: y\r\n";
             return lines;
           }(),
       431},
      {"a huge target", "GET /" + std::string(500, 'x'), 431},
      {"both lengths",
       "POST / HTTP/1.1\r\n" + host +
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"both lengths, the other way",
       "POST / HTTP/1.1\r\n" + host +
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
       400},
      {"two lengths",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
      {"a negative length", "POST / HTTP/1.1\r\n" + host + "Content-Length: -5\r\n\r\n", 400},
      {"a length in words", "POST / HTTP/1.1\r\n" + host + "Content-Length: five\r\n\r\n", 400},
      {"a length to allocate gigabytes",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999\r\n\r\nx", 413},
      {"a length beyond 64 bits",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999999\r\n\r\nx", 400},
      {"an encoding nobody asked for",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"chunked, but not last",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, gzip\r\n\r\n", 501},
      {"a chunk of no size",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"the head of a chunk without end",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n5;" +
           std::string(500, 'x'),
       400},
      {"chunks without end",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" +
           std::string(2000, 'x') + "\r\n",
       413},
      {"a header without a colon", "GET / HTTP/1.1\r\n" + host + "nonsense\r\n\r\n", 400},
      {"a space before the colon", "POST / HTTP/1.1\r\n" + host + "Content-Length : 5\r\n\r\nhello",
       400},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{7}, std::size_t{150}, c.text.size()}) {
      const auto got = parse(c.text, piece);
      ASSERT_FALSE(got) << c.why << ", in pieces of " << piece;
      EXPECT_EQ(got.error().status, c.status) << c.why << ": " << got.error().why;
    }
  }
}

TEST(RequestParser, AsksForTheRestOfATruncatedRequest) {
  const std::string text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const auto got = parse(std::string_view(text).substr(0, cut), cut + 1);
    ASSERT_TRUE(got) << cut;
    EXPECT_FALSE(got->has_value()) << cut;
  }
}

TEST(ToBytes, AHeaderValueStaysOneLine) {
  Response response = text("hi");
  response.headers.push_back({"Location", "/x\r\nSet-Cookie: evil"});
  const std::string bytes = to_bytes(response, "now", false, true);
  EXPECT_EQ(bytes,
            "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Location: /x  Set-Cookie: evil\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
}

TEST(Text, IsDecodedAndQuoted) {
  EXPECT_EQ(percent_decode("a%2Fb+c").value(), "a/b+c");
  EXPECT_EQ(percent_decode("a+b%20c", true).value(), "a b c");
  for (const char* bad : {"%", "%a", "%zz", "x%4"}) EXPECT_FALSE(percent_decode(bad)) << bad;
  EXPECT_EQ(quote_json("a\"b\\c\n\x01é"), "\"a\\\"b\\\\c\\n\\u0001é\"");
  EXPECT_EQ(quote_json("\xff\xc3"), "\"\\ufffd\\ufffd\"");
  EXPECT_EQ(quote_json("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"") << "half of a surrogate pair";
}

}  // namespace
}  // namespace http

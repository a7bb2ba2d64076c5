#include "http/parse.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <limits>

namespace http {
namespace {

namespace beast = boost::beast::http;

constexpr std::size_t kResponseHeadBytes = 64 * 1024;
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

Refusal refusal_of(const boost::system::error_code& error) {
  if (error == beast::error::header_limit) {
    return {431, "the head of the request is too long"};
  }
  if (error == beast::error::body_limit || error == beast::error::buffer_overflow) {
    return {413, "the body of the request is too long"};
  }
  if (error == beast::error::bad_version)
    return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  return {400, "not a well-formed HTTP message: " + error.message()};
}

Headers headers_of(const beast::fields& fields) {
  Headers headers;
  for (const auto& field : fields) {
    headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  return headers;
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Where a head leaves room for two opinions on where its message ends, a proxy in front may have
// the other one.
std::optional<Refusal> refuse_doubtful_length(const beast::fields& fields) {
  const std::size_t lengths = fields.count(beast::field::content_length);
  const std::size_t encodings = fields.count(beast::field::transfer_encoding);
  if (lengths > 0 && encodings > 0) {
    return Refusal{400, "Content-Length and Transfer-Encoding exclude each other"};
  }
  if (lengths > 1) return Refusal{400, "more than one Content-Length"};
  if (encodings > 1) return Refusal{400, "more than one Transfer-Encoding"};
  if (encodings == 1 && !same_name(view(fields[beast::field::transfer_encoding]), "chunked")) {
    return Refusal{501, "the only Transfer-Encoding understood here is chunked"};
  }
  return std::nullopt;
}

// Feeds `parser`; "more is needed" is no error. Counts what the head takes: Beast 1.74 holds each
// piece of a head to the limit, not their sum.
template <class Parser>
Taken<std::size_t> feed(Parser& parser, Bytes bytes, HeadRoom& room) {
  const bool in_head = !parser.is_header_done();
  boost::system::error_code error;
  const std::size_t taken = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error && error != beast::error::need_more) return std::unexpected(refusal_of(error));
  const std::size_t waiting = parser.is_done() ? 0 : bytes.size() - taken;
  if (in_head) {
    room.used += taken;
    const std::size_t ahead = parser.is_header_done() ? 0 : waiting;
    if (room.used + ahead > room.most) {
      return std::unexpected(refusal_of(beast::make_error_code(beast::error::header_limit)));
    }
  } else if (waiting > room.most) {
    return std::unexpected(Refusal{400, "the head of a chunk is too long"});
  }
  return taken;
}

// A header value cannot smuggle in another line.
std::string clean(std::string_view value) {
  std::string out(value);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') c = ' ';
  }
  return out;
}

}  // namespace

struct RequestParser::Parser : beast::request_parser<beast::string_body> {};
struct ResponseParser::Parser : beast::response_parser<beast::string_body> {};

RequestParser::RequestParser(std::size_t head_bytes, std::size_t body_bytes)
    : parser_(std::make_unique<Parser>()), head_room_{.most = head_bytes}, body_bytes_(body_bytes) {
  parser_->header_limit(static_cast<std::uint32_t>(head_bytes));
  parser_->body_limit(kNoLimit);  // Looked after here, since a route may set its own.
}
RequestParser::~RequestParser() = default;

bool RequestParser::head_done() const { return parser_->is_header_done(); }
bool RequestParser::done() const { return parser_->is_done(); }

Taken<std::size_t> RequestParser::put(Bytes bytes) {
  const bool had_head = head_done();
  if (had_head) {
    parser_->eager(true);
    if (framing_.content_length.value_or(0) > body_bytes_) {
      return std::unexpected(Refusal{413, "the body of the request is too long"});
    }
  }
  const Taken<std::size_t> taken = feed(*parser_, bytes, head_room_);
  if (!taken) return taken;
  if (!had_head && head_done()) {
    const Taken<void> fine = look_at_head();
    if (!fine) return std::unexpected(fine.error());
  }
  if (parser_->get().body().size() > body_bytes_) {
    return std::unexpected(Refusal{413, "the body of the request is too long"});
  }
  return taken;
}

Taken<void> RequestParser::look_at_head() {
  const auto& message = parser_->get();
  if (const auto refusal = refuse_doubtful_length(message)) return std::unexpected(*refusal);
  if (message.version() >= 11 && message.count(beast::field::host) != 1) {
    return std::unexpected(Refusal{400, "an HTTP/1.1 request has one Host header"});
  }
  if (const auto length = parser_->content_length()) framing_.content_length = *length;
  framing_.keep_alive = message.keep_alive();
  framing_.expects_continue = same_name(view(message[beast::field::expect]), "100-continue");
  head_.method = std::string(message.method_string());
  head_.target = std::string(message.target());
  head_.headers = headers_of(message);
  return {};
}

Request RequestParser::take() {
  head_.body = std::move(parser_->get().body());
  return std::move(head_);
}

ResponseParser::ResponseParser(std::size_t body_bytes, bool to_head)
    : parser_(std::make_unique<Parser>()),
      head_room_{.most = kResponseHeadBytes},
      body_bytes_(body_bytes) {
  parser_->header_limit(kResponseHeadBytes);
  parser_->body_limit(kNoLimit);
  parser_->skip(to_head);
}
ResponseParser::~ResponseParser() = default;

bool ResponseParser::done() const { return parser_->is_done(); }

Taken<std::size_t> ResponseParser::put(Bytes bytes) {
  if (parser_->is_header_done() && !head_checked_) {
    head_checked_ = true;
    parser_->eager(true);
    if (const auto refusal = refuse_doubtful_length(parser_->get())) {
      return std::unexpected(*refusal);
    }
    if (parser_->content_length().value_or(0) > body_bytes_) {
      return std::unexpected(Refusal{413, "the answer is too long"});
    }
  }
  const Taken<std::size_t> taken = feed(*parser_, bytes, head_room_);
  if (taken && parser_->get().body().size() > body_bytes_) {
    return std::unexpected(Refusal{413, "the answer is too long"});
  }
  return taken;
}

Taken<void> ResponseParser::put_end() {
  boost::system::error_code error;
  if (!parser_->got_some()) {
    return std::unexpected(Refusal{400, "the connection was closed without an answer"});
  }
  parser_->put_eof(error);
  if (error) return std::unexpected(Refusal{400, "the connection was closed within the answer"});
  return {};
}

Response ResponseParser::take() {
  auto message = parser_->release();
  return {static_cast<int>(message.result_int()), headers_of(message), std::move(message.body())};
}

std::string to_bytes(const Response& response, std::string_view date, bool keep_alive,
                     bool with_body) {
  std::string out =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason(response.status), date);
  for (const Header& header : response.headers) {
    out += fmt::format("{}: {}\r\n", clean(header.name), clean(header.value));
  }
  const bool may_have_body =
      response.status >= 200 && response.status != 204 && response.status != 304;
  if (may_have_body) out += fmt::format("Content-Length: {}\r\n", response.body.size());
  if (!keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
  if (with_body && may_have_body) out += response.body;
  return out;
}

std::string to_bytes(const Request& request, std::string_view host) {
  std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
                                request.method, clean(request.target), host);
  for (const Header& header : request.headers) {
    out += fmt::format("{}: {}\r\n", clean(header.name), clean(header.value));
  }
  const bool usually_has_body =
      request.method != "GET" && request.method != "HEAD" && request.method != "DELETE";
  if (usually_has_body || !request.body.empty()) {
    out += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return out + "\r\n" + request.body;
}

}  // namespace http

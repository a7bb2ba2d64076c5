// Reads messages off a byte stream with Boost.Beast's parser, which only parse.cc sees. Bytes are
// put in as they come; a head is looked at before its body is taken.
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "http/http.h"

namespace http {

// Why a message was not taken, and the status that says so.
struct Refusal {
  int status = 400;
  std::string why;
};
template <class T>
using Taken = std::expected<T, Refusal>;

// What a head says about the rest.
struct Framing {
  std::optional<std::uint64_t> content_length;
  bool keep_alive = false;
  bool expects_continue = false;
};

struct HeadRoom {
  std::size_t most = 0;
  std::size_t used = 0;
};

class RequestParser {
 public:
  RequestParser(std::size_t head_bytes, std::size_t body_bytes);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes bytes from the front, up to the end of the head and then, called again, of the message.
  // Gives how many it took; fewer than all means: come again with those and more.
  Taken<std::size_t> put(Bytes bytes);

  bool head_done() const;
  bool done() const;
  const Framing& framing() const { return framing_; }  // Once the head is done,
  const Request& head() const { return head_; }        // with method, target and headers.
  void limit_body(std::size_t bytes) { body_bytes_ = bytes; }
  Request take();  // Once all is done.

 private:
  struct Parser;
  Taken<void> look_at_head();

  std::unique_ptr<Parser> parser_;
  HeadRoom head_room_;
  std::size_t body_bytes_;
  Framing framing_;
  Request head_;
};

class ResponseParser {
 public:
  // An answer to HEAD has no body, whatever its head says.
  ResponseParser(std::size_t body_bytes, bool to_head);
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  Taken<std::size_t> put(Bytes bytes);
  Taken<void> put_end();  // The peer has closed.
  bool done() const;
  Response take();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  HeadRoom head_room_;
  std::size_t body_bytes_;
  bool head_checked_ = false;
};

// The bytes to send. `date` is in HTTP's form.
std::string to_bytes(const Response& response, std::string_view date, bool keep_alive,
                     bool with_body);
std::string to_bytes(const Request& request, std::string_view host);

}  // namespace http

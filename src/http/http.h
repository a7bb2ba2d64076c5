// HTTP/1.1 messages, for the few endpoints and calls Thalweg makes: whole bodies, no streaming.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace http {

struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};
using Headers = std::vector<Header>;

bool same_name(std::string_view a, std::string_view b);  // Of headers: in whatever case.

// The first header of that name, in whatever case; null without one.
const std::string* find(const Headers& headers, std::string_view name);

struct Request {
  std::string method = "GET";
  std::string target = "/";  // Path and query, as sent.
  Headers headers = {};
  std::string body = {};

  // Filled in by the server.
  std::string path = {};                           // Percent-decoded, without the query.
  std::map<std::string, std::string> params = {};  // What {name} in the route's pattern matched.
  std::map<std::string, std::string> query = {};   // Percent-decoded.
};

struct Response {
  int status = 200;
  Headers headers = {};  // Content-Length, Date and Connection are the server's.
  std::string body = {};
};

Response text(std::string body, int status = 200);
Response json(std::string body, int status = 200);
// {"error_code":40401,"message":"..."}: the form that schema-registry clients know, used for all.
// A code of three digits or fewer stands for the status itself.
Response problem(int status, std::string_view message, int error_code = 0);

std::string_view reason(int status);  // "Not Found".
Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
std::string quote_json(std::string_view text);  // With the quotes.

}  // namespace http

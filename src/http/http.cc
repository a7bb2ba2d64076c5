#include "http/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

// The length of the well-formed UTF-8 character at the front of `text`, or 0.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool too_big = first == 0xf4 && second >= 0x90;
  return overlong || surrogate || too_big ? 0 : length;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

const std::string* find(const Headers& headers, std::string_view name) {
  const auto at = std::ranges::find_if(
      headers, [&](const Header& header) { return same_name(header.name, name); });
  return at == headers.end() ? nullptr : &at->value;
}

Response text(std::string body, int status) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

Response json(std::string body, int status) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

Response problem(int status, std::string_view message, int error_code) {
  return json(fmt::format(R"({{"error_code":{},"message":{}}})",
                          error_code == 0 ? status : error_code, quote_json(message)),
              status);
}

std::string_view reason(int status) {
  struct Known {
    int status;
    std::string_view text;
  };
  static constexpr std::array kKnown{
      Known{100, "Continue"},
      Known{200, "OK"},
      Known{201, "Created"},
      Known{202, "Accepted"},
      Known{204, "No Content"},
      Known{301, "Moved Permanently"},
      Known{302, "Found"},
      Known{304, "Not Modified"},
      Known{400, "Bad Request"},
      Known{401, "Unauthorized"},
      Known{403, "Forbidden"},
      Known{404, "Not Found"},
      Known{405, "Method Not Allowed"},
      Known{406, "Not Acceptable"},
      Known{408, "Request Timeout"},
      Known{409, "Conflict"},
      Known{411, "Length Required"},
      Known{413, "Content Too Large"},
      Known{414, "URI Too Long"},
      Known{415, "Unsupported Media Type"},
      Known{417, "Expectation Failed"},
      Known{422, "Unprocessable Content"},
      Known{429, "Too Many Requests"},
      Known{431, "Request Header Fields Too Large"},
      Known{500, "Internal Server Error"},
      Known{501, "Not Implemented"},
      Known{502, "Bad Gateway"},
      Known{503, "Service Unavailable"},
      Known{504, "Gateway Timeout"},
      Known{505, "HTTP Version Not Supported"},
  };
  const auto at = std::ranges::find(kKnown, status, &Known::status);
  return at == kKnown.end() ? "Status" : at->text;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return fail(ErrorCode::InvalidRequest,
                    fmt::format("a '%' in '{}' is not followed by two hexadecimal digits", text));
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::string quote_json(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += '"';
  return out;
}

}  // namespace http

#include "app/encoding.h"

#include <array>
#include <charconv>

namespace app {

namespace {

// How many bytes the character that starts with `lead` takes, and its bits in the lead. 0: none
// does.
struct Lead {
  std::size_t size = 0;
  std::uint32_t bits = 0;
  std::uint32_t least = 0;  // A smaller code point has a shorter form, so this one is forged.
};

Lead lead_of(unsigned char lead) {
  if (lead < 0x80) return {1, lead, 0};
  if ((lead & 0xe0) == 0xc0) return {2, lead & 0x1fU, 0x80};
  if ((lead & 0xf0) == 0xe0) return {3, lead & 0x0fU, 0x800};
  if ((lead & 0xf8) == 0xf0) return {4, lead & 0x07U, 0x10000};
  return {};
}

}  // namespace

std::string encode(Bytes bytes, Encoding encoding) {
  switch (encoding) {
    case Encoding::Hex:
      return to_hex(bytes);
    case Encoding::Base64:
      return to_base64(bytes);
    case Encoding::Text:
      break;
  }
  return std::string(as_text(bytes));
}

std::string to_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    const auto value = std::to_integer<unsigned>(b);
    out += kDigits[value >> 4];
    out += kDigits[value & 15];
  }
  return out;
}

std::string to_base64(Bytes bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    unsigned bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (j < n ? std::to_integer<unsigned>(bytes[i + j]) : 0U);
    }
    out += kDigits[bits >> 18 & 63];
    out += kDigits[bits >> 12 & 63];
    out += n > 1 ? kDigits[bits >> 6 & 63] : '=';
    out += n > 2 ? kDigits[bits & 63] : '=';
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const Lead lead = lead_of(static_cast<unsigned char>(text[i]));
    if (lead.size == 0 || text.size() - i < lead.size) return false;
    std::uint32_t point = lead.bits;
    for (std::size_t j = 1; j < lead.size; ++j) {
      const auto next = static_cast<unsigned char>(text[i + j]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3fU);
    }
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (point < lead.least || point > 0x10ffff || surrogate) return false;
    i += lead.size;
  }
  return true;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char kind = text[++i];
    unsigned value = 0;
    const char* const digits = text.data() + i + 1;
    switch (kind) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case '0':
        out += '\0';
        break;
      case '\\':
        out += '\\';
        break;
      case 'x':
        if (text.size() - i > 2 &&
            std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
          out += static_cast<char>(value);
          i += 2;
          break;
        }
        [[fallthrough]];
      default:
        out += '\\';
        out += kind;
    }
  }
  return out;
}

}  // namespace app

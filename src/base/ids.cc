#include "base/ids.h"

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string to_text(const Uuid& id) {
  std::string text;
  unsigned bits = 0;
  unsigned held = 0;
  for (const std::byte b : id.bytes) {
    bits = bits << 8 | std::to_integer<unsigned>(b);
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += kAlphabet[bits >> held & 0x3f];
    }
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 0x3f];
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 22) return {};
  Uuid id;
  unsigned bits = 0;
  unsigned held = 0;
  std::size_t filled = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return {};
    bits = bits << 6 | static_cast<unsigned>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    id.bytes[filled++] = static_cast<std::byte>(bits >> held & 0xff);
  }
  if ((bits & 0xf) != 0) return {};  // The last digit has four bits to spare.
  return id;
}

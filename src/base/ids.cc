#include "base/ids.h"

std::string to_text(const Uuid& id) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
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

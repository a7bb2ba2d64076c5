// Texts as Java sees them: in units of UTF-16. Kafka hashes names by these, and measures texts in
// them. What is not UTF-8 counts byte by byte.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

// How many bytes the character takes that a text starts with; 0 where that is none.
inline std::size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length > text.size()) return 0;
  for (const char c : text.substr(1, length - 1)) {
    if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80) return 0;
  }
  return length;
}

template <class Visit>
void for_each_utf16(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto lead = static_cast<unsigned char>(text.front());
    if (length < 2) {
      visit(static_cast<std::uint16_t>(lead));
      text.remove_prefix(1);
      continue;
    }
    std::uint32_t point = lead & (0xffU >> (length + 1));
    for (const char c : text.substr(1, length - 1)) {
      point = point << 6 | (static_cast<unsigned char>(c) & 0x3fU);
    }
    text.remove_prefix(length);
    if (point < 0x10000) {
      visit(static_cast<std::uint16_t>(point));
    } else {
      visit(static_cast<std::uint16_t>(0xd800 + ((point - 0x10000) >> 10)));
      visit(static_cast<std::uint16_t>(0xdc00 + ((point - 0x10000) & 0x3ff)));
    }
  }
}

inline std::size_t utf16_length(std::string_view text) {
  std::size_t length = 0;
  for_each_utf16(text, [&](std::uint16_t) { ++length; });
  return length;
}

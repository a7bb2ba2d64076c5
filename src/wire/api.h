// What a message says about itself: its number, its name, and which versions of it there are.
#pragma once
#include <cstdint>
#include <string_view>

namespace wire {

using Version = std::int16_t;
inline constexpr Version kNever = 32767;  // As a first version: no version at all.

struct Schema {
  std::int16_t key = -1;  // Of an API, or of a record among those of its log; -1 for neither.
  std::string_view name;
  Version first = 0;
  Version last = 0;
  Version flexible_from = kNever;  // From here on: varint lengths, and tagged fields.

  constexpr bool has(Version version) const { return first <= version && version <= last; }
  constexpr bool flexible(Version version) const { return version >= flexible_from; }
};

// Both the request and the response of an API carry it, under the API's name.
using Api = Schema;

}  // namespace wire

// Where in a partition, as people say it: the start, the end, an offset, a time, so many before the
// end.
#pragma once
#include <string_view>
#include <variant>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace app {

struct AtStart {
  bool operator==(const AtStart&) const = default;
};
struct AtEnd {
  bool operator==(const AtEnd&) const = default;
};
struct AtOffset {
  Offset offset;
  bool operator==(const AtOffset&) const = default;
};
struct AtTime {  // The first record that is not older.
  Timestamp time;
  bool operator==(const AtTime&) const = default;
};
struct BeforeEnd {
  std::int64_t records = 0;
  bool operator==(const BeforeEnd&) const = default;
};
using Position = std::variant<AtStart, AtEnd, AtOffset, AtTime, BeforeEnd>;

// "earliest", "latest", "1234" (an offset), "-10" (ten records before the end), "2026-11-23T12:00"
// or "@1732363200000" (a time), "-1h" (a time ago, counted from `now`).
Result<Position> parse_position(std::string_view text, Timestamp now);

// For --help, wherever a position is asked for.
inline constexpr std::string_view kPositionHelp =
    "earliest, latest, an offset (1234), the last N records (-10), a time (2026-11-23T12:00Z or "
    "@MILLISECONDS) or a time ago (-1h)";

}  // namespace app

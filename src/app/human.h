// Numbers and times as people read and write them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace app {

std::string human_size(std::int64_t bytes);     // "1.2 MiB"; "512 B".
std::string human_count(std::int64_t count);    // "12,345,678".
std::string human_rate(double per_second);      // "1.23 M"; "987".
std::string human_duration(Duration duration);  // "1.5 ms"; "2 min 3 s"; "3 d 4 h".
std::string iso_time(Timestamp at);             // "2026-11-23T12:01:02.345Z", UTC.

Result<std::int64_t> parse_size(std::string_view text);  // "1048576", "1MiB", "1.5k", "2 GB".

// "250ms", "30s", "5m", "2h", "7d", "1w", several one after another ("1h30m"), or ISO 8601
// ("PT1H30M", "P1D"). A bare number is milliseconds.
Result<Millis> parse_duration(std::string_view text);

// Milliseconds since 1970 ("1732363200000"), or ISO 8601: "2026-11-23", "2026-11-23T12:00",
// "2026-11-23T12:00:00.5", with "Z" or "+01:00" behind; without a zone it is UTC.
Result<Timestamp> parse_time(std::string_view text);

}  // namespace app

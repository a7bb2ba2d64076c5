// Time as values. Nothing here reads a clock: time comes in, from env.
#pragma once
#include <chrono>
#include <cstdint>

#include "base/named.h"

// Milliseconds since 1970-01-01 UTC, as Kafka's records carry them. -1 where there is none.
using Timestamp = Named<std::int64_t, struct TimestampTag>;
inline constexpr Timestamp kNoTimestamp{-1};

using Duration = std::chrono::nanoseconds;
using Millis = std::chrono::milliseconds;

// A point on a clock that never goes back. Only differences have a meaning.
struct Instant {
  Duration since_start{};
  auto operator<=>(const Instant&) const = default;
  friend Instant operator+(Instant at, Duration later) { return {at.since_start + later}; }
  friend Duration operator-(Instant a, Instant b) { return a.since_start - b.since_start; }
};

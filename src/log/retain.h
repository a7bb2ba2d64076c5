// When a segment is closed, and when it goes.
#pragma once
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace logs {

// A new segment begins before an append that finds one of these reached.
struct RollLimits {
  std::uint32_t segment_bytes = 0;
  Millis segment_ms{};
  std::uint32_t index_bytes = 0;
};
struct RollFacts {
  Offset base;
  std::uint64_t size = 0;
  std::uint64_t index_entries = 0;
  Timestamp first_timestamp = kNoTimestamp;  // Of the segment's first batch, if it has one,
  Timestamp created = kNoTimestamp;          // else when it was begun counts.
};
struct Incoming {
  std::uint64_t size = 0;
  Offset last;
  Timestamp max_timestamp = kNoTimestamp;
};
bool roll_before(const RollFacts& active, const Incoming& batches, const RollLimits& limits,
                 Timestamp now);
// Whether the active segment is due by its age alone.
bool roll_by_age(const RollFacts& active, Timestamp reached, const RollLimits& limits,
                 Timestamp now);

struct RetentionLimits {
  std::int64_t ms = -1;     // Negative: none.
  std::int64_t bytes = -1;  // Negative: none.
};
struct RetentionFacts {
  Offset next;  // After the segment's last offset.
  std::uint64_t size = 0;
  Timestamp newest = kNoTimestamp;  // Of its records; kNoTimestamp if none has one.
};
struct RetentionInput {
  std::vector<RetentionFacts> segments = {};  // Oldest first; the last is the active one.
  Timestamp now;
  Offset log_start;
  Offset upper;  // What reaches above stays.
};
// How many segments go, from the oldest on. All of them where even the active one has outlived its
// time: the caller begins a new one first.
std::size_t expired(const RetentionInput& input, const RetentionLimits& limits);

}  // namespace logs

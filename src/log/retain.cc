#include "log/retain.h"

#include <algorithm>

#include "log/index.h"

namespace logs {

bool roll_by_age(const RollFacts& active, Timestamp reached, const RollLimits& limits,
                 Timestamp now) {
  if (active.size == 0) return false;
  const bool by_records = active.first_timestamp.value >= 0 && reached.value >= 0;
  if (!by_records && active.created.value < 0) return false;
  const std::int64_t age =
      by_records ? reached.value - active.first_timestamp.value : now.value - active.created.value;
  return age > limits.segment_ms.count();
}

bool roll_before(const RollFacts& active, const Incoming& batches, const RollLimits& limits,
                 Timestamp now) {
  if (batches.last.value - active.base.value > INT32_MAX) return true;
  if (active.size == 0) return false;
  if (active.size + batches.size > limits.segment_bytes) return true;
  // The time index is closed with one more entry, so it is full one early.
  if ((active.index_entries + 1) * kTimeEntrySize >= limits.index_bytes) return true;
  return roll_by_age(active, batches.max_timestamp, limits, now);
}

std::size_t expired(const RetentionInput& input, const RetentionLimits& limits) {
  std::uint64_t total = 0;
  for (const RetentionFacts& segment : input.segments) total += segment.size;

  std::size_t count = 0;
  for (const RetentionFacts& segment : input.segments) {
    const bool active = count + 1 == input.segments.size();
    if (segment.next > input.upper || (active && segment.size == 0)) break;
    const bool by_start = !active && segment.next <= input.log_start;
    const bool by_time = limits.ms >= 0 && segment.newest.value >= 0 &&
                         input.now.value - segment.newest.value > limits.ms;
    const bool by_size = !active && limits.bytes >= 0 &&
                         total - segment.size >= static_cast<std::uint64_t>(limits.bytes);
    if (!by_start && !by_time && !by_size) break;
    total -= segment.size;
    ++count;
  }
  return count;
}

}  // namespace logs

// What setting a group's offsets would do: for each partition where it is, where it would be.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/position.h"
#include "base/ids.h"

namespace app {

// So many records on from (or, below zero, back from) what is committed.
struct ShiftBy {
  std::int64_t records = 0;
};
using ResetTarget = std::variant<Position, ShiftBy>;

// What is known of a partition.
struct PartitionFacts {
  TopicPartition partition;
  std::optional<Offset> committed;
  Offset start;
  Offset end;
  std::optional<Offset>
      at_time;  // For a target that is a time: the first record not older, if any.
};

struct PlannedReset {
  TopicPartition partition;
  std::optional<Offset> from;
  Offset to;
  std::string note;  // Why it is not exactly what was asked; empty otherwise.
  // What the group would skip (above zero) or read again (below zero).
  std::int64_t moved() const { return from ? to.value - from->value : 0; }
  bool operator==(const PlannedReset&) const = default;
};

// In the order of `facts`. No offset lies outside its partition.
std::vector<PlannedReset> plan_reset(const std::vector<PartitionFacts>& facts,
                                     const ResetTarget& target);

}  // namespace app

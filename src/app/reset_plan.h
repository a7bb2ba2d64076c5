// What setting a group's offsets would do: for each partition where it is, where it would be.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "app/position.h"
#include "base/ids.h"
#include "base/result.h"

namespace app {

// So many records on from (or, below zero, back from) what is committed.
struct ShiftBy {
  std::int64_t records = 0;
};
// Each partition to an offset of its own. There is one for every partition planned for.
struct ToEach {
  std::map<TopicPartition, Offset> offsets = {};
};
using ResetTarget = std::variant<Position, ShiftBy, ToEach>;

// "orders,0,1234": a topic, a partition and an offset, with a comma, a tab or blanks between. It is
// what Apache Kafka's tool exports. Nothing for an empty line and for a comment (#).
Result<std::optional<std::pair<TopicPartition, Offset>>> parse_offset_line(std::string_view line);

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

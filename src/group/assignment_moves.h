// What a change of a group costs: the partitions that another member has before and after.
#pragma once
#include <optional>
#include <vector>

#include "group/assign.h"

namespace group {

struct Move {
  TopicId topic;
  PartitionIndex partition;
  std::optional<MemberId> from = {};  // None: nobody had it.
  std::optional<MemberId> to = {};    // None: nobody has it now.
  bool operator==(const Move&) const = default;
};

// By topic and partition.
std::vector<Move> moves_between(const Target& before, const Target& after);

// What the members of a task have, as the `before` of a move.
Target held(const AssignmentTask& task);

}  // namespace group

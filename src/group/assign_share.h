// Who of a share group reads which partitions: as Kafka's assignor "simple" does it. A plain
// function of what is there, so every broker comes to the same result.
//
// Of each topic every partition goes to somebody, if anybody subscribes, and no partition to more
// members than it takes for each subscriber to have one. Subscribers have numbers of partitions
// that differ by one at most, and keep what they have as far as that goes.
#pragma once
#include <map>
#include <set>
#include <vector>

#include "base/ids.h"
#include "group/assigned.h"

namespace group {

struct ShareTask {
  struct Member {
    std::set<TopicId> topics = {};
    Assigned has = {};  // What it was given last.
  };
  std::map<TopicId, std::vector<PartitionIndex>> topics = {};  // Sorted.
  std::map<MemberId, Member> members = {};
};

std::map<MemberId, Assigned> assign_share(const ShareTask& task);

}  // namespace group

// Who gets which partitions: the two assignors that the coordinator itself has (KIP-848). Plain
// functions of what is there, so every broker comes to the same result, in whatever order the
// members are given.
//
// Of both it holds that each partition somebody subscribes to goes to exactly one subscriber, that
// every member of the task is in the result, if with nothing, and that a result given back as what
// the members have comes out unchanged. A topic that the task does not describe is not there, and
// what a member has but may not have counts as nobody's.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"

namespace group {

struct TopicShape {
  std::int32_t partitions = 0;
  std::vector<std::set<std::string>> racks = {};  // Of each partition's replicas; empty: not known.
};

using Assigned = std::map<TopicId, std::vector<PartitionIndex>>;  // Sorted.

struct Subscriber {
  MemberId id;
  std::optional<InstanceId> instance = {};
  std::optional<std::string> rack = {};
  std::set<TopicId> topics = {};
  Assigned has = {};  // What it was given last.
};

struct AssignmentTask {
  std::map<TopicId, TopicShape> topics = {};
  std::vector<Subscriber> members = {};
};

using Target = std::map<MemberId, Assigned>;

// As even as can be over all topics together, and moving no more partitions than that takes: where
// all subscribe to the same, counts differ by one at most, a member that goes leaves the others
// with what they have, and one that comes gets its share and no more. Where subscriptions differ,
// no partition could move to a subscriber that has two less than its owner. Of what moves anyway,
// as much as possible goes where a replica is.
Target assign_uniform(const AssignmentTask& task);

// Each topic in contiguous ranges, one a subscriber. Topics with the same subscribers are cut for
// the same order of members, so that those of equal size line up: who has partition 3 of one has
// it of all. Members with an instance come first, by its name, which keeps their ranges over
// restarts; of the others each gets the range that has most of what it has, and newcomers the one
// whose replicas are nearest.
Target assign_range(const AssignmentTask& task);

}  // namespace group

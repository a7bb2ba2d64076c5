// Sets of partitions, as assignments are made of. The partitions of a topic are sorted and named
// once, and there is no topic without any.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"

namespace group {

using Assigned = std::map<TopicId, std::vector<PartitionIndex>>;

// Puts hostile or careless lists into that form, in time that grows with them and no faster: the
// same topic may be named a hundred thousand times.
void put_in_order(Assigned& all);
template <class TopicPartitions>
Assigned gather(const std::vector<TopicPartitions>& list) {
  Assigned all;
  for (const TopicPartitions& topic : list) {
    auto& partitions = all[topic.topic_id];
    partitions.insert(partitions.end(), topic.partitions.begin(), topic.partitions.end());
  }
  put_in_order(all);
  return all;
}

// Of a few.
void add(Assigned& to, const TopicId& topic, std::vector<PartitionIndex> partitions);

bool contains(const Assigned& all, const TopicId& topic, PartitionIndex partition);
bool is_subset(const Assigned& part, const Assigned& of);
bool overlap(const Assigned& a, const Assigned& b);
Assigned common(const Assigned& a, const Assigned& b);
Assigned without(const Assigned& from, const Assigned& what);
Assigned together(const Assigned& a, const Assigned& b);
std::size_t count(const Assigned& assigned);
// For people.
std::string describe_change(const Assigned& before, const Assigned& after);

}  // namespace group

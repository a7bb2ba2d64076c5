// Requests on a group's offsets go to its coordinator with those partitions alone that the cluster
// has; the handler answers for the others.
#pragma once
#include <vector>

#include "cluster/image.h"

namespace broker {

inline bool is_known(const cluster::Topic* topic, PartitionIndex index) {
  return topic && topic->find(index);
}

// Leaves the partitions that are there, of topics that have any. `find` gives a topic of the
// request as the cluster has it, or null.
template <class Topic, class Find>
void keep_known(std::vector<Topic>& topics, Find find) {
  for (Topic& topic : topics) {
    const cluster::Topic* const found = find(topic);
    std::erase_if(topic.partitions, [found](const auto& partition) {
      return !is_known(found, partition.partition_index);
    });
  }
  std::erase_if(topics, [](const Topic& topic) { return topic.partitions.empty(); });
}

}  // namespace broker

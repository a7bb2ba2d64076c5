// How old what lies at an offset is.
#pragma once
#include <map>
#include <vector>

#include "client/cluster.h"
#include "client/topics.h"

namespace client {

// The time of the first record at or behind each offset, as the record carries it. Partitions of
// which it cannot be told (no leader, nothing there, records without a time) are absent.
//
// Costs one batch of each partition: leaders are asked for little, and asked again for those
// batches that are larger than that.
env::Task<Result<std::map<TopicPartition, Timestamp>>> record_times(
    Cluster& cluster, std::vector<TopicInfo> topics, std::map<TopicPartition, Offset> at);

}  // namespace client

// The producers that partitions remember, and the transactions that these have open there.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "client/cluster.h"
#include "client/topics.h"

namespace client {

struct PartitionProducer {
  ProducerId id = {};
  std::int32_t epoch = -1;
  std::int32_t last_sequence = -1;
  Timestamp last_active = kNoTimestamp;  // As its last batch or marker says.
  std::int32_t coordinator_epoch = -1;   // -1: no transaction of it has ended here.
  std::optional<Offset> transaction_start = {};
  bool operator==(const PartitionProducer&) const = default;
};
using PartitionProducers = std::map<TopicPartition, std::vector<PartitionProducer>>;

// Of all partitions of `topics` that have a leader; of those that `leader` leads, if it is given.
// A partition that does not answer fails the call: a list with holes misleads.
env::Task<Result<PartitionProducers>> describe_producers(Cluster& cluster,
                                                         std::vector<TopicInfo> topics,
                                                         std::optional<BrokerId> leader = {});

}  // namespace client

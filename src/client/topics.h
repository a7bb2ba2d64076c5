// Topics of a cluster: what there is, and making, growing and deleting them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "client/cluster.h"

namespace client {

struct Partition {
  PartitionIndex index;
  BrokerId leader{-1};  // -1: none now.
  LeaderEpoch epoch = kNoLeaderEpoch;
  std::vector<BrokerId> replicas;
  std::vector<BrokerId> isr;
  std::vector<BrokerId> offline;
};

struct TopicInfo {
  TopicName name;
  TopicId id;  // Zero where the cluster is too old to give one.
  bool internal = false;
  std::vector<Partition> partitions;  // By index.
};

// All topics by name, the internal ones too.
env::Task<Result<std::vector<TopicInfo>>> list_topics(Cluster& cluster);

// The error for an unknown name suggests the nearest known one.
env::Task<Result<TopicInfo>> find_topic(Cluster& cluster, TopicName name);

struct NewTopic {
  TopicName name;
  std::int32_t partitions = -1;          // -1: the cluster's default.
  std::int16_t replication_factor = -1;  // -1: the cluster's default.
  std::vector<std::pair<std::string, std::string>> configs;
  bool validate_only = false;
};
struct CreatedTopic {
  TopicId id;
  std::int32_t partitions = -1;  // -1 where the cluster does not say.
  std::int16_t replication_factor = -1;
};
env::Task<Result<CreatedTopic>> create_topic(Cluster& cluster, NewTopic topic);

env::Task<Result<void>> delete_topic(Cluster& cluster, TopicName name);
env::Task<Result<void>> grow_topic(Cluster& cluster, TopicName name, std::int32_t partitions,
                                   bool validate_only);

// Removes the records before `offset`; gives where the partition now starts. -1: everything.
struct Trim {
  TopicPartition partition;
  Offset before;
};
env::Task<Result<Offset>> trim(Cluster& cluster, Trim what);

}  // namespace client

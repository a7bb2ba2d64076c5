#include "client/offsets.h"

#include "wire/002_list_offsets.h"
#include "wire/035_describe_log_dirs.h"

namespace client {

namespace {

// Partitions by the broker that leads them, and by topic.
using ByLeader = std::map<BrokerId, std::map<TopicName, std::vector<PartitionIndex>>>;

ByLeader by_leader(const std::vector<TopicInfo>& topics) {
  ByLeader leaders;
  for (const TopicInfo& topic : topics) {
    for (const Partition& partition : topic.partitions) {
      if (partition.leader.value >= 0)
        leaders[partition.leader][topic.name].push_back(partition.index);
    }
  }
  return leaders;
}

}  // namespace

env::Task<Result<std::map<TopicPartition, FoundOffset>>> list_offsets(Cluster& cluster,
                                                                      std::vector<TopicInfo> topics,
                                                                      Timestamp at,
                                                                      Isolation isolation) {
  std::map<TopicPartition, FoundOffset> found;
  const ByLeader leaders = by_leader(topics);
  for (const auto& [leader, wanted] : leaders) {
    CO_TRY(Connection * broker, co_await cluster.broker(leader));
    wire::ListOffsetsRequest request;
    request.replica_id = BrokerId{-1};  // A client.
    request.isolation_level = static_cast<std::int8_t>(isolation);
    for (const auto& [topic, partitions] : wanted) {
      auto& one = request.topics.emplace_back();
      one.name = topic;
      for (const PartitionIndex index : partitions) {
        auto& partition = one.partitions.emplace_back();
        partition.partition_index = index;
        partition.timestamp = at;
      }
    }
    CO_TRY(const wire::ListOffsetsResponse response,
           co_await broker->ask(std::move(request), wire::read_list_offsets_response));
    for (const auto& topic : response.topics) {
      for (const auto& partition : topic.partitions) {
        if (partition.error_code != ErrorCode::None) {
          co_return fail(broker_error(
              partition.error_code, {},
              fmt::format("offsets of {}-{}", topic.name.value, partition.partition_index.value)));
        }
        found[{topic.name, partition.partition_index}] = {partition.offset, partition.timestamp};
      }
    }
  }
  co_return found;
}

env::Task<Result<std::map<TopicPartition, Range>>> ranges(Cluster& cluster,
                                                          std::vector<TopicInfo> topics) {
  CO_TRY(const auto starts, co_await list_offsets(cluster, topics, kEarliest));
  CO_TRY(const auto ends, co_await list_offsets(cluster, std::move(topics), kLatest));
  std::map<TopicPartition, Range> both;
  for (const auto& [partition, end] : ends) {
    const auto start = starts.find(partition);
    if (start != starts.end()) both[partition] = {start->second.offset, end.offset};
  }
  co_return both;
}

env::Task<Result<std::map<TopicPartition, std::int64_t>>> sizes(Cluster& cluster,
                                                                std::vector<TopicInfo> topics) {
  std::map<TopicPartition, std::int64_t> found;
  const ByLeader leaders = by_leader(topics);
  for (const auto& [leader, wanted] : leaders) {
    CO_TRY(Connection * broker, co_await cluster.broker(leader));
    wire::DescribeLogDirsRequest request;
    request.topics.emplace();
    for (const auto& [topic, partitions] : wanted) request.topics->push_back({topic, partitions});
    CO_TRY(const wire::DescribeLogDirsResponse response,
           co_await broker->ask(std::move(request), wire::read_describe_log_dirs_response));
    for (const auto& folder : response.results) {
      for (const auto& topic : folder.topics) {
        for (const auto& partition : topic.partitions) {
          if (!partition.is_future_key)
            found[{topic.name, partition.partition_index}] = partition.partition_size;
        }
      }
    }
  }
  co_return found;
}

}  // namespace client

#include "client/partition_producers.h"

#include <algorithm>

#include "wire/061_describe_producers.h"

namespace client {

namespace {

using Request = wire::DescribeProducersRequest;
using Response = wire::DescribeProducersResponse;

// A partition may remember ten thousand producers; an answer should stay of a decent size.
constexpr std::size_t kAtOnce = 500;

using ByLeader = std::map<BrokerId, std::vector<TopicPartition>>;

ByLeader by_leader(const std::vector<TopicInfo>& topics, std::optional<BrokerId> only) {
  ByLeader leaders;
  for (const TopicInfo& topic : topics) {
    for (const Partition& partition : topic.partitions) {
      if (partition.leader.value < 0 || (only && partition.leader != *only)) continue;
      leaders[partition.leader].push_back({topic.name, partition.index});
    }
  }
  return leaders;
}

Request request_for(std::span<const TopicPartition> partitions) {
  Request request;
  for (const TopicPartition& one : partitions) {
    if (request.topics.empty() || request.topics.back().name != one.topic) {
      request.topics.push_back({.name = one.topic, .partition_indexes = {}});
    }
    request.topics.back().partition_indexes.push_back(one.partition);
  }
  return request;
}

PartitionProducer producer_of(const Response::ProducerState& from) {
  PartitionProducer producer{.id = from.producer_id,
                             .epoch = from.producer_epoch,
                             .last_sequence = from.last_sequence,
                             .last_active = from.last_timestamp,
                             .coordinator_epoch = from.coordinator_epoch};
  if (from.current_txn_start_offset.value >= 0) {
    producer.transaction_start = from.current_txn_start_offset;
  }
  return producer;
}

Result<void> take(const Response& response, PartitionProducers& into) {
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.error_code != ErrorCode::None) {
        return fail(broker_error(
            partition.error_code, partition.error_message,
            fmt::format("producers of {}-{}", topic.name.value, partition.partition_index.value)));
      }
      auto& producers = into[{topic.name, partition.partition_index}];
      for (const auto& one : partition.active_producers) producers.push_back(producer_of(one));
      std::ranges::sort(producers, {}, &PartitionProducer::id);
    }
  }
  return {};
}

}  // namespace

env::Task<Result<PartitionProducers>> describe_producers(Cluster& cluster,
                                                         std::vector<TopicInfo> topics,
                                                         std::optional<BrokerId> leader) {
  PartitionProducers found;
  const ByLeader leaders = by_leader(topics, leader);
  for (const auto& [broker, partitions] : leaders) {
    CO_TRY(Connection * connection, co_await cluster.broker(broker));
    for (std::size_t at = 0; at < partitions.size(); at += kAtOnce) {
      const std::size_t count = std::min(kAtOnce, partitions.size() - at);
      CO_TRY(const Response response,
             co_await connection->ask(request_for(std::span(partitions).subspan(at, count)),
                                      wire::read_describe_producers_response));
      CO_TRY_VOID(take(response, found));
    }
  }
  co_return found;
}

}  // namespace client

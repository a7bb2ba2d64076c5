// Shows topics partition by partition, in pages (KIP-966).
#include "wire/075_describe_topic_partitions.h"

#include <algorithm>
#include <set>

#include "broker/cluster_view.h"
#include "broker/engine.h"
#include "broker/handlers/handlers.h"
#include "cluster/controller.h"

namespace broker {
namespace {

using Request = wire::DescribeTopicPartitionsRequest;
using Response = wire::DescribeTopicPartitionsResponse;
using Topic = Response::DescribeTopicPartitionsResponseTopic;

constexpr std::int32_t kMostPartitions = 2000;  // Of one page, as Kafka's default.

// The topics asked for, or all, by name, from the cursor on.
std::set<TopicName> names(Call& call, const Request& request) {
  std::set<TopicName> names;
  for (const Request::TopicRequest& topic : request.topics) names.insert(topic.name);
  if (request.topics.empty()) {
    call.image().topics.for_each(
        [&](const TopicName& name, const cluster::TopicPtr&) { names.insert(name); });
  }
  if (request.cursor) names.erase(names.begin(), names.lower_bound(request.cursor->topic_name));
  return names;
}

Topic head(Call& call, const TopicName& name) {
  Topic shown;
  shown.name = name;
  shown.topic_authorized_operations = kTopicOperations;
  shown.is_internal = cluster::is_internal(name);
  const cluster::Topic* topic = call.image().find(name);
  if (topic) {
    shown.topic_id = topic->id;
  } else {
    shown.error_code = cluster::check_topic_name(name) ? ErrorCode::UnknownTopicOrPartition
                                                       : ErrorCode::InvalidTopicException;
  }
  return shown;
}

Response::DescribeTopicPartitionsResponsePartition show(const cluster::Image& image,
                                                        const cluster::Partition& partition,
                                                        std::int32_t index) {
  return {.error_code = leader_error(partition),
          .partition_index = PartitionIndex{index},
          .leader_id = partition.leader,
          .leader_epoch = partition.leader_epoch,
          .replica_nodes = partition.replicas,
          .isr_nodes = partition.isr,
          .eligible_leader_replicas = partition.eligible_leaders,
          .last_known_elr = partition.last_known_eligible,
          .offline_replicas = offline_replicas(image, partition)};
}

}  // namespace

env::Task<Response> describe_topic_partitions(Call& call, Request request) {
  Response response;
  std::int32_t room = std::clamp(request.response_partition_limit, 1, kMostPartitions);
  for (const TopicName& name : names(call, request)) {
    if (room == 0) {
      response.next_cursor = {name, PartitionIndex{0}};
      break;
    }
    Topic shown = head(call, name);
    const cluster::Topic* topic = call.image().find(name);
    const bool resumed = request.cursor && request.cursor->topic_name == name;
    const std::int32_t count = topic ? static_cast<std::int32_t>(topic->partitions.size()) : 0;
    std::int32_t index = resumed ? std::max(request.cursor->partition_index.value, 0) : 0;
    for (; index < count && room > 0; ++index, --room) {
      shown.partitions.push_back(
          show(call.image(), topic->partitions[static_cast<std::size_t>(index)], index));
    }
    response.topics.push_back(std::move(shown));
    if (index < count) {
      response.next_cursor = {name, PartitionIndex{index}};
      break;
    }
  }
  co_return response;
}

}  // namespace broker

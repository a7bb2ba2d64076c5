// Deleting topics, and adding partitions to them.
#include <fmt/format.h>

#include <map>

#include "cluster/apply.h"
#include "cluster/controller.h"
#include "cluster/placement.h"

namespace cluster {
namespace {

Result<const Topic*> resolve(const Image& image, const TopicRef& ref) {
  const bool by_name = !ref.name.value.empty();
  if (by_name == !ref.id.value.is_zero()) {
    return fail(ErrorCode::InvalidRequest, "a topic is named either by its name or by its id");
  }
  const Topic* topic = by_name ? image.find(ref.name) : image.find(ref.id);
  if (topic) return topic;
  if (by_name) {
    return fail(ErrorCode::UnknownTopicOrPartition,
                fmt::format("there is no topic {}", ref.name.value));
  }
  return fail(ErrorCode::UnknownTopicId,
              fmt::format("there is no topic with the id {}", to_text(ref.id.value)));
}

Result<DeletedTopic> check_deletion(const Context& context, const Topic& topic, int times_named) {
  if (!context.options.delete_topics) {
    return fail(ErrorCode::TopicDeletionDisabled, "delete.topic.enable is false on this broker");
  }
  if (times_named > 1) {
    return fail(ErrorCode::InvalidRequest,
                fmt::format("topic {} is named twice in the request", topic.name.value));
  }
  if (is_internal(topic.name)) {
    return fail(ErrorCode::InvalidRequest,
                fmt::format("topic {} is internal and cannot be deleted", topic.name.value));
  }
  return DeletedTopic{topic.name, topic.id};
}

Result<std::vector<Partition>> place_more(const Context& context, const Topic& topic,
                                          const MorePartitions& request, std::int32_t more) {
  const std::size_t factor = topic.partitions.front().replicas.size();
  std::vector<Partition> partitions;
  if (!request.assignments) {
    Placement placement = TRY(
        Placement::make(context.image, static_cast<std::int32_t>(factor), topic.partitions.size()));
    for (std::int32_t i = 0; i < more; ++i) {
      partitions.push_back(new_partition(context.image, placement.next()));
    }
    return partitions;
  }
  if (request.assignments->size() != static_cast<std::size_t>(more)) {
    return fail(ErrorCode::InvalidReplicaAssignment,
                fmt::format("{} new partitions need as many assignments, got {}", more,
                            request.assignments->size()));
  }
  for (const std::vector<BrokerId>& replicas : *request.assignments) {
    TRY_VOID(check_replicas(context.image, replicas, factor));
    partitions.push_back(new_partition(context.image, replicas));
  }
  return partitions;
}

Result<std::vector<Record>> add_partitions(const Context& context, const MorePartitions& request,
                                           std::int64_t& left) {
  const Topic* topic = context.image.find(request.topic);
  if (!topic || topic->partitions.empty()) {
    return fail(ErrorCode::UnknownTopicOrPartition,
                fmt::format("there is no topic {}", request.topic.value));
  }
  if (is_internal(topic->name)) {
    // Which partition holds a group follows from their number: more of them would lose groups.
    return fail(ErrorCode::InvalidRequest,
                fmt::format("topic {} is internal and keeps its partitions", topic->name.value));
  }
  const auto now = static_cast<std::int32_t>(topic->partitions.size());
  if (request.count <= now) {
    return fail(ErrorCode::InvalidPartitions,
                fmt::format("topic {} has {} partitions, and {} would not be more",
                            topic->name.value, now, request.count));
  }
  const std::int32_t more = request.count - now;
  if (more > left) {
    return fail(ErrorCode::PolicyViolation,
                fmt::format("one request can make at most {} partitions", kMostNewPartitions));
  }
  const std::vector<Partition> partitions = TRY(place_more(context, *topic, request, more));
  left -= more;
  std::vector<Record> records;
  for (std::int32_t i = 0; i < more; ++i) {
    records.emplace_back(
        to_record(topic->id, PartitionIndex(now + i), partitions[static_cast<std::size_t>(i)]));
  }
  return records;
}

}  // namespace

Decision<DeletedTopic> delete_topics(const Context& context, std::span<const TopicRef> topics) {
  std::vector<Result<const Topic*>> found;
  std::map<TopicId, int> times_named;
  for (const TopicRef& ref : topics) {
    found.push_back(resolve(context.image, ref));
    if (found.back()) ++times_named[(*found.back())->id];
  }
  Decision<DeletedTopic> decision;
  for (const Result<const Topic*>& topic : found) {
    if (!topic) {
      decision.outcomes.emplace_back(fail(topic.error()));
      continue;
    }
    decision.outcomes.push_back(check_deletion(context, **topic, times_named[(*topic)->id]));
    if (decision.outcomes.back()) {
      decision.records.emplace_back(wire::RemoveTopicRecord{.topic_id = (*topic)->id});
    }
  }
  return decision;
}

Decision<std::monostate> create_partitions(const Context& context,
                                           std::span<const MorePartitions> requests) {
  std::map<TopicName, int> times_named;
  for (const MorePartitions& request : requests) ++times_named[request.topic];

  Decision<std::monostate> decision;
  std::int64_t left = kMostNewPartitions;
  for (const MorePartitions& request : requests) {
    if (times_named[request.topic] > 1) {
      decision.outcomes.emplace_back(
          fail(ErrorCode::InvalidRequest,
               fmt::format("topic {} is named twice in the request", request.topic.value)));
      continue;
    }
    Result<std::vector<Record>> records = add_partitions(context, request, left);
    if (!records) {
      decision.outcomes.emplace_back(fail(records.error()));
      continue;
    }
    decision.records.insert(decision.records.end(), records->begin(), records->end());
    decision.outcomes.emplace_back(std::monostate{});
  }
  return decision;
}

}  // namespace cluster

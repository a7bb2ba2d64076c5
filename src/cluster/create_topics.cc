#include <fmt/format.h>

#include <map>

#include "cluster/apply.h"
#include "cluster/controller.h"
#include "cluster/placement.h"

namespace cluster {
namespace {

std::unexpected<Error> too_many() {
  return fail(ErrorCode::PolicyViolation,
              fmt::format("one request can make at most {} partitions", kMostNewPartitions));
}

// The names of one request, to tell those that appear twice or would collide.
struct Names {
  std::map<TopicName, int> times_named;
  std::map<std::string, TopicName> flattened;  // Of those accepted so far.
};

Result<void> check_name(const Context& context, const NewTopic& topic, const Names& names) {
  if (names.times_named.at(topic.name) > 1) {
    return fail(ErrorCode::InvalidRequest,
                fmt::format("topic {} is named twice in the request", topic.name.value));
  }
  TRY_VOID(check_topic_name(topic.name));
  if (is_internal(topic.name) && !topic.internal) {
    return fail(ErrorCode::InvalidRequest,
                fmt::format("topic {} is internal: the broker makes it itself", topic.name.value));
  }
  if (context.image.find(topic.name)) {
    return fail(ErrorCode::TopicAlreadyExists,
                fmt::format("there is a topic {} already", topic.name.value));
  }
  const std::string flat = flatten(topic.name);
  if (flat.empty()) return {};
  const TopicName* bearer = context.image.flattened_names.find(flat);
  const auto in_request = names.flattened.find(flat);
  if (!bearer && in_request != names.flattened.end()) bearer = &in_request->second;
  if (!bearer) return {};
  return fail(ErrorCode::InvalidTopicException,
              fmt::format("topic {} would collide with {} in metrics, where '.' and '_' are one",
                          topic.name.value, bearer->value));
}

Result<config::Pairs> settings(const Context& context, const NewTopic& topic) {
  config::Pairs pairs;
  for (const auto& [name, value] : topic.configs) {
    if (!value) {
      return fail(ErrorCode::InvalidConfig, fmt::format("option {} has no value", name));
    }
    pairs.insert_or_assign(name, *value);
  }
  TRY_VOID(config::check_topic(pairs, context.image.broker_layers(context.self, context.fixed)));
  return pairs;
}

Result<std::vector<Partition>> place_as_asked(const Context& context, const NewTopic& topic) {
  if (topic.partitions != -1 || topic.replication_factor != -1) {
    return fail(ErrorCode::InvalidRequest,
                "a request that assigns replicas must leave the numbers of partitions and replicas "
                "at -1");
  }
  std::map<PartitionIndex, const Assignment*> by_index;
  for (const Assignment& assignment : topic.assignments) {
    if (!by_index.emplace(assignment.partition, &assignment).second) {
      return fail(ErrorCode::InvalidReplicaAssignment,
                  fmt::format("partition {} is assigned twice", assignment.partition.value));
    }
  }
  std::vector<Partition> partitions;
  for (const auto& [index, assignment] : by_index) {
    if (static_cast<std::size_t>(index.value) != partitions.size()) {
      return fail(ErrorCode::InvalidReplicaAssignment,
                  "partitions must be numbered from 0 without gaps");
    }
    const std::size_t first = topic.assignments.front().replicas.size();
    TRY_VOID(check_replicas(context.image, assignment->replicas, first));
    partitions.push_back(new_partition(context.image, assignment->replicas));
  }
  return partitions;
}

Result<std::vector<Partition>> place(const Context& context, const NewTopic& topic,
                                     const TopicId& id, std::int64_t left) {
  if (!topic.assignments.empty()) return place_as_asked(context, topic);
  if (topic.replication_factor < -1 || topic.replication_factor == 0) {
    return fail(ErrorCode::InvalidReplicationFactor,
                fmt::format("a replication factor is at least 1, or -1 for the default, got {}",
                            topic.replication_factor));
  }
  if (topic.partitions < -1 || topic.partitions == 0) {
    return fail(ErrorCode::InvalidPartitions,
                fmt::format("a topic has at least 1 partition, or -1 for the default, got {}",
                            topic.partitions));
  }
  const std::int32_t count =
      topic.partitions == -1 ? context.options.default_partitions : topic.partitions;
  if (count > left) return too_many();
  const std::int16_t factor = topic.replication_factor == -1
                                  ? context.options.default_replication_factor
                                  : topic.replication_factor;
  Placement placement = TRY(Placement::make(context.image, factor, std::hash<TopicId>{}(id) % 997));
  std::vector<Partition> partitions;
  for (std::int32_t i = 0; i < count; ++i) {
    partitions.push_back(new_partition(context.image, placement.next()));
  }
  return partitions;
}

struct Planned {
  TopicId id;
  config::Pairs settings;
  std::vector<Partition> partitions;
};

// `left` is how many partitions the request may still make.
Result<Planned> plan(const Context& context, const NewTopic& topic, const Names& names,
                     std::int64_t left) {
  TRY_VOID(check_name(context, topic, names));
  Planned planned{.id = TopicId(context.fresh_id()), .settings = {}, .partitions = {}};
  planned.settings = TRY(settings(context, topic));
  planned.partitions = TRY(place(context, topic, planned.id, left));
  if (static_cast<std::int64_t>(planned.partitions.size()) > left) return too_many();
  return planned;
}

// Settings stand before partitions, so that nobody opens a partition without knowing them.
void add_records(std::vector<Record>& records, const TopicName& name, const Planned& planned) {
  records.emplace_back(wire::TopicRecord{.name = name, .topic_id = planned.id});
  for (const auto& [key, value] : planned.settings) {
    records.emplace_back(wire::ConfigRecord{
        .resource_type = static_cast<std::int8_t>(ResourceType::Topic),
        .resource_name = name.value,
        .name = key,
        .value = value,
    });
  }
  for (std::size_t i = 0; i < planned.partitions.size(); ++i) {
    const PartitionIndex index(static_cast<std::int32_t>(i));
    records.emplace_back(to_record(planned.id, index, planned.partitions[i]));
  }
}

}  // namespace

Decision<CreatedTopic> create_topics(const Context& context, std::span<const NewTopic> topics) {
  Names names;
  for (const NewTopic& topic : topics) ++names.times_named[topic.name];

  Decision<CreatedTopic> decision;
  std::int64_t left = kMostNewPartitions;
  for (const NewTopic& topic : topics) {
    const Result<Planned> planned = plan(context, topic, names, left);
    if (!planned) {
      decision.outcomes.emplace_back(fail(planned.error()));
      continue;
    }
    const auto count = static_cast<std::int32_t>(planned->partitions.size());
    left -= count;
    if (const std::string flat = flatten(topic.name); !flat.empty()) {
      names.flattened.emplace(flat, topic.name);
    }
    add_records(decision.records, topic.name, *planned);
    const auto factor = static_cast<std::int16_t>(planned->partitions.front().replicas.size());
    decision.outcomes.emplace_back(CreatedTopic{planned->id, count, factor});
  }
  return decision;
}

}  // namespace cluster

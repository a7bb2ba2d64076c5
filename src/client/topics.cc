#include "client/topics.h"

#include <algorithm>

#include "base/similar.h"
#include "wire/003_metadata.h"
#include "wire/019_create_topics.h"
#include "wire/020_delete_topics.h"
#include "wire/021_delete_records.h"
#include "wire/037_create_partitions.h"

namespace client {

namespace {

Partition partition_of(const wire::MetadataResponse::MetadataResponsePartition& from) {
  return {from.partition_index, from.leader_id, from.leader_epoch,
          from.replica_nodes,   from.isr_nodes, from.offline_replicas};
}

TopicInfo topic_of(const wire::MetadataResponse::MetadataResponseTopic& from) {
  TopicInfo topic{from.name.value_or(TopicName{}), from.topic_id, from.is_internal, {}};
  for (const auto& partition : from.partitions) topic.partitions.push_back(partition_of(partition));
  std::ranges::sort(topic.partitions, {}, &Partition::index);
  return topic;
}

// The one answer to a request about one thing.
template <class Answers>
Result<const typename Answers::value_type*> only(const Answers& answers, const Connection& broker) {
  if (answers.size() == 1) return &answers.front();
  return fail(ErrorCode::UnknownServerError,
              fmt::format("{} gave {} answers for 1", to_text(broker.address()), answers.size()));
}

std::int32_t request_timeout(const Cluster& cluster) {
  // Let the broker give up first: its answer says more than our silence.
  return static_cast<std::int32_t>(
      std::min<std::int64_t>(cluster.settings().timeout.count() * 9 / 10, 1 << 30));
}

Error unknown_topic(const TopicName& name, const std::vector<TopicInfo>& topics) {
  std::vector<std::string> names;
  for (const TopicInfo& topic : topics) names.push_back(topic.name.value);
  const std::optional<std::string> near = most_similar(name.value, names);
  return {
      ErrorCode::UnknownTopicOrPartition,
      near ? fmt::format("no topic '{}'; did you mean '{}'?", name.value, *near)
           : fmt::format("no topic '{}'\nSee what there is with: thalweg topic list", name.value)};
}

}  // namespace

env::Task<Result<std::vector<TopicInfo>>> list_topics(Cluster& cluster) {
  wire::MetadataRequest request;  // No list: all topics.
  request.topics.reset();
  request.allow_auto_topic_creation = false;
  CO_TRY(const wire::MetadataResponse response,
         co_await cluster.any().ask(std::move(request), wire::read_metadata_response));
  std::vector<TopicInfo> topics;
  for (const auto& topic : response.topics) topics.push_back(topic_of(topic));
  std::ranges::sort(topics, {}, &TopicInfo::name);
  co_return topics;
}

env::Task<Result<TopicInfo>> find_topic(Cluster& cluster, TopicName name) {
  wire::MetadataRequest request;
  request.topics.emplace();
  request.topics->emplace_back().name = name;
  request.allow_auto_topic_creation = false;
  CO_TRY(const wire::MetadataResponse response,
         co_await cluster.any().ask(std::move(request), wire::read_metadata_response));
  CO_TRY(const auto* topic, only(response.topics, cluster.any()));
  if (topic->error_code == ErrorCode::UnknownTopicOrPartition) {
    CO_TRY(const std::vector<TopicInfo> known, co_await list_topics(cluster));
    co_return fail(unknown_topic(name, known));
  }
  // A partition without a leader is shown as such; only the topic's own error ends the matter.
  if (topic->error_code != ErrorCode::None && topic->error_code != ErrorCode::LeaderNotAvailable) {
    co_return fail(broker_error(topic->error_code, {}, fmt::format("topic '{}'", name.value)));
  }
  co_return topic_of(*topic);
}

env::Task<Result<CreatedTopic>> create_topic(Cluster& cluster, NewTopic topic) {
  CO_TRY(Connection * controller, co_await cluster.controller());
  wire::CreateTopicsRequest request{.timeout_ms = request_timeout(cluster),
                                    .validate_only = topic.validate_only};
  auto& wanted = request.topics.emplace_back();
  wanted.name = topic.name;
  wanted.num_partitions = topic.partitions;
  wanted.replication_factor = topic.replication_factor;
  for (auto& [name, value] : topic.configs) wanted.configs.push_back({name, value});
  CO_TRY(const wire::CreateTopicsResponse response,
         co_await controller->ask(std::move(request), wire::read_create_topics_response));
  CO_TRY(const auto* result, only(response.topics, *controller));
  if (result->error_code != ErrorCode::None) {
    co_return fail(broker_error(result->error_code, result->error_message,
                                fmt::format("topic '{}' was not created", topic.name.value)));
  }
  co_return CreatedTopic{result->topic_id, result->num_partitions, result->replication_factor};
}

env::Task<Result<void>> delete_topic(Cluster& cluster, TopicName name) {
  CO_TRY(Connection * controller, co_await cluster.controller());
  CO_TRY(const wire::Version version, controller->common_version(wire::DeleteTopicsRequest::api));
  wire::DeleteTopicsRequest request{.timeout_ms = request_timeout(cluster)};
  if (version >= 6) {
    request.topics.emplace_back().name = name;
  } else {
    request.topic_names.push_back(name);
  }
  CO_TRY(const wire::DeleteTopicsResponse response,
         co_await controller->ask(std::move(request), wire::read_delete_topics_response));
  CO_TRY(const auto* result, only(response.responses, *controller));
  if (result->error_code == ErrorCode::None) co_return Result<void>{};
  if (result->error_code == ErrorCode::UnknownTopicOrPartition) {
    CO_TRY(const std::vector<TopicInfo> known, co_await list_topics(cluster));
    co_return fail(unknown_topic(name, known));
  }
  co_return fail(broker_error(result->error_code, result->error_message,
                              fmt::format("topic '{}' was not deleted", name.value)));
}

env::Task<Result<void>> grow_topic(Cluster& cluster, TopicName name, std::int32_t partitions,
                                   bool validate_only) {
  CO_TRY(Connection * controller, co_await cluster.controller());
  wire::CreatePartitionsRequest request{.timeout_ms = request_timeout(cluster),
                                        .validate_only = validate_only};
  auto& wanted = request.topics.emplace_back();
  wanted.name = name;
  wanted.count = partitions;
  CO_TRY(const wire::CreatePartitionsResponse response,
         co_await controller->ask(std::move(request), wire::read_create_partitions_response));
  CO_TRY(const auto* result, only(response.results, *controller));
  if (result->error_code == ErrorCode::None) co_return Result<void>{};
  co_return fail(broker_error(result->error_code, result->error_message,
                              fmt::format("topic '{}' did not get more partitions", name.value)));
}

env::Task<Result<Offset>> trim(Cluster& cluster, Trim what) {
  CO_TRY(const TopicInfo topic, co_await find_topic(cluster, what.partition.topic));
  const auto partition =
      std::ranges::find(topic.partitions, what.partition.partition, &Partition::index);
  if (partition == topic.partitions.end()) {
    co_return fail(ErrorCode::UnknownTopicOrPartition,
                   fmt::format("topic '{}' has partitions 0 to {}", topic.name.value,
                               static_cast<std::int64_t>(topic.partitions.size()) - 1));
  }
  CO_TRY(Connection * leader, co_await cluster.broker(partition->leader));
  wire::DeleteRecordsRequest request{.timeout_ms = request_timeout(cluster)};
  auto& wanted = request.topics.emplace_back();
  wanted.name = what.partition.topic;
  wanted.partitions.push_back({what.partition.partition, what.before});
  CO_TRY(const wire::DeleteRecordsResponse response,
         co_await leader->ask(std::move(request), wire::read_delete_records_response));
  CO_TRY(const auto* answer, only(response.topics, *leader));
  CO_TRY(const auto* result, only(answer->partitions, *leader));
  if (result->error_code == ErrorCode::None) co_return result->low_watermark;
  co_return fail(broker_error(result->error_code, {}, "the records were not removed"));
}

}  // namespace client

// Deleting groups, and what they have committed.
#include "client/group_parts.h"
#include "client/topics.h"
#include "wire/042_delete_groups.h"
#include "wire/047_offset_delete.h"
#include "wire/092_delete_share_group_offsets.h"

namespace client {

namespace {

Error still_used(const GroupId& group, ErrorCode code, const TopicName& topic) {
  if (code == ErrorCode::GroupSubscribedToTopic || code == ErrorCode::NonEmptyGroup) {
    return {code, fmt::format("group '{}' has members that read '{}', so its offsets there stay\n"
                              "Stop its consumers first; see them with: thalweg group members {}",
                              group.value, topic.value, group.value)};
  }
  return broker_error(code, {},
                      fmt::format("group '{}' did not forget '{}'", group.value, topic.value));
}

env::Task<Result<void>> forget_classic(Cluster& cluster, GroupId group, TopicName topic) {
  CO_TRY(const CommittedOffsets committed, co_await committed_offsets(cluster, group));
  wire::OffsetDeleteRequest request{.group_id = group};
  auto& asked = request.topics.emplace_back();
  asked.name = topic;
  for (const auto& [partition, at] : committed) {
    if (partition.topic == topic) asked.partitions.push_back({partition.partition});
  }
  if (asked.partitions.empty()) {
    co_return fail(ErrorCode::UnknownTopicOrPartition,
                   fmt::format("group '{}' has committed nothing for '{}'\nSee what it has with: "
                               "thalweg group describe {}",
                               group.value, topic.value, group.value));
  }
  CO_TRY(Connection * coordinator, co_await cluster.coordinator(group));
  CO_TRY(const wire::OffsetDeleteResponse response,
         co_await coordinator->ask(std::move(request), wire::read_offset_delete_response));
  if (response.error_code != ErrorCode::None) {
    co_return fail(still_used(group, response.error_code, topic));
  }
  for (const auto& answered : response.topics) {
    for (const auto& partition : answered.partitions) {
      if (partition.error_code != ErrorCode::None) {
        co_return fail(still_used(group, partition.error_code, topic));
      }
    }
  }
  co_return Result<void>{};
}

env::Task<Result<void>> forget_share(Cluster& cluster, GroupId group, TopicName topic) {
  CO_TRY(Connection * coordinator, co_await cluster.coordinator(group));
  wire::DeleteShareGroupOffsetsRequest request{.group_id = group};
  request.topics.emplace_back().topic_name = topic;
  CO_TRY(const wire::DeleteShareGroupOffsetsResponse response,
         co_await coordinator->ask(std::move(request),
                                   wire::read_delete_share_group_offsets_response));
  if (response.error_code != ErrorCode::None) {
    co_return fail(still_used(group, response.error_code, topic));
  }
  for (const auto& answered : response.responses) {
    if (answered.error_code != ErrorCode::None) {
      co_return fail(still_used(group, answered.error_code, topic));
    }
  }
  co_return Result<void>{};
}

}  // namespace

env::Task<Result<void>> delete_group(Cluster& cluster, GroupId group) {
  CO_TRY(Connection * coordinator, co_await cluster.coordinator(group));
  wire::DeleteGroupsRequest request;
  request.groups_names.push_back(group);
  CO_TRY(const wire::DeleteGroupsResponse response,
         co_await coordinator->ask(std::move(request), wire::read_delete_groups_response));
  const ErrorCode code = response.results.size() == 1 ? response.results.front().error_code
                                                      : ErrorCode::UnknownServerError;
  if (code == ErrorCode::None) co_return Result<void>{};
  if (code == ErrorCode::GroupIdNotFound) {
    const Error error = co_await unknown_group(cluster, group);
    co_return fail(error);
  }
  if (code == ErrorCode::NonEmptyGroup) {
    co_return fail(
        code, fmt::format("group '{}' has members, so it cannot be deleted\nStop its consumers "
                          "first; see them with: thalweg group describe {}",
                          group.value, group.value));
  }
  co_return fail(broker_error(code, {}, fmt::format("group '{}' was not deleted", group.value)));
}

env::Task<Result<void>> forget_topic(Cluster& cluster, GroupId group, std::string type,
                                     TopicName topic) {
  if (type == "share") {
    Result<void> done = co_await forget_share(cluster, std::move(group), std::move(topic));
    co_return done;
  }
  Result<void> done = co_await forget_classic(cluster, std::move(group), std::move(topic));
  co_return done;
}

}  // namespace client

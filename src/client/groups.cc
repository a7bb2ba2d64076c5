#include "client/groups.h"

#include <algorithm>

#include "client/group_parts.h"
#include "wire/008_offset_commit.h"
#include "wire/009_offset_fetch.h"
#include "wire/016_list_groups.h"

namespace client {

namespace {

// From version 10 on topics go by id; names serve every cluster.
constexpr wire::Version kLastByName = 9;
constexpr wire::Version kFirstWithGroups = 8;

struct FetchedPartition {
  TopicPartition partition;
  Committed committed;
  ErrorCode error = ErrorCode::None;
};

// Versions before 8 ask for one group in fields of their own.
std::vector<FetchedPartition> partitions_of(const wire::OffsetFetchResponse& response) {
  std::vector<FetchedPartition> all;
  const auto add = [&](const auto& topics) {
    for (const auto& topic : topics) {
      for (const auto& partition : topic.partitions) {
        all.push_back({{topic.name, partition.partition_index},
                       {partition.committed_offset, partition.metadata.value_or("")},
                       partition.error_code});
      }
    }
  };
  add(response.topics);
  for (const auto& group : response.groups) add(group.topics);
  return all;
}

ErrorCode error_of(const wire::OffsetFetchResponse& response) {
  for (const auto& group : response.groups) {
    if (group.error_code != ErrorCode::None) return group.error_code;
  }
  return response.error_code;
}

Error refused_commit(const GroupId& group, ErrorCode code) {
  if (code == ErrorCode::UnknownMemberId || code == ErrorCode::IllegalGeneration ||
      code == ErrorCode::RebalanceInProgress || code == ErrorCode::StaleMemberEpoch) {
    return {
        code,
        fmt::format("group '{}' has members, so its offsets cannot be set\nStop its consumers, or "
                    "wait until their sessions run out, and try again.",
                    group.value)};
  }
  return broker_error(code, {}, fmt::format("offsets of group '{}' were not set", group.value));
}

}  // namespace

env::Task<Result<std::vector<ListedGroup>>> list_groups(Cluster& cluster) {
  std::vector<ListedGroup> groups;
  const std::vector<Broker> brokers = cluster.brokers();
  for (const Broker& broker : brokers) {
    CO_TRY(Connection * connection, co_await cluster.broker(broker.id));
    CO_TRY(const wire::ListGroupsResponse response,
           co_await connection->ask(wire::ListGroupsRequest{}, wire::read_list_groups_response));
    if (response.error_code != ErrorCode::None &&
        response.error_code != ErrorCode::CoordinatorNotAvailable) {
      co_return fail(
          broker_error(response.error_code, {},
                       fmt::format("broker {} does not list its groups", broker.id.value)));
    }
    for (const auto& group : response.groups) {
      groups.push_back(
          {group.group_id, group.group_state, group.group_type, group.protocol_type, broker.id});
    }
  }
  std::ranges::sort(groups, {}, &ListedGroup::id);
  co_return groups;
}

env::Task<Result<CommittedOffsets>> committed_offsets(Cluster& cluster, GroupId group) {
  CO_TRY(Connection * coordinator, co_await cluster.coordinator(group));
  CO_TRY(const wire::Version version,
         coordinator->common_version(wire::OffsetFetchRequest::api, kLastByName));
  wire::OffsetFetchRequest request;
  if (version >= kFirstWithGroups) {
    request.topics
        .emplace();  // That field is of the older versions, and may not be null in them all.
    request.groups.emplace_back().group_id = group;  // No topics: all that it has committed.
  } else {
    request.group_id = group;
    request.topics.reset();
  }
  CO_TRY(
      const wire::OffsetFetchResponse response,
      co_await coordinator->ask(std::move(request), wire::read_offset_fetch_response, kLastByName));
  const ErrorCode code = error_of(response);
  if (code == ErrorCode::GroupIdNotFound) co_return CommittedOffsets{};
  if (code != ErrorCode::None) {
    co_return fail(broker_error(code, {}, fmt::format("offsets of group '{}'", group.value)));
  }
  CommittedOffsets committed;
  for (const FetchedPartition& fetched : partitions_of(response)) {
    if (fetched.error == ErrorCode::None && fetched.committed.offset.value >= 0) {
      committed[fetched.partition] = fetched.committed;
    }
  }
  co_return committed;
}

env::Task<Result<void>> commit_offsets(Cluster& cluster, GroupId group,
                                       std::map<TopicPartition, Offset> offsets) {
  CO_TRY(Connection * coordinator, co_await cluster.coordinator(group));
  co_return co_await commit_offsets(*coordinator, std::move(group), std::move(offsets));
}

env::Task<Result<void>> commit_offsets(Connection& coordinator, GroupId group,
                                       std::map<TopicPartition, Offset> offsets) {
  wire::OffsetCommitRequest request;
  request.group_id = group;
  for (const auto& [partition, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    auto& one = request.topics.back().partitions.emplace_back();
    one.partition_index = partition.partition;
    one.committed_offset = offset;
    one.committed_metadata = "";
  }
  CO_TRY(
      const wire::OffsetCommitResponse response,
      co_await coordinator.ask(std::move(request), wire::read_offset_commit_response, kLastByName));
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.error_code != ErrorCode::None) {
        co_return fail(refused_commit(group, partition.error_code));
      }
    }
  }
  co_return Result<void>{};
}

}  // namespace client

// Describing a group of either protocol. The new one is asked first, where the cluster speaks it:
// it says GroupIdNotFound of a classic group, while a classic answer for a new group is a lie
// ("Dead").
#include <algorithm>

#include "base/similar.h"
#include "client/group_parts.h"
#include "wire/015_describe_groups.h"
#include "wire/069_consumer_group_describe.h"
#include "wire/consumer_protocol.h"

namespace client {

namespace {

constexpr std::string_view kDead = "Dead";

// A classic assignment is the consumers' own format, behind a version.
std::vector<TopicPartition> read_assignment(Bytes bytes) {
  if (bytes.size() < 2) return {};
  const auto version =
      std::min<wire::Version>(load_big<wire::Version>(bytes.data()), 3);  // Later ones only add.
  const auto assignment = wire::read_consumer_protocol_assignment(bytes.subspan(2), version);
  std::vector<TopicPartition> partitions;
  if (!assignment) return partitions;  // Of other protocols (connect), which we cannot read.
  for (const auto& topic : assignment->assigned_partitions) {
    for (const PartitionIndex index : topic.partitions) partitions.push_back({topic.topic, index});
  }
  std::ranges::sort(partitions);
  return partitions;
}

GroupMember member_of(const wire::DescribeGroupsResponse::DescribedGroupMember& from) {
  return {from.member_id, from.group_instance_id, from.client_id, from.client_host,
          read_assignment(from.member_assignment)};
}

GroupMember member_of(const wire::ConsumerGroupDescribeResponse::Member& from) {
  GroupMember member{from.member_id, from.instance_id, from.client_id, from.client_host, {}};
  for (const auto& topic : from.assignment.topic_partitions) {
    for (const PartitionIndex index : topic.partitions)
      member.assignment.push_back({topic.topic_name, index});
  }
  std::ranges::sort(member.assignment);
  return member;
}

// Nothing when it is no group of the new protocol.
env::Task<Result<std::optional<GroupInfo>>> describe_new(Connection& coordinator, GroupId group) {
  if (!coordinator.speaks(wire::ConsumerGroupDescribeRequest::api))
    co_return std::optional<GroupInfo>{};
  wire::ConsumerGroupDescribeRequest request;
  request.group_ids.push_back(group);
  CO_TRY(const wire::ConsumerGroupDescribeResponse response,
         co_await coordinator.ask(std::move(request), wire::read_consumer_group_describe_response));
  if (response.groups.size() != 1) co_return std::optional<GroupInfo>{};
  const auto& found = response.groups.front();
  if (found.error_code == ErrorCode::GroupIdNotFound ||
      found.error_code == ErrorCode::UnsupportedVersion) {
    co_return std::optional<GroupInfo>{};
  }
  if (found.error_code != ErrorCode::None) {
    co_return fail(broker_error(found.error_code, found.error_message,
                                fmt::format("group '{}'", group.value)));
  }
  GroupInfo info{group, found.group_state, "consumer", "consumer", found.assignor_name, {}, {}};
  for (const auto& member : found.members) info.members.push_back(member_of(member));
  co_return info;
}

env::Task<Result<std::optional<GroupInfo>>> describe_classic(Connection& coordinator,
                                                             GroupId group) {
  wire::DescribeGroupsRequest request;
  request.groups.push_back(group);
  CO_TRY(const wire::DescribeGroupsResponse response,
         co_await coordinator.ask(std::move(request), wire::read_describe_groups_response));
  if (response.groups.size() != 1) co_return std::optional<GroupInfo>{};
  const auto& found = response.groups.front();
  if (found.error_code == ErrorCode::GroupIdNotFound || found.group_state == kDead) {
    co_return std::optional<GroupInfo>{};
  }
  if (found.error_code != ErrorCode::None) {
    co_return fail(broker_error(found.error_code, found.error_message,
                                fmt::format("group '{}'", group.value)));
  }
  GroupInfo info{group, found.group_state, "classic", found.protocol_type, found.protocol_data, {},
                 {}};
  for (const auto& member : found.members) info.members.push_back(member_of(member));
  co_return info;
}

}  // namespace

env::Task<Error> unknown_group(Cluster& cluster, GroupId group) {
  const Result<std::vector<ListedGroup>> groups = co_await list_groups(cluster);
  std::vector<std::string> names;
  if (groups) {
    for (const ListedGroup& known : *groups) names.push_back(known.id.value);
  }
  const std::optional<std::string> near = most_similar(group.value, names);
  co_return Error{
      ErrorCode::GroupIdNotFound,
      near ? fmt::format("no group '{}'; did you mean '{}'?", group.value, *near)
           : fmt::format("no group '{}'\nSee what there is with: thalweg group list", group.value)};
}

env::Task<Result<GroupInfo>> describe_group(Cluster& cluster, GroupId group) {
  CO_TRY(Connection * coordinator, co_await cluster.coordinator(group));
  CO_TRY(std::optional<GroupInfo> info, co_await describe_new(*coordinator, group));
  if (!info) {
    CO_TRY(info, co_await describe_classic(*coordinator, group));
  }
  if (!info) {
    const Error error = co_await unknown_group(cluster, group);
    co_return fail(error);
  }
  for (const Broker& broker : cluster.brokers()) {
    if (broker.address == coordinator->address()) info->coordinator = broker.id;
  }
  std::ranges::sort(info->members, {}, &GroupMember::id);
  co_return *std::move(info);
}

}  // namespace client

// Describing a group of any protocol. The new ones are asked first, where the cluster speaks them:
// they say GroupIdNotFound of a group of another kind, while a classic answer for a new group is a
// lie ("Dead").
#include <algorithm>

#include "base/similar.h"
#include "client/group_parts.h"
#include "wire/015_describe_groups.h"
#include "wire/069_consumer_group_describe.h"
#include "wire/077_share_group_describe.h"
#include "wire/consumer_protocol.h"

namespace client {

namespace {

constexpr std::string_view kDead = "Dead";
constexpr std::string_view kConsumers = "consumer";  // The protocol type whose bytes we can read.

// The consumers' own formats, which the broker passes on, stand behind a version. Later ones only
// add.
wire::Version version_of(Bytes bytes) {
  return std::min<wire::Version>(load_big<wire::Version>(bytes.data()), 3);
}

std::vector<TopicPartition> read_assignment(Bytes bytes) {
  if (bytes.size() < 2) return {};
  const auto assignment =
      wire::read_consumer_protocol_assignment(bytes.subspan(2), version_of(bytes));
  std::vector<TopicPartition> partitions;
  if (!assignment) return partitions;  // Of other protocols (connect), which we cannot read.
  for (const auto& topic : assignment->assigned_partitions) {
    for (const PartitionIndex index : topic.partitions) partitions.push_back({topic.topic, index});
  }
  std::ranges::sort(partitions);
  return partitions;
}

void read_subscription(Bytes bytes, GroupMember& into) {
  if (bytes.size() < 2) return;
  auto subscription =
      wire::read_consumer_protocol_subscription(bytes.subspan(2), version_of(bytes));
  if (!subscription) return;
  into.topics = std::move(subscription->topics);
  into.rack = std::move(subscription->rack_id);
}

template <class Assignment>
std::vector<TopicPartition> partitions_of(const Assignment& assignment) {
  std::vector<TopicPartition> partitions;
  for (const auto& topic : assignment.topic_partitions) {
    for (const PartitionIndex index : topic.partitions) {
      partitions.push_back({topic.topic_name, index});
    }
  }
  std::ranges::sort(partitions);
  return partitions;
}

GroupMember member_of(const wire::DescribeGroupsResponse::DescribedGroupMember& from,
                      bool is_consumer) {
  GroupMember member{.id = from.member_id,
                     .instance = from.group_instance_id,
                     .client_id = from.client_id,
                     .host = from.client_host};
  if (!is_consumer) return member;
  member.assignment = read_assignment(from.member_assignment);
  read_subscription(from.member_metadata, member);
  return member;
}

GroupMember member_of(const wire::ConsumerGroupDescribeResponse::Member& from) {
  return {.id = from.member_id,
          .instance = from.instance_id,
          .client_id = from.client_id,
          .host = from.client_host,
          .rack = from.rack_id,
          .epoch = from.member_epoch,
          .topics = from.subscribed_topic_names,
          .regex = from.subscribed_topic_regex.value_or(""),
          .assignment = partitions_of(from.assignment),
          .target = partitions_of(from.target_assignment)};
}

GroupMember member_of(const wire::ShareGroupDescribeResponse::Member& from) {
  return {.id = from.member_id,
          .client_id = from.client_id,
          .host = from.client_host,
          .rack = from.rack_id,
          .epoch = from.member_epoch,
          .topics = from.subscribed_topic_names,
          .assignment = partitions_of(from.assignment)};
}

// Consumer groups and share groups, whose answers look alike. Nothing when it is no such group.
template <class Request, class Response>
env::Task<Result<std::optional<GroupInfo>>> describe_new(Connection& coordinator, GroupId group,
                                                         std::string type,
                                                         Result<Response> (*read)(Bytes,
                                                                                  wire::Version)) {
  if (!coordinator.speaks(Request::api)) co_return std::optional<GroupInfo>{};
  Request request;
  request.group_ids.push_back(group);
  CO_TRY(const Response response, co_await coordinator.ask(std::move(request), read));
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
  GroupInfo info{.id = group,
                 .state = found.group_state,
                 .type = type,
                 .protocol_type = type,
                 .assignor = found.assignor_name,
                 .epoch = found.group_epoch};
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
  GroupInfo info{.id = group,
                 .state = found.group_state,
                 .type = "classic",
                 .protocol_type = found.protocol_type,
                 .assignor = found.protocol_data};
  for (const auto& member : found.members) {
    info.members.push_back(member_of(member, found.protocol_type == kConsumers));
  }
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
  CO_TRY(std::optional<GroupInfo> info,
         co_await describe_new<wire::ConsumerGroupDescribeRequest>(
             *coordinator, group, "consumer", wire::read_consumer_group_describe_response));
  if (!info) {
    CO_TRY(info, co_await describe_new<wire::ShareGroupDescribeRequest>(
                     *coordinator, group, "share", wire::read_share_group_describe_response));
  }
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

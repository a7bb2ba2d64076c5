#include "broker/coordinator_messages.h"

#include <algorithm>
#include <cctype>

namespace broker {
namespace {

constexpr std::int16_t kJoinTellsId = 4;          // KIP-394.
constexpr std::int16_t kJoinNamesType = 7;        // From here on an answer may lack a protocol.
constexpr std::int16_t kJoinSkipsAssignment = 9;  // KIP-814.
constexpr std::int16_t kLeaveTakesMany = 3;
constexpr std::int16_t kCommitKnowsEpochs = 9;
constexpr std::int64_t kDefaultRetention = -1;

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool names(const std::vector<std::string>& filter, std::string_view word) {
  return filter.empty() || std::ranges::any_of(filter, [&](const std::string& wanted) {
           return same_word(wanted, word);
         });
}

using FetchedPartition = wire::OffsetFetchResponse::OffsetFetchResponsePartitions;
using FetchedTopic = wire::OffsetFetchResponse::OffsetFetchResponseTopics;
FetchedPartition to_fetched(PartitionIndex index, const group::Committed* committed) {
  if (!committed) {
    return {.partition_index = index, .committed_offset = Offset{-1}, .metadata = ""};
  }
  return {.partition_index = index,
          .committed_offset = committed->offset,
          .committed_leader_epoch = committed->leader_epoch,
          .metadata = committed->metadata};
}

}  // namespace

group::Join to_join(wire::JoinGroupRequest request, const GroupClient& client, group::Token token,
                    MemberId fresh_id) {
  const std::int32_t rebalance_ms =
      client.version >= 1 ? request.rebalance_timeout_ms : request.session_timeout_ms;
  group::Join join{
      .token = token,
      .who = {std::move(request.member_id), std::move(request.group_instance_id)},
      .fresh_id = std::move(fresh_id),
      .client_id = client.id,
      .client_host = client.host,
      .session_timeout = Millis{request.session_timeout_ms},
      .rebalance_timeout = Millis{rebalance_ms},
      .protocol_type = std::move(request.protocol_type),
      .must_know_its_id = client.version >= kJoinTellsId,
      .can_skip_assignment = client.version >= kJoinSkipsAssignment,
  };
  join.protocols.reserve(request.protocols.size());
  for (auto& protocol : request.protocols) {
    join.protocols.push_back({std::move(protocol.name), std::move(protocol.metadata)});
  }
  return join;
}

group::Sync to_sync(wire::SyncGroupRequest request, group::Token token) {
  group::Sync sync{
      .token = token,
      .who = {std::move(request.member_id), std::move(request.group_instance_id)},
      .generation = group::Generation{request.generation_id},
      .protocol_type = std::move(request.protocol_type),
      .protocol = std::move(request.protocol_name),
  };
  sync.assignments.reserve(request.assignments.size());
  for (auto& assignment : request.assignments) {
    sync.assignments.push_back({std::move(assignment.member_id), std::move(assignment.assignment)});
  }
  return sync;
}

group::Heartbeat to_heartbeat(wire::HeartbeatRequest request, group::Token token) {
  return {.token = token,
          .who = {std::move(request.member_id), std::move(request.group_instance_id)},
          .generation = group::Generation{request.generation_id}};
}

group::Leave to_leave(const wire::LeaveGroupRequest& request, std::int16_t version,
                      group::Token token) {
  group::Leave leave{.token = token, .members = {}};
  if (version < kLeaveTakesMany) leave.members.push_back({.member = request.member_id});
  for (const auto& member : request.members) {
    leave.members.push_back({member.member_id, member.group_instance_id});
  }
  return leave;
}

group::Commit to_commit(const wire::OffsetCommitRequest& request, std::int16_t version,
                        Timestamp now) {
  group::Commit commit{
      .group = request.group_id,
      .who = {request.member_id, request.group_instance_id},
      .generation = group::Generation{request.generation_id_or_member_epoch},
      .knows_epochs = version >= kCommitKnowsEpochs,
  };
  std::optional<Timestamp> expires;
  if (request.retention_time_ms != kDefaultRetention) {
    expires = Timestamp{now.value + request.retention_time_ms};
  }
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      commit.items.push_back({.partition = {topic.name, partition.partition_index},
                              .committed = {.offset = partition.committed_offset,
                                            .leader_epoch = partition.committed_leader_epoch,
                                            .metadata = partition.committed_metadata.value_or(""),
                                            .at = now,
                                            .expires = expires,
                                            .topic_id = topic.topic_id}});
    }
  }
  return commit;
}

group::Commit to_commit(const wire::TxnOffsetCommitRequest& request, const cluster::Image& image,
                        Timestamp now) {
  group::Commit commit{
      .group = request.group_id,
      .who = {request.member_id, request.group_instance_id},
      .generation = group::Generation{request.generation_id},
      .knows_epochs = true,
      .transactional = true,
  };
  for (const auto& topic : request.topics) {
    const cluster::Topic* const found = image.find(topic.name);
    for (const auto& partition : topic.partitions) {
      commit.items.push_back({.partition = {topic.name, partition.partition_index},
                              .committed = {.offset = partition.committed_offset,
                                            .leader_epoch = partition.committed_leader_epoch,
                                            .metadata = partition.committed_metadata.value_or(""),
                                            .at = now,
                                            .topic_id = found ? found->id : TopicId{}}});
    }
  }
  return commit;
}

wire::JoinGroupResponse to_response(group::JoinReply reply, std::int16_t version) {
  wire::JoinGroupResponse response;
  response.error_code = reply.error;
  response.generation_id = reply.generation.value;
  response.protocol_type = std::move(reply.protocol_type);
  response.protocol_name = std::move(reply.protocol);
  if (!response.protocol_name && version < kJoinNamesType) response.protocol_name = "";
  response.leader = std::move(reply.leader.value);
  response.skip_assignment = reply.skip_assignment;
  response.member_id = std::move(reply.member);
  response.members.reserve(reply.members.size());
  for (auto& member : reply.members) {
    response.members.push_back(
        {std::move(member.id), std::move(member.instance), std::move(member.metadata)});
  }
  return response;
}

wire::SyncGroupResponse to_response(group::SyncReply reply) {
  wire::SyncGroupResponse response;
  response.error_code = reply.error;
  response.protocol_type = std::move(reply.protocol_type);
  response.protocol_name = std::move(reply.protocol);
  response.assignment = std::move(reply.assignment);
  return response;
}

wire::LeaveGroupResponse to_response(const group::LeaveReply& reply, std::int16_t version) {
  wire::LeaveGroupResponse response;
  if (version < kLeaveTakesMany) {
    response.error_code = reply.members.at(0).error;
    return response;
  }
  for (const auto& left : reply.members) {
    response.members.push_back({left.who.member, left.who.instance, left.error});
  }
  return response;
}

wire::OffsetCommitResponse to_response(const wire::OffsetCommitRequest& request,
                                       const Result<group::Outcome>& outcome) {
  wire::OffsetCommitResponse response;
  std::size_t next = 0;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    answered.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      const ErrorCode error = outcome ? outcome->outcomes.at(next++) : outcome.error().code;
      answered.partitions.push_back({partition.partition_index, error});
    }
  }
  return response;
}

wire::TxnOffsetCommitResponse to_response(const wire::TxnOffsetCommitRequest& request,
                                          const Result<group::Outcome>& outcome) {
  wire::TxnOffsetCommitResponse response;
  std::size_t next = 0;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const ErrorCode error = outcome ? outcome->outcomes.at(next++) : outcome.error().code;
      answered.partitions.push_back({partition.partition_index, error});
    }
  }
  return response;
}

wire::OffsetDeleteResponse to_response(const wire::OffsetDeleteRequest& request,
                                       const Result<group::Outcome>& outcome) {
  wire::OffsetDeleteResponse response;
  if (!outcome) {
    response.error_code = outcome.error().code;
    return response;
  }
  std::size_t next = 0;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& partition : topic.partitions) {
      answered.partitions.push_back({partition.partition_index, outcome->outcomes.at(next++)});
    }
  }
  return response;
}

FetchedGroup to_fetched(const wire::OffsetFetchRequest::OffsetFetchRequestGroup& request,
                        const group::Group* group, const cluster::Image& image) {
  FetchedGroup fetched{.group_id = request.group_id};
  if (!request.topics) {
    if (!group) return fetched;
    for (const auto& [name, partitions] : group->offsets) {
      FetchedTopic topic{.name = name};
      for (const auto& [index, committed] : partitions) {
        if (group::is_of_former_topic(name, committed, image)) continue;
        topic.partitions.push_back(to_fetched(index, &committed));
      }
      if (!topic.partitions.empty()) fetched.topics.push_back(std::move(topic));
    }
    return fetched;
  }
  for (const auto& asked : *request.topics) {
    auto& topic = fetched.topics.emplace_back();
    topic.name = asked.name;
    topic.topic_id = asked.topic_id;
    for (const PartitionIndex index : asked.partition_indexes) {
      const auto* committed = group ? group::find_offset(*group, {asked.name, index}) : nullptr;
      if (committed && group::is_of_former_topic(asked.name, *committed, image))
        committed = nullptr;
      topic.partitions.push_back(to_fetched(index, committed));
    }
  }
  return fetched;
}

void withhold_unstable(FetchedGroup& fetched, const group::PendingOffsets& pending) {
  if (pending.empty()) return;
  for (auto& topic : fetched.topics) {
    for (auto& partition : topic.partitions) {
      if (!pending.holds(fetched.group_id, {topic.name, partition.partition_index})) continue;
      partition = {.partition_index = partition.partition_index,
                   .committed_offset = Offset{-1},
                   .metadata = "",
                   .error_code = ErrorCode::UnstableOffsetCommit};
    }
  }
}

DescribedGroup to_described(const group::Classic& group) {
  DescribedGroup described{.group_id = group.id,
                           .group_state = std::string(group::to_text(group.state)),
                           .protocol_type = group.protocol_type.value_or("")};
  // While a group rebalances its members' work is in motion, and there is none to show.
  const bool is_stable = group.state == group::State::Stable;
  if (is_stable) described.protocol_data = group.protocol.value_or("");
  described.members.reserve(group.members.size());
  for (const auto& [id, member] : group.members) {
    auto& shown = described.members.emplace_back();
    shown.member_id = id;
    shown.group_instance_id = member.instance;
    shown.client_id = member.client_id;
    shown.client_host = member.client_host;
    if (!is_stable) continue;
    shown.member_metadata = to_vector(member.metadata(described.protocol_data));
    shown.member_assignment = member.assignment;
  }
  return described;
}

wire::ListGroupsResponse::ListedGroup to_listed(const group::Group& group) {
  return {.group_id = group.id(),
          .protocol_type = group::protocol_type_of(group),
          .group_state = std::string(group::state_of(group)),
          .group_type = std::string(group::type_of(group))};
}

bool is_asked_for(const wire::ListGroupsRequest& request, const group::Group& group) {
  return names(request.states_filter, group::state_of(group)) &&
         names(request.types_filter, group::type_of(group));
}

}  // namespace broker

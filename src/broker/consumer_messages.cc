// Between the messages of consumer groups (KIP-848) and what such groups understand.
#include "broker/coordinator_messages.h"

namespace broker {
namespace {

constexpr std::int16_t kClientsNameThemselves = 1;
constexpr std::int8_t kClassicMember = 0;
constexpr std::int8_t kConsumerMember = 1;

using Assignment = wire::ConsumerGroupDescribeResponse::Assignment;
Assignment to_shown(const group::Assigned& assigned, const cluster::Image& image) {
  Assignment shown;
  for (const auto& [id, partitions] : assigned) {
    const cluster::Topic* topic = image.find(id);
    if (topic) shown.topic_partitions.push_back({id, topic->name, partitions});
  }
  return shown;
}

}  // namespace

bool may_ask_for_id(std::int16_t version) { return version < kClientsNameThemselves; }

group::ConsumerHeartbeat to_consumer_heartbeat(wire::ConsumerGroupHeartbeatRequest request,
                                               const GroupClient& client, group::Token token,
                                               MemberId fresh_id) {
  group::ConsumerHeartbeat beat{
      .token = token,
      .who = {std::move(request.member_id), std::move(request.instance_id)},
      .fresh_id = std::move(fresh_id),
      .epoch = group::Epoch{request.member_epoch},
      .client_id = client.id,
      .client_host = client.host,
      .rack = std::move(request.rack_id),
      .regex = std::move(request.subscribed_topic_regex),
      .assignor = std::move(request.server_assignor),
  };
  if (request.rebalance_timeout_ms >= 0) {
    beat.rebalance_timeout = Millis{request.rebalance_timeout_ms};
  }
  if (request.subscribed_topic_names) {
    beat.topics.emplace(request.subscribed_topic_names->begin(),
                        request.subscribed_topic_names->end());
  }
  if (request.topic_partitions) beat.owned = group::gather(*request.topic_partitions);
  return beat;
}

wire::ConsumerGroupHeartbeatResponse to_response(group::ConsumerReply reply) {
  wire::ConsumerGroupHeartbeatResponse response;
  response.error_code = reply.error;
  response.member_epoch = reply.epoch.value;
  response.heartbeat_interval_ms = static_cast<std::int32_t>(reply.heartbeat_interval.count());
  if (reply.error != ErrorCode::None) {
    response.error_message = std::move(reply.message);
    return response;
  }
  response.member_id = std::move(reply.member);
  if (!reply.assignment) return response;
  wire::ConsumerGroupHeartbeatResponse::Assignment assignment;
  for (auto& [topic, partitions] : *reply.assignment) {
    assignment.topic_partitions.push_back({topic, std::move(partitions)});
  }
  response.assignment = std::move(assignment);
  return response;
}

DescribedConsumerGroup to_described(const group::Consumer& group, const cluster::Image& image,
                                    const group::ConsumerLimits& limits) {
  DescribedConsumerGroup described{.group_id = group.id,
                                   .group_state = std::string(to_text(group.state())),
                                   .group_epoch = group.epoch.epoch.value,
                                   .assignment_epoch = group.target_epoch.value,
                                   .assignor_name = group::preferred_assignor(group, limits)};
  described.members.reserve(group.members.size());
  for (const auto& [id, member] : group.members) {
    const group::MemberFacts& facts = member.facts;
    described.members.push_back(
        {.member_id = id,
         .instance_id = facts.instance,
         .rack_id = facts.rack,
         .member_epoch = member.holding.epoch.value,
         .client_id = facts.client_id,
         .client_host = facts.client_host,
         .subscribed_topic_names = {facts.topics.begin(), facts.topics.end()},
         .subscribed_topic_regex = facts.regex,
         .assignment = to_shown(member.holding.assigned, image),
         .target_assignment = to_shown(group.target_of(id), image),
         .member_type = facts.classic ? kClassicMember : kConsumerMember});
  }
  return described;
}

}  // namespace broker

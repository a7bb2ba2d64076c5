// Takes a member into a share group, keeps it there, tells it its partitions, and lets it go.
//
// Partitions that the group has not had yet get their state begun here, before the answer: so the
// member has them at once, and not only with its next heartbeat.
#include "wire/076_share_group_heartbeat.h"

#include "broker/at_group.h"
#include "broker/at_share_state.h"
#include "broker/handlers/handlers.h"
#include "broker/make_internal_topic.h"
#include "broker/share_requests.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::ShareGroupHeartbeatRequest;
using Response = wire::ShareGroupHeartbeatResponse;

group::ShareHeartbeat to_heartbeat(const Request& request, const GroupClient& client) {
  group::ShareHeartbeat beat{.token = {},
                             .member = request.member_id,
                             .epoch = group::Epoch{request.member_epoch},
                             .client_id = client.id,
                             .client_host = client.host,
                             .rack = request.rack_id};
  if (request.subscribed_topic_names) {
    beat.topics.emplace(request.subscribed_topic_names->begin(),
                        request.subscribed_topic_names->end());
  }
  return beat;
}

Response to_response(group::ShareReply reply) {
  Response response;
  response.error_code = reply.error;
  response.member_epoch = reply.epoch.value;
  response.heartbeat_interval_ms = static_cast<std::int32_t>(reply.heartbeat_interval.count());
  if (reply.error != ErrorCode::None) {
    response.error_message = std::move(reply.message);
    return response;
  }
  response.member_id = std::move(reply.member);
  if (!reply.assignment) return response;
  Response::Assignment assignment;
  for (auto& [topic, partitions] : *reply.assignment) {
    assignment.topic_partitions.push_back({topic, std::move(partitions)});
  }
  response.assignment = std::move(assignment);
  return response;
}

env::Task<group::ShareReply> beat_once(Call& call, GroupId group, group::ShareHeartbeat beat) {
  Result<group::ShareReply> reply = co_await at_group<group::ShareReply>(
      call, group,
      [group, beat](GroupCoordinator& groups) { return groups.share_heartbeat(group, beat); });
  if (reply) co_return std::move(*reply);
  co_return group::ShareReply{.error = reply.error().code, .message = reply.error().detail};
}

struct Begun {
  TopicId topic;
  PartitionIndex partition;
  bool done = false;
};

env::Task<Begun> begin_one(Call& call, share::Key key, share::Initialize wish) {
  const Result<void> done = co_await at_share_state<void>(
      call.engine(), key,
      [key, wish](ShareCoordinator& state) { return state.initialize(key, wish); });
  co_return Begun{key.topic, key.partition, done.has_value()};
}

// Has the state of partitions begun, and tells the group. What fails now is tried again with a
// later heartbeat.
env::Task<void> begin_states(Call& call, GroupId group, const group::ShareReply& found) {
  const Result<void> made = co_await make_share_state_topic(call);
  group::ShareBegun outcome{.token = {}};
  if (made) {
    std::vector<env::Task<Begun>> tasks;
    for (const auto& [topic, partitions] : found.to_begin) {
      for (const PartitionIndex partition : partitions) {
        tasks.push_back(
            begin_one(call, {group, topic, partition}, {.state_epoch = found.state_epoch.value}));
      }
    }
    const std::vector<Begun> all = co_await env::all(call.shard(), std::move(tasks));
    for (const Begun& one : all) {
      (one.done ? outcome.begun : outcome.failed)[one.topic].push_back(one.partition);
    }
    group::put_in_order(outcome.begun);
    group::put_in_order(outcome.failed);
  } else {
    outcome.failed = found.to_begin;
  }
  const Result<group::ShareReply> told = co_await at_group<group::ShareReply>(
      call, group,
      [group, outcome](GroupCoordinator& groups) { return groups.share_begun(group, outcome); });
  // A coordinator that has moved meanwhile finds the partitions not begun, and has them begun
  // again.
  if (!told) co_return;
}

}  // namespace

env::Task<Response> share_group_heartbeat(Call& call, Request request) {
  const GroupId group = request.group_id;
  const GroupClient client = group_client(call);
  group::ShareHeartbeat beat = to_heartbeat(request, client);
  group::ShareReply reply = co_await beat_once(call, group, beat);
  if (reply.error != ErrorCode::None) co_return to_response(std::move(reply));
  if (beat.epoch == group::kLeaving) {
    co_await end_share_member(call.engine(), {group, beat.member});
    co_return to_response(std::move(reply));
  }
  if (!reply.to_begin.empty()) {
    co_await begin_states(call, group, reply);
    // As if the member had sent its next heartbeat already; joining, it is told all it has.
    beat.topics.reset();
    const bool joining = beat.epoch == group::kJoining;
    beat.epoch = reply.epoch;
    group::ShareReply next = co_await beat_once(call, group, beat);
    if (next.error == ErrorCode::None) {
      if (joining && !next.assignment) next.assignment = std::move(reply.assignment);
      reply = std::move(next);
    }
  }
  co_return to_response(std::move(reply));
}

}  // namespace broker

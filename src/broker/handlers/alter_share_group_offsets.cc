// Moves a share group without members to other offsets. What it had done there is forgotten.
#include "wire/091_alter_share_group_offsets.h"

#include "broker/at_group.h"
#include "broker/at_share_state.h"
#include "broker/handlers/handlers.h"
#include "broker/make_internal_topic.h"
#include "broker/share_requests.h"

namespace broker {
namespace {

using Request = wire::AlterShareGroupOffsetsRequest;
using Response = wire::AlterShareGroupOffsetsResponse;
using Topic = Response::AlterShareGroupOffsetsResponseTopic;

// The partitions that there are.
group::ShareStates known_part(Call& call, const Request& request) {
  group::ShareStates states;
  for (const auto& asked : request.topics) {
    const cluster::Topic* topic = call.image().find(asked.topic_name);
    if (!topic) continue;
    group::Assigned known;
    for (const auto& partition : asked.partitions) {
      if (topic->find(partition.partition_index)) {
        known[topic->id].push_back(partition.partition_index);
      }
    }
    group::put_in_order(known);
    if (!known.empty()) states.begun[topic->id] = {topic->name, known.begin()->second};
  }
  return states;
}

env::Task<Result<group::Epoch>> reset_group(Call& call, const Request& request) {
  if (request.group_id.value.empty()) {
    co_return fail(ErrorCode::InvalidGroupId, "the group's name is empty");
  }
  CO_TRY_VOID(co_await make_offsets_topic(call));
  CO_TRY_VOID(co_await make_share_state_topic(call));
  const GroupId group = request.group_id;
  const group::ShareStates known = known_part(call, request);
  Result<Result<group::Epoch>> epoch = co_await at_group<Result<group::Epoch>>(
      call, group,
      [group, known](GroupCoordinator& groups) { return groups.reset_share(group, known); });
  if (!epoch) co_return fail(epoch.error());
  co_return *epoch;
}

env::Task<Error> reset_one(Call& call, share::Key key, share::Initialize wish) {
  const cluster::Topic* topic = call.image().find(key.topic);
  if (!topic || !topic->find(key.partition)) {
    co_return Error{ErrorCode::UnknownTopicOrPartition, "there is no such partition"};
  }
  const Result<void> done = co_await at_share_state<void>(
      call.engine(), key,
      [key, wish](ShareCoordinator& state) { return state.initialize(key, wish); });
  co_return done ? Error{} : done.error();
}

}  // namespace

env::Task<Response> alter_share_group_offsets(Call& call, Request request) {
  Response response;
  const Result<group::Epoch> epoch = co_await reset_group(call, request);
  if (!epoch) {
    response.error_code = epoch.error().code;
    response.error_message = epoch.error().detail;
    co_return response;
  }
  for (const auto& asked : request.topics) {
    const cluster::Topic* found = call.image().find(asked.topic_name);
    Topic topic{.topic_name = asked.topic_name, .topic_id = found ? found->id : TopicId{}};
    for (const auto& partition : asked.partitions) {
      const share::Key key{request.group_id, topic.topic_id, partition.partition_index};
      const share::Initialize wish{.state_epoch = epoch->value, .start = partition.start_offset};
      const Error error = co_await reset_one(call, key, wish);
      auto& answer = topic.partitions.emplace_back();
      answer.partition_index = partition.partition_index;
      answer.error_code = error.code;
      if (error.code != ErrorCode::None) answer.error_message = error.detail;
    }
    response.responses.push_back(std::move(topic));
  }
  co_await forget_share_group(call.engine(), request.group_id);
  co_return response;
}

}  // namespace broker

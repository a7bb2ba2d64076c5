// Asking the coordinator of a group from a handler, wherever the group lives.
#pragma once
#include <utility>

#include "broker/call.h"
#include "broker/coordinator.h"
#include "broker/engine.h"
#include "cluster/image.h"
#include "cluster/names.h"

namespace broker {

inline GroupClient group_client(Call& call) {
  return {.id = call.client_id(), .host = "/" + call.client().peer.host, .version = call.version()};
}

// Runs the Task<T> that `use(GroupCoordinator&)` gives on the shard that coordinates the group.
// CoordinatorNotAvailable while the topic that keeps groups has not been made: FindCoordinator
// makes it.
template <class T, class Use>
env::Task<Result<T>> at_group(Call& call, GroupId group, Use use) {
  const cluster::ImagePtr image = call.engine().image();
  const cluster::Topic* topic = image->find(cluster::kOffsetsTopic);
  if (!topic) co_return fail(ErrorCode::CoordinatorNotAvailable, "no group has been asked for yet");
  const Node& node = call.engine().node();
  const auto count = static_cast<std::int32_t>(topic->partitions.size());
  const PartitionIndex index = GroupCoordinator::partition_of(group, count);
  if (topic->find(index)->leader != node.id) {
    co_return fail(ErrorCode::NotCoordinator, "another broker coordinates the group");
  }
  Engine* const owner = &node.owner_of(topic->id, index);
  T answer = co_await call.on<T>(owner->shard(), [owner, count, use = std::move(use)]() mutable {
    owner->groups().set_partitions(count);
    return use(owner->groups());
  });
  co_return answer;
}

}  // namespace broker

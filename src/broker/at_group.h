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

// The shard that coordinates a group, and of how many partitions of `__consumer_offsets` the
// group's is one. CoordinatorNotAvailable while the topic that keeps groups has not been made:
// FindCoordinator makes it.
struct GroupPlace {
  Engine* owner;
  std::int32_t partitions;
};
inline Result<GroupPlace> place_of(Engine& here, const GroupId& group) {
  const cluster::ImagePtr image = here.image();
  const cluster::Topic* topic = image->find(cluster::kOffsetsTopic);
  if (!topic) return fail(ErrorCode::CoordinatorNotAvailable, "no group has been asked for yet");
  const Node& node = here.node();
  const auto count = static_cast<std::int32_t>(topic->partitions.size());
  const PartitionIndex index = GroupCoordinator::partition_of(group, count);
  if (topic->find(index)->leader != node.id) {
    return fail(ErrorCode::NotCoordinator, "another broker coordinates the group");
  }
  return GroupPlace{&node.owner_of(topic->id, index), count};
}

// Runs the Task<T> that `use(GroupCoordinator&)` gives on the shard that coordinates the group.
template <class T, class Use>
env::Task<Result<T>> at_group(Call& call, GroupId group, Use use) {
  CO_TRY(const GroupPlace place, place_of(call.engine(), group));
  T answer = co_await call.on<T>(place.owner->shard(), [place, use = std::move(use)]() mutable {
    place.owner->groups().set_partitions(place.partitions);
    return use(place.owner->groups());
  });
  co_return answer;
}

}  // namespace broker

// Asking the share coordinator that keeps a share partition's state, wherever it lives.
#pragma once
#include <utility>

#include "broker/engine.h"
#include "broker/share_coordinator.h"
#include "cluster/image.h"
#include "cluster/names.h"

namespace broker {

// Runs the Task<Result<T>> that `use(ShareCoordinator&)` gives on the shard that keeps the state;
// to be called on `here`'s. CoordinatorNotAvailable while the topic that keeps it has not been
// made.
template <class T, class Use>
env::Task<Result<T>> at_share_state(Engine& here, share::Key key, Use use) {
  const cluster::ImagePtr image = here.image();
  const cluster::Topic* topic = image->find(cluster::kShareStateTopic);
  if (!topic) co_return fail(ErrorCode::CoordinatorNotAvailable, "no share group has begun yet");
  const Node& node = here.node();
  const auto count = static_cast<std::int32_t>(topic->partitions.size());
  const PartitionIndex index = ShareCoordinator::partition_of(key, count);
  if (topic->find(index)->leader != node.id) {
    co_return fail(ErrorCode::NotCoordinator, "another broker keeps the share group's state");
  }
  Engine* const owner = &node.owner_of(topic->id, index);
  Result<T> answer =
      co_await env::ask<Result<T>>(here.shard(), owner->shard(), [owner, count, use]() mutable {
        owner->share_state().set_partitions(count);
        return use(owner->share_state());
      });
  co_return answer;
}

// Errors that pass by themselves when a coordinator has come up.
inline bool is_coordinator_away(ErrorCode code) {
  return code == ErrorCode::CoordinatorLoadInProgress ||
         code == ErrorCode::CoordinatorNotAvailable || code == ErrorCode::NotCoordinator;
}

}  // namespace broker

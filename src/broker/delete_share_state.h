// Deleting what a share group has done with a topic's partitions.
#pragma once
#include <vector>

#include "broker/at_share_state.h"

namespace broker {

inline env::Task<Result<void>> delete_share_state(Engine& here, GroupId group, TopicId topic,
                                                  std::vector<PartitionIndex> partitions) {
  for (const PartitionIndex partition : partitions) {
    const share::Key key{group, topic, partition};
    CO_TRY_VOID(co_await at_share_state<void>(
        here, key, [key](ShareCoordinator& state) { return state.erase(key); }));
  }
  co_return Result<void>{};
}

}  // namespace broker

// How far groups are behind, looked up now and then for the metrics, and never on the way of the
// data: the ends of partitions are asked of the shards that own them, and the age of what is unread
// is told from the header of the batch it is in.
#pragma once
#include "broker/engine.h"
#include "env/task.h"

namespace broker {

// Renews the figures of the groups that have series of their own at this engine's coordinator.
env::Task<void> look_at_groups(Engine& engine);

}  // namespace broker

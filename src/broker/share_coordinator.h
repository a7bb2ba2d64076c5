// The share coordinator of one shard: what share groups have done with partitions, of those whose
// `__share_group_state` partition the shard owns. To be called on that shard only.
//
// Partitions' leaders and the group coordinator of this node ask it by call; the APIs 83 to 87 are
// the same verbs for others. Answers come when what they tell is durable.
#pragma once
#include <map>
#include <memory>

#include "broker/coordinator_log.h"
#include "env/shard.h"
#include "env/sync.h"
#include "share/state.h"

namespace broker {

class ShareStatePartition;

struct ShareCoordinatorOptions {
  std::int32_t updates_per_snapshot = 500;
  Millis prune_interval = std::chrono::minutes(5);
};

class ShareCoordinator {
 public:
  ShareCoordinator(env::Shard& shard, ShareCoordinatorOptions options);
  ~ShareCoordinator();
  ShareCoordinator(const ShareCoordinator&) = delete;
  ShareCoordinator& operator=(const ShareCoordinator&) = delete;

  // The partition of `__share_group_state`, of so many, that keeps the state.
  static PartitionIndex partition_of(const share::Key& key, std::int32_t partitions);
  // How many partitions there are, which must not change while there is state.
  void set_partitions(std::int32_t partitions) { partitions_ = partitions; }

  // Takes a partition over and starts to load it; the log must live until `close`.
  void open(PartitionIndex partition, std::shared_ptr<CoordinatorLog> log);
  void close(PartitionIndex partition);
  env::Task<void> shutdown();

  // Errors of share/state.h, and those of a coordinator that is not ready.
  env::Task<Result<void>> initialize(share::Key key, share::Initialize wish);
  env::Task<Result<share::Stored>> read(share::Key key, LeaderEpoch leader);
  env::Task<Result<void>> write(share::Key key, share::Write write);
  env::Task<Result<void>> erase(share::Key key);
  // What nobody initialized is told as share::Stored{}.
  env::Task<Result<share::Stored>> summarize(share::Key key);

 private:
  Result<std::shared_ptr<ShareStatePartition>> of(const share::Key& key) const;
  env::Task<void> drained(std::shared_ptr<ShareStatePartition> partition);
  void arm_pruning();

  env::Shard& shard_;
  ShareCoordinatorOptions options_;
  std::int32_t partitions_ = 50;
  std::map<PartitionIndex, std::shared_ptr<ShareStatePartition>> open_;
  env::Gate closing_;
  env::TimerId pruning_{};
};

}  // namespace broker

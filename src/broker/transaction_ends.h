// What transaction coordinators reach: the partitions, wherever they live, and the controller.
#pragma once
#include "broker/transaction_partition.h"
#include "env/task.h"

namespace broker {

class Engine;

// Ends a producer's transaction in one partition; returns once that is durable. Where the partition
// keeps groups, what the transaction said of their offsets counts from now on, or never.
// UnknownTopicOrPartition, NotLeaderOrFollower, and the errors of Partition::write_marker.
env::Task<Result<void>> end_transaction_at(Engine& here, TopicPartition partition,
                                           txn::Marker marker);

class EngineReach final : public TransactionReach {
 public:
  explicit EngineReach(Engine& engine) : engine_(engine) {}
  // CoordinatorNotAvailable where the controller cannot write.
  env::Task<Result<ProducerId>> new_producer_id() override;
  env::Task<Result<void>> mark(TopicPartition partition, txn::Marker marker) override;

 private:
  Engine& engine_;
};

}  // namespace broker

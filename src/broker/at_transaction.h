// Asking the coordinator of a transactional id, wherever it lives.
#pragma once
#include <utility>

#include "broker/engine.h"
#include "broker/transaction_coordinator.h"
#include "cluster/image.h"
#include "cluster/names.h"

namespace broker {

// Runs the Task<Result<T>> that `use(TransactionCoordinator&)` gives on the shard that coordinates
// the id; to be called on `here`'s. CoordinatorNotAvailable while the topic that keeps ids has not
// been made: FindCoordinator makes it.
template <class T, class Use>
env::Task<Result<T>> at_transaction(Engine& here, TransactionalId id, Use use) {
  const cluster::ImagePtr image = here.image();
  const cluster::Topic* topic = image->find(cluster::kTransactionsTopic);
  if (!topic) {
    co_return fail(ErrorCode::CoordinatorNotAvailable,
                   "no transactional id has been asked for yet");
  }
  const Node& node = here.node();
  const auto count = static_cast<std::int32_t>(topic->partitions.size());
  const PartitionIndex index = TransactionCoordinator::partition_of(id, count);
  if (topic->find(index)->leader != node.id) {
    co_return fail(ErrorCode::NotCoordinator, "another broker coordinates the transactional id");
  }
  Engine* const owner = &node.owner_of(topic->id, index);
  Result<T> answer = co_await env::ask<Result<T>>(here.shard(), owner->shard(),
                                                  [owner, count, use = std::move(use)]() mutable {
                                                    owner->transactions().set_partitions(count);
                                                    return use(owner->transactions());
                                                  });
  co_return answer;
}

// Has the coordinator take the partition into the producer's transaction, or, in the first version
// of the protocol, say whether its client did (KIP-890). To be done before the first batch of a
// transaction is appended to a partition.
inline env::Task<Result<void>> join_transaction(Engine& here, TransactionalId id,
                                                txn::ProducerIdentity who, TopicPartition partition,
                                                txn::Protocol protocol) {
  co_return co_await at_transaction<void>(
      here, id,
      [id, who, partition = std::move(partition), protocol](TransactionCoordinator& transactions)
          -> env::Task<Result<void>> { return transactions.join(id, who, partition, protocol); });
}

}  // namespace broker

// The transaction coordinator of one shard: the transactional ids whose `__transaction_state`
// partition the shard owns. To be called on that shard only.
//
// A partition is loaded from its log by `open`; until that is done its ids answer
// CoordinatorLoadInProgress, and ids of partitions that are not open NotCoordinator.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/transaction_partition.h"
#include "env/sync.h"
#include "observe/metrics.h"

namespace broker {

class TransactionCoordinator {
 public:
  struct Settings {
    TransactionLimits limits = {};
    // transaction.abort.timed.out.transaction.cleanup.interval.ms
    Millis timeout_check{10'000};
    // transaction.remove.expired.transaction.cleanup.interval.ms
    Millis expiration_check{3'600'000};
  };
  // `reach` and `metrics` must outlive it.
  TransactionCoordinator(env::Shard& shard, Settings settings, TransactionReach& reach,
                         observe::Metrics& metrics);
  ~TransactionCoordinator();
  TransactionCoordinator(const TransactionCoordinator&) = delete;
  TransactionCoordinator& operator=(const TransactionCoordinator&) = delete;

  // The partition of `__transaction_state`, of so many, that keeps the id.
  static PartitionIndex partition_of(const TransactionalId& id, std::int32_t partitions);
  // How many partitions there are, which must not change while there are ids.
  void set_partitions(std::int32_t partitions) { partitions_ = partitions; }

  // Takes a partition over and starts to load it; the log must live until `close`.
  void open(PartitionIndex partition, LeaderEpoch epoch, std::shared_ptr<CoordinatorLog> log);
  void close(PartitionIndex partition);
  env::Task<void> shutdown();

  // Errors of txn/transactions.h, and those of a coordinator that is not ready;
  // InvalidTransactionTimeout, InvalidRequest for an empty id.
  env::Task<Result<txn::ProducerIdentity>> init(TransactionalId id, txn::Init wish);
  env::Task<Result<txn::ProducerIdentity>> add(TransactionalId id, txn::Add wish);
  env::Task<Result<txn::ProducerIdentity>> end(TransactionalId id, txn::End wish);
  env::Task<Result<void>> check_part(TransactionalId id, txn::ProducerIdentity who,
                                     TopicPartition partition);
  // Before a partition takes the first batch of a transaction: takes the partition in, or checks
  // that the client has had it taken in, as the protocol is.
  env::Task<Result<void>> join(TransactionalId id, txn::ProducerIdentity who,
                               TopicPartition partition, txn::Protocol protocol);
  env::Task<Result<txn::Transaction>> describe(TransactionalId id);

  // Visits what the partitions that are loaded have, as it is now. CoordinatorLoadInProgress where
  // one is not.
  template <class Visit>
  Result<void> each(Visit visit) const {
    for (const auto& [index, partition] : open_) {
      TRY_VOID(partition->ready());
      for (const auto& [id, transaction] : partition->transactions().by_id) visit(id, transaction);
    }
    return {};
  }

  void fill(observe::Snapshot& snapshot) const;

 private:
  Result<std::shared_ptr<TransactionPartition>> of(const TransactionalId& id) const;
  env::Task<void> drained(std::shared_ptr<TransactionPartition> partition);
  void note(const TransactionNote& note);
  // Does it again and again, as long as there are partitions.
  void arm(env::TimerId& timer, Millis interval, void (TransactionPartition::*chore)());

  env::Shard& shard_;
  Settings settings_;
  TransactionReach& reach_;
  observe::Metrics& metrics_;
  std::int32_t partitions_ = 50;
  std::map<PartitionIndex, std::shared_ptr<TransactionPartition>> open_;
  env::Gate closing_;
  env::TimerId timeouts_{};
  env::TimerId expiration_{};
};

}  // namespace broker

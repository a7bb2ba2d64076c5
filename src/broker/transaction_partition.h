// The transactions of one partition of `__transaction_state`, driven: wishes are decided
// (txn/transactions.h), written down, and answered once they are durable; transactions that are
// ending get their markers written, one in each partition, and are then complete.
//
// A wish that finds its transaction ending waits until it has ended, for a while: clients would
// only come back later, and later is longer.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "broker/logged_state.h"
#include "env/sync.h"
#include "observe/metrics.h"
#include "txn/producers.h"
#include "txn/transactions.h"

namespace broker {

// What a transaction coordinator needs of the rest of the broker. Outlives it.
class TransactionReach {
 public:
  virtual ~TransactionReach() = default;
  virtual env::Task<Result<ProducerId>> new_producer_id() = 0;
  // Ends a transaction in one partition; returns once that is durable. Done already where the
  // partition does not exist any more.
  virtual env::Task<Result<void>> mark(TopicPartition partition, txn::Marker marker) = 0;
};

// What happens, for people and their graphs.
struct TransactionEnded {
  bool committed = false;
  Duration took{};  // From the decision until all markers were written.
};
struct TransactionTimedOut {};
struct ProducerFencedOff {};
using TransactionNote = std::variant<TransactionEnded, TransactionTimedOut, ProducerFencedOff>;

struct TransactionLimits {
  Millis most_timeout{900'000};              // transaction.max.timeout.ms
  Millis id_expiration{7LL * 24 * 3600000};  // transactional.id.expiration.ms
  // How long a wish may wait for the transaction before it to end.
  Millis patience{1'000};
};

class TransactionPartition final : public std::enable_shared_from_this<TransactionPartition>,
                                   private LoggedState::Owner {
 public:
  using Notice = std::function<void(const TransactionNote&)>;
  // `epoch` is that of the partition's leader: markers carry it, and those of a former leader are
  // refused.
  TransactionPartition(env::Shard& shard, const TransactionLimits& limits, PartitionIndex index,
                       LeaderEpoch epoch, std::shared_ptr<CoordinatorLog> log,
                       TransactionReach& reach, Notice notice);

  void start() { log_.start(); }
  void close() { log_.close(); }
  env::Task<void> drain();

  env::Task<Result<txn::ProducerIdentity>> init(TransactionalId id, txn::Init wish);
  env::Task<Result<txn::ProducerIdentity>> add(TransactionalId id, txn::Add wish);
  env::Task<Result<txn::ProducerIdentity>> end(TransactionalId id, txn::End wish);
  // Whether the partition is part of the producer's transaction: see txn::check_part.
  env::Task<Result<void>> check_part(TransactionalId id, txn::ProducerIdentity who,
                                     TopicPartition partition);
  // TransactionalIdNotFound.
  env::Task<Result<txn::Transaction>> describe(TransactionalId id);

  // As they are, also before that is durable. Only while ready.
  const txn::Transactions& transactions() const { return state_; }
  const std::map<TransactionalId, Instant>& open_since() const { return open_since_; }
  Result<void> ready() const { return log_.ready(); }

  // Aborts what takes too long, and forgets ids that have been idle for long.
  void abort_late();
  void forget_idle();

 private:
  void begin_load() override { state_ = {}; }
  Result<void> load(Bytes batch) override;
  void loaded() override;
  void lost(const Error& why) override;

  // Decides until there is something to answer: `decide(current, fresh, now)`.
  template <class Decide>
  env::Task<Result<txn::ProducerIdentity>> settle(TransactionalId id, Decide decide);
  void put(const TransactionalId& id, txn::Transaction next);
  // A transaction that was open before this began to look at it is as old as it says, but never so
  // old that its producer has no time left to say something.
  Instant began(const txn::Transaction& transaction) const;
  void write(txn::Record record);
  env::Task<bool> ended(TransactionalId id, Instant until);
  void wake(const TransactionalId& id);
  // Writes the markers of a transaction that is ending, and completes it.
  env::Task<void> finish(TransactionalId id, txn::Transaction ending, std::uint64_t generation);
  env::Task<bool> mark(TransactionalId id, TopicPartition partition, txn::Marker marker,
                       std::uint64_t generation);
  bool is_current(std::uint64_t generation) const {
    return generation == generation_ && log_.active();
  }

  env::Shard& shard_;
  TransactionLimits limits_;
  LeaderEpoch epoch_;
  TransactionReach& reach_;
  Notice notice_;

  txn::Transactions state_;
  wire::BatchScratch scratch_;
  LoggedState::Sequence last_ = 0;  // What is read may be of this batch.
  std::uint64_t generation_ = 0;    // Of the state: counts how often it was loaded.
  // Since when each transaction is open, by a clock that does not jump.
  std::map<TransactionalId, Instant> open_since_;
  std::map<TransactionalId, std::shared_ptr<env::Signal>> waited_for_;
  env::Gate finishing_;
  env::Signal closed_;  // Wakes who rests between two attempts.
  LoggedState log_;
};

}  // namespace broker

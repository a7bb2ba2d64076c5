#include "broker/transaction_coordinator.h"

#include "broker/coordinator.h"
#include "broker/transaction_meters.h"

namespace broker {

TransactionCoordinator::TransactionCoordinator(env::Shard& shard, Settings settings,
                                               TransactionReach& reach, observe::Metrics& metrics)
    : shard_(shard), settings_(settings), reach_(reach), metrics_(metrics), closing_(shard) {}

TransactionCoordinator::~TransactionCoordinator() {
  shard_.cancel(timeouts_);
  shard_.cancel(expiration_);
}

PartitionIndex TransactionCoordinator::partition_of(const TransactionalId& id,
                                                    std::int32_t partitions) {
  return GroupCoordinator::partition_of(GroupId{id.value}, partitions);
}

void TransactionCoordinator::arm(env::TimerId& timer, Millis interval,
                                 void (TransactionPartition::*chore)()) {
  timer = shard_.arm(shard_.now() + interval, [this, &timer, interval, chore] {
    for (const auto& [index, partition] : open_) (*partition.*chore)();
    arm(timer, interval, chore);
  });
}

void TransactionCoordinator::open(PartitionIndex partition, LeaderEpoch epoch,
                                  std::shared_ptr<CoordinatorLog> log) {
  close(partition);
  const auto opened = std::make_shared<TransactionPartition>(
      shard_, settings_.limits, partition, epoch, std::move(log), reach_,
      [this](const TransactionNote& happened) { note(happened); });
  open_.emplace(partition, opened);
  opened->start();
  if (timeouts_ != env::TimerId{}) return;
  arm(timeouts_, settings_.timeout_check, &TransactionPartition::abort_late);
  arm(expiration_, settings_.expiration_check, &TransactionPartition::forget_idle);
}

void TransactionCoordinator::close(PartitionIndex partition) {
  const auto at = open_.find(partition);
  if (at == open_.end()) return;
  const std::shared_ptr<TransactionPartition> closed = at->second;
  open_.erase(at);
  closed->close();
  closing_.spawn(drained(closed));
}

// Keeps the partition until its tasks have ended.
env::Task<void> TransactionCoordinator::drained(std::shared_ptr<TransactionPartition> partition) {
  co_await partition->drain();
}

env::Task<void> TransactionCoordinator::shutdown() {
  shard_.cancel(timeouts_);
  shard_.cancel(expiration_);
  timeouts_ = expiration_ = {};
  while (!open_.empty()) close(open_.begin()->first);
  co_await closing_.drain();
}

Result<std::shared_ptr<TransactionPartition>> TransactionCoordinator::of(
    const TransactionalId& id) const {
  if (id.value.empty()) return fail(ErrorCode::InvalidRequest, "a transactional id is not empty");
  const auto at = open_.find(partition_of(id, partitions_));
  if (at == open_.end()) {
    return fail(ErrorCode::NotCoordinator, "another broker or shard keeps the transactional id");
  }
  TRY_VOID(at->second->ready());
  return at->second;
}

env::Task<Result<txn::ProducerIdentity>> TransactionCoordinator::init(TransactionalId id,
                                                                      txn::Init wish) {
  if (wish.timeout <= Millis{0} || wish.timeout > settings_.limits.most_timeout) {
    co_return fail(ErrorCode::InvalidTransactionTimeout,
                   "a transaction may last up to " +
                       std::to_string(settings_.limits.most_timeout.count()) +
                       " ms here (transaction.max.timeout.ms)");
  }
  CO_TRY(const std::shared_ptr<TransactionPartition> partition, of(id));
  co_return co_await partition->init(std::move(id), wish);
}

env::Task<Result<txn::ProducerIdentity>> TransactionCoordinator::add(TransactionalId id,
                                                                     txn::Add wish) {
  CO_TRY(const std::shared_ptr<TransactionPartition> partition, of(id));
  co_return co_await partition->add(std::move(id), std::move(wish));
}

env::Task<Result<txn::ProducerIdentity>> TransactionCoordinator::end(TransactionalId id,
                                                                     txn::End wish) {
  CO_TRY(const std::shared_ptr<TransactionPartition> partition, of(id));
  co_return co_await partition->end(std::move(id), wish);
}

env::Task<Result<void>> TransactionCoordinator::check_part(TransactionalId id,
                                                           txn::ProducerIdentity who,
                                                           TopicPartition part) {
  CO_TRY(const std::shared_ptr<TransactionPartition> partition, of(id));
  co_return co_await partition->check_part(std::move(id), who, std::move(part));
}

env::Task<Result<void>> TransactionCoordinator::join(TransactionalId id, txn::ProducerIdentity who,
                                                     TopicPartition partition,
                                                     txn::Protocol protocol) {
  if (protocol == txn::Protocol::First) {
    co_return co_await check_part(std::move(id), who, std::move(partition));
  }
  CO_TRY_VOID(co_await add(std::move(id), {who, {std::move(partition)}, protocol}));
  co_return Result<void>{};
}

env::Task<Result<txn::Transaction>> TransactionCoordinator::describe(TransactionalId id) {
  CO_TRY(const std::shared_ptr<TransactionPartition> partition, of(id));
  co_return co_await partition->describe(std::move(id));
}

void TransactionCoordinator::note(const TransactionNote& note) {
  std::visit(
      overloaded{
          [this](const TransactionEnded& ended) {
            const char* const outcome = ended.committed ? "commit" : "abort";
            metrics_.counter(meters::transactions_ended_total, {outcome}).add();
            metrics_.histogram(meters::transaction_end_seconds).observe(ended.took);
          },
          [this](TransactionTimedOut) {
            metrics_.counter(meters::transactions_timed_out_total).add();
          },
          [this](ProducerFencedOff) { metrics_.counter(meters::producers_fenced_total).add(); },
      },
      note);
}

void TransactionCoordinator::fill(observe::Snapshot& snapshot) const {
  std::int64_t open = 0;
  Instant oldest = shard_.now();
  for (const auto& [index, partition] : open_) {
    for (const auto& [id, since] : partition->open_since()) {
      ++open;
      oldest = std::min(oldest, since);
    }
  }
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(shard_.now() - oldest);
  snapshot.add(meters::transactions_open, {}, open);
  snapshot.add(meters::transaction_oldest_seconds, {}, observe::Snapshot::Greatest{age.count()});
}

}  // namespace broker

#include "broker/transaction_partition.h"

#include <algorithm>

#include "base/probe.h"
#include "observe/log.h"
#include "wire/record_batch_reader.h"

namespace broker {
namespace {

// Between two attempts to write a marker.
constexpr Millis kFirstPause{20};
constexpr Millis kLongestPause{1'000};

// Says of a partition that the marker has no place there: not now, and not later.
bool is_past(ErrorCode code) {
  return code == ErrorCode::UnknownTopicOrPartition || code == ErrorCode::InvalidProducerEpoch;
}

}  // namespace

TransactionPartition::TransactionPartition(env::Shard& shard, const TransactionLimits& limits,
                                           PartitionIndex index, LeaderEpoch epoch,
                                           std::shared_ptr<CoordinatorLog> log,
                                           TransactionReach& reach, Notice notice)
    : shard_(shard),
      limits_(limits),
      epoch_(epoch),
      reach_(reach),
      notice_(std::move(notice)),
      finishing_(shard),
      closed_(shard),
      log_(shard, "transactions", index, std::move(log), *this) {}

env::Task<void> TransactionPartition::drain() {
  co_await log_.drain();
  co_await finishing_.drain();
}

Result<void> TransactionPartition::load(Bytes batch) {
  wire::BatchReader reader = TRY(wire::BatchReader::open(batch, scratch_));
  for (;;) {
    const std::optional<wire::RecordView> view = TRY(reader.next());
    if (!view) return {};
    if (reader.header().control) continue;
    if (!view->key) return fail(ErrorCode::CorruptMessage, "a transaction record without a key");
    const std::optional<txn::Record> record = TRY(txn::decode(*view->key, view->value));
    if (record) txn::apply(state_, *record);
  }
}

void TransactionPartition::loaded() {
  scratch_ = {};
  ++generation_;
  for (const auto& [id, transaction] : state_.by_id) {
    if (transaction.status == txn::Status::Ongoing) open_since_.emplace(id, began(transaction));
    if (!transaction.is_ending()) continue;
    probe::reached<"transactions: an end goes on after a restart">();
    finishing_.spawn(finish(id, transaction, generation_));
  }
}

Instant TransactionPartition::began(const txn::Transaction& transaction) const {
  const Millis open_for{shard_.wall().value - transaction.started.value};
  return shard_.now() + -std::clamp(open_for, Millis{0}, transaction.timeout / 2);
}

void TransactionPartition::lost(const Error&) {
  state_ = {};
  open_since_.clear();
  ++generation_;
  while (!waited_for_.empty()) wake(waited_for_.begin()->first);
  closed_.notify_all();
}

template <class Decide>
env::Task<Result<txn::ProducerIdentity>> TransactionPartition::settle(TransactionalId id,
                                                                      Decide decide) {
  const auto self = shared_from_this();
  const Instant until = shard_.now() + limits_.patience;
  std::optional<ProducerId> fresh;
  for (;;) {
    CO_TRY_VOID(ready());
    Result<txn::Decision> decided = decide(state_.find(id), fresh, shard_.wall());
    const bool is_ending = !decided && decided.error().code == ErrorCode::ConcurrentTransactions;
    if (!decided && !is_ending) {
      if (decided.error().code == ErrorCode::ProducerFenced) notice_(ProducerFencedOff{});
      CO_TRY_VOID(co_await log_.until_durable(last_));
      co_return fail(std::move(decided).error());
    }
    if (decided && decided->wants_producer_id) {
      CO_TRY(fresh, co_await reach_.new_producer_id());
      continue;
    }
    if (decided && decided->next) put(id, std::move(*decided->next));
    if (decided && decided->granted.id != kNoProducerId) {
      CO_TRY_VOID(co_await log_.until_durable(last_));
      co_return decided->granted;
    }
    const bool has_ended = co_await ended(id, until);
    if (!has_ended) {
      co_return fail(ErrorCode::ConcurrentTransactions,
                     "the transaction before is still ending; ask again");
    }
  }
}

env::Task<Result<txn::ProducerIdentity>> TransactionPartition::init(TransactionalId id,
                                                                    txn::Init wish) {
  return settle(std::move(id),
                [wish](const txn::Transaction* current, std::optional<ProducerId> fresh,
                       Timestamp now) { return txn::decide_init(current, wish, fresh, now); });
}

env::Task<Result<txn::ProducerIdentity>> TransactionPartition::add(TransactionalId id,
                                                                   txn::Add wish) {
  return settle(std::move(id), [wish = std::move(wish)](const txn::Transaction* current,
                                                        std::optional<ProducerId>, Timestamp now) {
    return txn::decide_add(current, wish, now);
  });
}

env::Task<Result<txn::ProducerIdentity>> TransactionPartition::end(TransactionalId id,
                                                                   txn::End wish) {
  return settle(std::move(id),
                [wish](const txn::Transaction* current, std::optional<ProducerId> fresh,
                       Timestamp now) { return txn::decide_end(current, wish, fresh, now); });
}

env::Task<Result<void>> TransactionPartition::check_part(TransactionalId id,
                                                         txn::ProducerIdentity who,
                                                         TopicPartition partition) {
  const auto self = shared_from_this();
  CO_TRY_VOID(ready());
  Result<void> checked = txn::check_part(state_.find(id), who, partition);
  if (!checked && checked.error().code == ErrorCode::ProducerFenced) notice_(ProducerFencedOff{});
  CO_TRY_VOID(co_await log_.until_durable(last_));
  co_return checked;
}

env::Task<Result<txn::Transaction>> TransactionPartition::describe(TransactionalId id) {
  const auto self = shared_from_this();
  CO_TRY_VOID(ready());
  const txn::Transaction* found = state_.find(id);
  const std::optional<txn::Transaction> seen =
      found ? std::optional<txn::Transaction>(*found) : std::nullopt;
  CO_TRY_VOID(co_await log_.until_durable(last_));
  if (!seen) {
    co_return fail(ErrorCode::TransactionalIdNotFound,
                   "no transactional id '" + id.value + "' is known");
  }
  co_return *seen;
}

void TransactionPartition::write(txn::Record record) {
  const wire::CoordinatorRecord encoded = txn::encode(record);
  txn::apply(state_, record);
  last_ = log_.write({&encoded, 1});
}

void TransactionPartition::put(const TransactionalId& id, txn::Transaction next) {
  write(txn::Stored{id, next});
  if (next.status == txn::Status::Ongoing) {
    open_since_.emplace(id, shard_.now());
  } else {
    open_since_.erase(id);
  }
  if (!next.is_ending()) return;
  log_.when_durable(last_, [this, ends = id, next = std::move(next),
                            generation = generation_](Result<void> durable) mutable {
    if (durable) finishing_.spawn(finish(std::move(ends), std::move(next), generation));
  });
}

env::Task<bool> TransactionPartition::ended(TransactionalId id, Instant until) {
  std::shared_ptr<env::Signal>& waiting = waited_for_[id];
  if (!waiting) waiting = std::make_shared<env::Signal>(shard_);
  const std::shared_ptr<env::Signal> signal = waiting;
  const bool has_ended = co_await signal->wait_until(until);
  co_return has_ended;
}

void TransactionPartition::wake(const TransactionalId& id) {
  const auto waiting = waited_for_.extract(id);
  if (!waiting.empty()) waiting.mapped()->notify_all();
}

env::Task<void> TransactionPartition::finish(TransactionalId id, txn::Transaction ending,
                                             std::uint64_t generation) {
  const auto self = shared_from_this();
  const Instant decided = shard_.now();
  // Whoever asked for this end is told first, a turn after this one: the markers would keep
  // processors and disk from it.
  co_await shard_.yield();
  co_await shard_.yield();
  if (!is_current(generation)) co_return;
  const bool commits = ending.status == txn::Status::PrepareCommit;
  const txn::Marker marker{.producer = ending.producer.id,
                           .epoch = ending.producer.epoch,
                           .coordinator_epoch = epoch_.value,
                           .outcome = commits ? txn::Outcome::Commit : txn::Outcome::Abort,
                           .transaction_version = static_cast<std::int16_t>(ending.protocol)};
  std::vector<env::Task<bool>> marks;
  marks.reserve(ending.partitions.size());
  for (const TopicPartition& partition : ending.partitions) {
    marks.push_back(mark(id, partition, marker, generation));
  }
  if (!marks.empty() && probe::planted<"a transaction leaves out a marker">()) marks.pop_back();
  const std::vector<bool> done = co_await env::all(shard_, std::move(marks));
  if (!is_current(generation) || std::ranges::find(done, false) != done.end()) co_return;
  // Who waits goes on behind this turn's work, but ahead of its write: what the next transaction
  // begins with is then in one batch with this end, and needs no sync of its own.
  wake(id);
  put(id, txn::decide_complete(ending, shard_.wall()));
  notice_(TransactionEnded{commits, shard_.now() - decided});
}

// Until it is written, or has no place any more; false where this is no longer the coordinator.
env::Task<bool> TransactionPartition::mark(TransactionalId id, TopicPartition partition,
                                           txn::Marker marker, std::uint64_t generation) {
  Millis pause = kFirstPause;
  for (;;) {
    const Result<void> marked = co_await reach_.mark(partition, marker);
    if (marked) co_return true;
    const ErrorCode code = marked.error().code;
    if (code != ErrorCode::UnknownTopicOrPartition) {
      observe::warn("a transaction's end could not be written to a partition",
                    {{"transactional_id", id.value},
                     {"topic", partition.topic.value},
                     {"partition", partition.partition},
                     {"why", marked.error()}});
    }
    if (is_past(code)) co_return true;
    if (code == ErrorCode::TransactionCoordinatorFenced || !is_current(generation)) co_return false;
    probe::reached<"transactions: a marker was written at a later attempt">();
    co_await closed_.wait_until(shard_.now() + pause);
    if (!is_current(generation)) co_return false;
    pause = std::min(pause * 2, kLongestPause);
  }
}

void TransactionPartition::abort_late() {
  if (!log_.active()) return;
  std::vector<std::pair<TransactionalId, txn::Transaction>> late;
  for (const auto& [id, since] : open_since_) {
    const auto open_for = std::chrono::duration_cast<Millis>(shard_.now() - since);
    if (auto next = txn::decide_timeout(*state_.find(id), open_for, shard_.wall())) {
      late.emplace_back(id, std::move(*next));
    }
  }
  for (auto& [id, next] : late) {
    observe::warn("a transaction took too long and is aborted",
                  {{"transactional_id", id.value},
                   {"producer_id", next.producer.id},
                   {"timeout_ms", next.timeout.count()}});
    notice_(TransactionTimedOut{});
    put(id, std::move(next));
  }
}

void TransactionPartition::forget_idle() {
  if (!log_.active()) return;
  std::vector<TransactionalId> idle;
  for (const auto& [id, transaction] : state_.by_id) {
    if (txn::is_expired(transaction, limits_.id_expiration, shard_.wall())) idle.push_back(id);
  }
  for (TransactionalId& id : idle) write(txn::Removed{std::move(id)});
}

}  // namespace broker

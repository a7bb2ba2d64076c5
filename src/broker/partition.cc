#include "broker/partition.h"

#include <algorithm>

#include "base/probe.h"
#include "broker/metrics.h"
#include "observe/log.h"
#include "txn/marker.h"
#include "txn/replay.h"
#include "txn/snapshot.h"

namespace broker {
namespace {

Error gone(const PartitionName& name) {
  return {ErrorCode::UnknownTopicOrPartition, "partition " + name.folder() + " was deleted"};
}

}  // namespace

Partition::Partition(const Home& home, PartitionName name, LeaderEpoch epoch,
                     std::unique_ptr<store::Log> log)
    : shard_(home.shard),
      name_(std::move(name)),
      epoch_(epoch),
      log_(std::move(log)),
      producers_(home.producer_limit),
      snapshots_(*log_, home.cache),
      changes_(home.shard),
      background_(home.shard),
      metrics_(home.metrics),
      opened_(home.shard.wall()) {
  log_->on_roll([this](Offset at) { on_roll(at); });
}

env::Task<Result<Partition::Opened>> Partition::open(const Home& home, PartitionName name,
                                                     LeaderEpoch epoch,
                                                     store::LogOptionsPtr options,
                                                     store::OpenFacts facts) {
  const std::string folder = home.data_folder + "/" + name.folder();
  CO_TRY(store::Opened opened,
         co_await store::Log::open(home.shard, home.syncer, home.cache, folder, name.id,
                                   std::move(options), facts));
  auto partition = std::make_shared<Partition>(home, std::move(name), epoch, std::move(opened.log));
  CO_TRY_VOID(co_await partition->snapshots_.load(partition->producers_, opened.report));
  co_return Opened{std::move(partition), std::move(opened.report)};
}

env::Task<Result<Produced>> Partition::append(MutableBytes batch, wire::BatchHeader header,
                                              txn::Bringer by) {
  const auto held = co_await changes_.lock();
  if (retired_) co_return fail(gone(name_));
  txn::BatchFacts facts = txn::facts(header);
  const txn::Admission admission{.by = by, .verification = verifications_.find(facts.producer)};
  if (admission.is_numbered() && owed_.precede(facts, producers_)) {
    co_return fail(log_->offline().value_or(
        Error{ErrorCode::KafkaStorageError, "the batch before this one could not be written"}));
  }
  const Result<txn::Verdict> verdict = txn::check(producers_, facts, admission);
  if (!verdict) {
    count_refusal(verdict.error());
    co_return fail(log_->offline() ? *log_->offline() : verdict.error());
  }
  if (const auto* known = std::get_if<txn::Duplicate>(&*verdict)) {
    probe::reached<"producers: a batch that was there already">();
    if (metrics_) metrics_->counter(meters::duplicate_batches_total).add();
    co_return Produced{.base = known->first,
                       .end = Offset{known->last.value + 1},
                       .log_append_time = has_append_time() ? known->timestamp : kNoTimestamp,
                       .log_start = log_->log_start()};
  }
  const bool was_offline = log_->offline().has_value();
  const Result<store::Appended> done = co_await log_->append(batch, epoch_, shard_.wall());
  if (!was_offline) tell_of(done);
  if (!done) {
    if (admission.is_numbered()) owed_.refused(facts);
    co_return fail(done.error());
  }
  if (admission.is_numbered()) owed_.settle(facts.producer);
  const store::Appended& appended = *done;
  if (header.has_producer()) {
    // As the log has it, and as it is read back after a restart: a producer's age goes by it.
    if (has_append_time()) facts.timestamp = appended.log_append_time;
    txn::apply(producers_, txn::AppendedBatch{.facts = facts,
                                              .first = appended.base,
                                              .last = appended.last,
                                              .appended = shard_.wall()});
    if (facts.transactional) verifications_.end(facts.producer);
  }
  co_return Produced{.base = appended.base,
                     .end = Offset{appended.last.value + 1},
                     .log_append_time = appended.log_append_time,
                     .log_start = appended.log_start};
}

std::optional<txn::Guard> Partition::verify(const txn::Unverified& batch) {
  if (producers_.has_open(batch.producer, batch.epoch)) return {};
  return verifications_.begin(batch, shard_.wall());
}

env::Task<Result<Offset>> Partition::write_marker(txn::Marker marker) {
  CO_TRY(const Offset at, co_await append_marker(marker));
  CO_TRY_VOID(co_await wait_durable(Offset{at.value + 1}));
  co_return at;
}

void Partition::count_refusal(const Error& error) {
  if (!metrics_) return;
  using enum ErrorCode;
  const bool fenced =
      error.code == InvalidProducerEpoch || error.code == TransactionCoordinatorFenced;
  if (fenced) metrics_->counter(meters::fenced_producers_total).add();
  if (error.code == OutOfOrderSequenceNumber) {
    metrics_->counter(meters::out_of_order_batches_total).add();
  }
}

env::Task<Result<Offset>> Partition::append_marker(txn::Marker marker) {
  const auto held = co_await changes_.lock();
  if (retired_) co_return fail(gone(name_));
  if (log_->offline()) co_return fail(*log_->offline());
  if (const Result<void> allowed = txn::check(producers_, marker); !allowed) {
    probe::reached<"transactions: a marker refused">();
    count_refusal(allowed.error());
    co_return fail(allowed.error());
  }
  const Timestamp now = shard_.wall();
  const txn::AppendedMarker appended{.producer = marker.producer,
                                     .epoch = marker.epoch,
                                     .coordinator_epoch = marker.coordinator_epoch,
                                     .outcome = marker.outcome,
                                     .offset = log_->log_end(),
                                     .timestamp = now};
  const std::optional<txn::Ended> ended = txn::ends(producers_, appended);
  std::optional<logs::AbortedTxn> aborted;
  const bool is_indexed = !probe::planted<"an aborted transaction is not indexed">();
  if (ended && marker.outcome == txn::Outcome::Abort && is_indexed) aborted = index_entry(*ended);
  ByteVector batch = txn::marker_batch(marker, now);
  const Result<store::Appended> done = co_await log_->append(batch, epoch_, now, aborted);
  tell_of(done);
  if (!done) co_return fail(done.error());
  txn::apply(producers_, appended);
  verifications_.end(marker.producer);
  owed_.settle(marker.producer);
  if (ended) {
    unsettled_.add(*ended, high_watermark());
    notify_of_stable();
  }
  co_return done->base;
}

// Whoever runs this machine has to do something about a disk that takes no records; the clients
// only try again. Told when it begins and when it is over, not for each of their attempts.
void Partition::tell_of(const Result<store::Appended>& appended) {
  if (appended && refused_ > 0) {
    observe::info("records are written again",
                  {{"partition", name_.folder()}, {"batches_refused", refused_}});
    refused_ = 0;
  }
  if (appended || refused_++ > 0) return;
  observe::error("records could not be written",
                 {{"partition", name_.folder()},
                  {"why", appended.error()},
                  {"do", log_->offline() ? "mend the disk and restart the node"
                                         : "make room or mend the disk; writing then goes on"}});
}

bool Partition::has_append_time() const {
  return log_->options().timestamp_type == wire::TimestampType::LogAppendTime;
}

env::Task<Result<void>> Partition::wait_durable(Offset end) {
  if (retired_) co_return fail(gone(name_));
  Result<void> durable = co_await log_->wait_durable(end);
  if (!durable && !retired_) {
    // It was written, and the next start may find it. A producer that is told it was refused gives
    // it a new number, and then it is there twice; this code says that it may be there already.
    durable = fail(ErrorCode::NotEnoughReplicasAfterAppend, durable.error().detail);
  }
  co_return durable;
}

env::Task<Result<Fetched>> Partition::fetch(FetchFrom from, std::shared_ptr<FetchWatch> watch,
                                            std::size_t item) {
  if (retired_) co_return fail(gone(name_));
  CO_TRY_VOID(check_epoch(from.current_leader_epoch));
  const bool committed = from.isolation == Isolation::ReadCommitted;
  const auto readable = [&] { return committed ? last_stable() : high_watermark(); };
  const Offset upper = readable();
  const Offset high = high_watermark();
  CO_TRY(store::ReadSlice slice, co_await log_->read(from.offset, from.max_bytes, upper));
  std::vector<logs::AbortedTxn> aborted;
  if (committed && slice.size > 0) {
    CO_TRY(aborted, co_await log_->aborted_within(from.offset, slice.next));
  }
  // It may have moved while we read: then there is something now.
  if (slice.size == 0 && watch) {
    if (readable() > upper || retired_) {
      probe::reached<"fetch: the watermark moved while it was read">();
      watch->moved(item);
    } else {
      if (committed) notify_of_stable();  // Those who wait from an earlier one on.
      if (committed) told_stable_ = last_stable();
      (committed ? stable_watchers_ : watchers_).add(watch, item);
      if (!notifying_) background_.spawn(notify_when_moved());
    }
  }
  co_return Fetched{.slice = std::move(slice),
                    .high_watermark = high,
                    .last_stable = std::min(high, last_stable()),
                    .log_start = log_->log_start(),
                    .aborted = std::move(aborted)};
}

// Goes on for as long as somebody waits who was not told.
env::Task<void> Partition::notify_when_moved() {
  notifying_ = true;
  do {
    co_await log_->moved().wait();
    watchers_.notify_all();
    notify_of_stable();
  } while (stable_watchers_.size() > 0 && !retired_);
  notifying_ = false;
}

// The high watermark moves with each batch; who reads only what is committed is told when there is
// more for them.
void Partition::notify_of_stable() {
  if (stable_watchers_.size() == 0) return;
  if (last_stable() == told_stable_ && !retired_) return;
  told_stable_ = last_stable();
  stable_watchers_.notify_all();
}

Offset Partition::last_stable() const {
  const Offset high = high_watermark();
  if (probe::planted<"read above the last stable offset">()) return high;
  Offset stable = std::min(high, producers_.first_open().value_or(high));
  stable = std::min(stable, unsettled_.first(high).value_or(high));
  // A transaction that began with records that are deleted by now holds nobody up there.
  return std::max(stable, log_->log_start());
}

Partition::StableLag Partition::stable_lag(Timestamp now) const {
  const std::int64_t records = high_watermark().value - last_stable().value;
  if (records <= 0 || !producers_.first_open()) return {};
  const Timestamp since = producers_.first_open_since().value_or(opened_);
  return {.records = records, .age = Millis(std::max<std::int64_t>(now.value - since.value, 0))};
}

Result<void> Partition::check_epoch(LeaderEpoch current) const {
  if (current == kNoLeaderEpoch || current == epoch_) return {};
  if (current < epoch_) {
    return fail(ErrorCode::FencedLeaderEpoch,
                "the leader epoch is " + std::to_string(epoch_.value) + " by now");
  }
  return fail(ErrorCode::UnknownLeaderEpoch,
              "the leader epoch is only " + std::to_string(epoch_.value));
}

env::Task<Result<Offset>> Partition::delete_records(Offset to) {
  const auto held = co_await changes_.lock();
  if (retired_) co_return fail(gone(name_));
  const Offset target = to == Offset{-1} ? high_watermark() : to;
  if (target < Offset{0} || target > high_watermark()) {
    co_return fail(ErrorCode::OffsetOutOfRange,
                   "records up to " + std::to_string(high_watermark().value) + " can be deleted");
  }
  CO_TRY(const store::Removed removed, co_await log_->advance_log_start(target));
  co_return removed.log_start;
}

env::Task<Result<store::Removed>> Partition::apply_retention(Timestamp now) {
  const auto held = co_await changes_.lock();
  if (retired_) co_return store::Removed{.log_start = log_->log_start()};
  co_return co_await log_->apply_retention(now, high_watermark());
}

void Partition::expire_producers(Timestamp now, Millis idle) {
  if (retired_) return;
  txn::expire(producers_, now, idle);
  verifications_.expire(now, idle);
}

void Partition::on_roll(Offset at) {
  if (auto content = snapshots_.at_roll(at, producers_)) {
    background_.spawn(snapshots_.write(at, std::move(*content)));
  }
}

void Partition::retire() {
  retired_ = true;
  log_->moved().notify_all();
}

env::Task<Result<void>> Partition::close() {
  const auto held = co_await changes_.lock();
  if (retired_) co_return Result<void>{};
  retire();
  co_await background_.drain();
  if (snapshots_.is_behind() && !log_->offline()) {
    co_await snapshots_.write(log_->log_end(), txn::encode_snapshot(producers_));
  }
  co_return co_await log_->close();
}

env::Task<Result<std::string>> Partition::remove(Uuid fresh) {
  const auto held = co_await changes_.lock();
  if (retired_) co_return std::string();
  retire();
  co_await background_.drain();
  co_return co_await log_->remove(fresh);
}

}  // namespace broker

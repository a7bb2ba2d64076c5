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

std::string snapshot_path(const std::string& folder, Offset at) {
  return folder + "/" + logs::file_name(logs::FileKind::Snapshot, at);
}

logs::AbortedTxn index_entry(const txn::Ended& ended) {
  return {.producer = ended.producer,
          .first = ended.first,
          .last = ended.marker,
          .last_stable = ended.last_stable};
}

}  // namespace

Partition::Partition(const Home& home, PartitionName name, LeaderEpoch epoch,
                     std::unique_ptr<store::Log> log)
    : shard_(home.shard),
      name_(std::move(name)),
      epoch_(epoch),
      log_(std::move(log)),
      cache_(home.cache),
      producers_(home.producer_limit),
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
  CO_TRY_VOID(co_await partition->load_producers(opened.report));
  co_return Opened{std::move(partition), std::move(opened.report)};
}

// Takes the newest snapshot that can be read, and what the log says since. Without one the whole
// log is read: slow, but a producer's duplicates must not get through. Where it is in doubt which
// transactions were aborted, it is the newest from before those.
env::Task<Result<void>> Partition::load_producers(store::RecoveryReport& report) {
  std::vector<Offset> snapshots = report.snapshots;
  const Offset newest = report.aborted_in_doubt.value_or(log_->log_end());
  Offset from = log_->log_start();
  while (!snapshots.empty()) {
    const Offset at = snapshots.back();
    snapshots.pop_back();
    if (at > log_->log_end()) {
      probe::reached<"producers: a snapshot of a history that was undone">();
      // Of a history that a crash took back: later it would tell of batches that never were.
      CO_TRY_VOID(cache_.files().remove(snapshot_path(log_->folder(), at)));
      continue;
    }
    if (at > newest) continue;
    if (at <= log_->log_start()) break;
    const Result<ByteVector> file =
        co_await env::read_file(cache_.files(), snapshot_path(log_->folder(), at));
    if (!file) continue;
    Result<txn::Producers> read = txn::decode_snapshot(*file);
    if (!read) continue;
    probe::reached<"producers: a snapshot taken up">();
    producers_ = std::move(*read);
    from = at;
    break;
  }
  snapshot_at_ = from;
  std::vector<logs::AbortedTxn> aborted;
  if (from < log_->log_end() && !probe::planted<"producers as of the last snapshot">()) {
    wire::BatchScratch scratch;
    CO_TRY_VOID(co_await log_->scan(
        from, log_->log_end(), store::ScanDetail::Headers,
        [this, &scratch, &aborted](Bytes batch) { return replay(batch, scratch, aborted); }));
  }
  if (!report.aborted_in_doubt) co_return Result<void>{};
  co_return co_await settle_aborted(std::move(aborted), report);
}

Result<void> Partition::replay(Bytes batch, wire::BatchScratch& scratch,
                               std::vector<logs::AbortedTxn>& aborted) {
  const std::optional<wire::BatchHeader> header = TRY(wire::peek_batch(batch));
  if (!header) return {};
  const std::optional<txn::Ended> ended = TRY(txn::replay(producers_, *header, batch, scratch));
  if (ended && ended->outcome == txn::Outcome::Abort) aborted.push_back(index_entry(*ended));
  return {};
}

env::Task<Result<void>> Partition::settle_aborted(std::vector<logs::AbortedTxn> aborted,
                                                  store::RecoveryReport& report) {
  const Offset base = *report.aborted_in_doubt;
  CO_TRY(const int rebuilt, co_await log_->settle_aborted(base, std::move(aborted)));
  if (rebuilt > 0) {
    report.findings.push_back({.kind = logs::Finding::Kind::IndexRebuilt,
                               .file = log_->folder(),
                               .offset = base,
                               .why = "indexes of aborted transactions were missing or damaged"});
  }
  co_return Result<void>{};
}

env::Task<Result<Produced>> Partition::append(MutableBytes batch, wire::BatchHeader header,
                                              BroughtBy by) {
  const auto held = co_await changes_.lock();
  if (retired_) co_return fail(gone(name_));
  txn::BatchFacts facts = txn::facts(header);
  CO_TRY_VOID(wait_for_earlier(facts, by.origin));
  const txn::Admission admission{
      .origin = by.origin, .guard = by.guard, .verification = verifications_.find(facts.producer)};
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
  remember_refused(facts, by.origin, done.has_value());
  if (!done) co_return fail(done.error());
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
  if (ended && marker.outcome == txn::Outcome::Abort) aborted = index_entry(*ended);
  ByteVector batch = txn::marker_batch(marker, now);
  const Result<store::Appended> done = co_await log_->append(batch, epoch_, now, aborted);
  tell_of(done);
  if (!done) co_return fail(done.error());
  txn::apply(producers_, appended);
  verifications_.end(marker.producer);
  owed_.erase(marker.producer);  // What belonged to the transaction does not come again.
  if (ended) note_ended(*ended);
  co_return done->base;
}

// Until its marker is durable a transaction counts as open: a power failure may take the marker
// back, and readers must not have gone past it.
void Partition::note_ended(const txn::Ended& ended) {
  while (!ending_.empty() && ending_.front().marker < high_watermark()) ending_.pop_front();
  ending_.push_back(ended);
  notify_of_stable();
}

// A batch whose forerunner the disk did not take is refused for the disk's sake too: its producer
// then sends both again as they are, and in their order. Told that it is out of order, it would
// number anew all that it has under way, and what was written already would be there twice. Taken,
// because nothing else is known of its producer, it would leave the other out of order for good.
Result<void> Partition::wait_for_earlier(const txn::BatchFacts& batch, txn::Origin origin) {
  if (origin == txn::Origin::Coordinator) return {};
  const auto owed = owed_.find(batch.producer);
  if (owed == owed_.end()) return {};
  if (batch.epoch > owed->second.epoch) {
    owed_.erase(owed);  // The producer began anew.
    return {};
  }
  if (batch.epoch < owed->second.epoch || batch.first == owed->second.first) return {};
  const auto verdict = txn::check(producers_, batch);
  const bool known = verdict && std::holds_alternative<txn::Duplicate>(*verdict);
  if (known) return {};
  if (log_->offline()) return fail(*log_->offline());
  return fail(ErrorCode::KafkaStorageError, "the batch before this one could not be written");
}

void Partition::remember_refused(const txn::BatchFacts& batch, txn::Origin origin, bool appended) {
  if (batch.producer == kNoProducerId || origin == txn::Origin::Coordinator) return;
  if (appended) {
    owed_.erase(batch.producer);
    return;
  }
  // Those that never come back are forgotten together: there are few, on a disk that is failing.
  constexpr std::size_t kMostOwed = 10'000;
  if (owed_.size() >= kMostOwed) owed_.clear();
  owed_.try_emplace(batch.producer, batch);
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
      (committed ? stable_watchers_ : watchers_).add(std::move(watch), item);
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
  for (const txn::Ended& ended : ending_) {
    if (ended.marker >= high) stable = std::min(stable, ended.first);
  }
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

// The log calls this between two appends, when it begins a segment. Only where the log's end is the
// segment's base do the producers stand as of there.
void Partition::on_roll(Offset at) {
  if (at != log_->log_end() || at <= snapshot_at_) return;
  background_.spawn(write_snapshot(at, txn::encode_snapshot(producers_)));
}

env::Task<void> Partition::write_snapshot(Offset at, ByteVector content) {
  // A snapshot that cannot be written costs a longer scan at the next start, nothing else.
  const Result<void> written = co_await env::write_file_atomically(
      cache_.files(), snapshot_path(log_->folder(), at), std::move(content));
  if (written) snapshot_at_ = std::max(snapshot_at_, at);
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
  if (log_->log_end() > snapshot_at_ && !log_->offline()) {
    co_await write_snapshot(log_->log_end(), txn::encode_snapshot(producers_));
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

#include "store/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/probe.h"
#include "store/recovery.h"

namespace store {

Log::Log(env::Shard& shard, Syncer& syncer, FileCache& cache, std::string folder, TopicId topic_id,
         LogOptionsPtr options)
    : shard_(shard),
      syncer_(syncer),
      cache_(cache),
      folder_(std::move(folder)),
      topic_id_(topic_id),
      options_(std::move(options)),
      moved_(shard) {}

Log::~Log() {
  for (const Segment& segment : segments_) cache_.drop(segment.key);
}

env::Task<Result<Opened>> Log::open(env::Shard& shard, Syncer& syncer, FileCache& cache,
                                    std::string folder, TopicId topic_id, LogOptionsPtr options,
                                    OpenFacts facts) {
  Opened opened;
  opened.log.reset(new Log(shard, syncer, cache, std::move(folder), topic_id, std::move(options)));
  Recovery recovery(*opened.log, facts, opened.report);
  const Result<void> done = co_await recovery.run();
  if (!done) {
    co_return fail(done.error().code,
                   fmt::format("{}: {}", opened.log->folder_, done.error().detail));
  }
  co_return opened;
}

env::Task<Result<Appended>> Log::append(MutableBytes batches, LeaderEpoch epoch, Timestamp now,
                                        std::optional<logs::AbortedTxn> aborted) {
  if (offline_) co_return fail(*offline_);
  CO_TRY(const logs::Incoming incoming, stamp(batches, epoch, now));
  CO_TRY_VOID(co_await make_ready(incoming, epoch, now));
  CO_TRY(const SegmentHandlePtr handle, handle_of(segments_.back()));
  const Bytes bytes = batches;
  touched_ = true;
  Result<void> written = co_await handle->log->write(segments_.back().size, {&bytes, 1});
  const bool whole = written.has_value();
  if (whole) written = co_await enter_batches(handle, bytes, aborted);
  if (!written) {
    probe::reached<"log: a write failed and was cut back">();
    const bool cut = cut_back();
    // It is there whole, and the next start finds it.
    if (whole && !cut) co_return fail(ErrorCode::NotEnoughReplicasAfterAppend, offline_->detail);
    co_return fail(written.error());
  }
  // A sync failed meanwhile. This was written, and the next start may find it.
  if (offline_) co_return fail(ErrorCode::NotEnoughReplicasAfterAppend, offline_->detail);

  Appended appended{
      .base = log_end_, .last = incoming.last, .log_start = log_start_, .epoch = epoch};
  if (options_->timestamp_type == wire::TimestampType::LogAppendTime) {
    appended.log_append_time = now;
  }
  if (!std::exchange(active_unsynced_, true)) unsynced_since_ = shard_.now();
  if (options_->durability == Durability::Disk && !unsynced_active_) unsynced_active_ = handle->log;
  log_end_ = Offset{incoming.last.value + 1};
  const bool promised_at_once = options_->durability == Durability::PageCache;
  if (!promised_at_once && !probe::planted<"answer before the sync">()) {
    request_sync();
  } else {
    durable_end_ = log_end_;
    moved_.notify_all();
    const bool flush_due = log_end_.value - synced_end_.value >= options_->flush_messages;
    if (flush_due || folder_unsynced_) request_sync();
  }
  co_return appended;
}

// Gives the batches their place in the log.
Result<logs::Incoming> Log::stamp(MutableBytes batches, LeaderEpoch epoch, Timestamp now) {
  logs::Incoming incoming{.size = batches.size(), .last = Offset{log_end_.value - 1}};
  check(!batches.empty(), "an append of nothing");
  while (!batches.empty()) {
    const auto header = TRY(wire::peek_batch(batches));
    check(header && header->size() <= batches.size(), "an append of bytes nobody has validated");
    const MutableBytes batch = batches.first(header->size());
    wire::set_base_offset(batch, Offset{incoming.last.value + 1});
    wire::set_leader_epoch(batch, epoch);
    Timestamp newest = header->max_timestamp;
    if (options_->timestamp_type == wire::TimestampType::LogAppendTime) {
      wire::set_log_append_time(batch, now);
      newest = now;
    }
    incoming.last = Offset{incoming.last.value + 1 + header->last_offset_delta};
    incoming.max_timestamp = std::max(incoming.max_timestamp, newest);
    batches = batches.subspan(batch.size());
  }
  return incoming;
}

// Sees to it that there is an active segment that takes `batches`, and that the epoch is known.
env::Task<Result<void>> Log::make_ready(logs::Incoming batches, LeaderEpoch epoch, Timestamp now) {
  if (epoch > epochs_.latest()) CO_TRY_VOID(co_await begin_epoch(epoch));
  if (segments_.empty()) co_return co_await create_segment();
  if (!segments_.back().first_timestamp) CO_TRY_VOID(co_await know_first_timestamp());
  const logs::RollLimits limits{.segment_bytes = options_->segment_bytes,
                                .segment_ms = options_->segment_ms,
                                .index_bytes = options_->segment_index_bytes};
  if (logs::roll_before(roll_facts(), batches, limits, now)) co_return co_await create_segment();
  co_return Result<void>{};
}

logs::RollFacts Log::roll_facts() const {
  const Segment& active = segments_.back();
  return {.base = active.base,
          .size = active.size,
          .index_entries = std::max(active.offset_entries, active.time_entries),
          .first_timestamp = active.first_timestamp.value_or(kNoTimestamp),
          .created = active.created};
}

env::Task<Result<void>> Log::know_first_timestamp() {
  const Segment active = segments_.back();
  if (active.first_timestamp || active.size == 0) co_return Result<void>{};
  CO_TRY(const SegmentHandlePtr handle, handle_of(active));
  BatchCursor cursor(handle->log, logs::Walk(0, active.size, active.base, active.base),
                     wire::kBatchOverhead);
  CO_TRY(const auto first, co_await cursor.next(BatchCursor::Check::Headers));
  segments_.back().first_timestamp = first ? first->header.max_timestamp : kNoTimestamp;
  co_return Result<void>{};
}

// Takes batches that were written into the indexes, and the segment's account.
env::Task<Result<void>> Log::enter_batches(SegmentHandlePtr handle, Bytes batches,
                                           std::optional<logs::AbortedTxn> aborted) {
  Segment active = segments_.back();
  IndexEntries entries;
  handle->landmarks.add(log_end_, active.size);
  for (Bytes rest = batches; !rest.empty();) {
    const auto peeked = wire::peek_batch(rest);
    const wire::BatchHeader& header = **peeked;
    if (!active.first_timestamp) active.first_timestamp = header.max_timestamp;
    const auto due = active.sparse.add({.last_offset = header.last_offset(),
                                        .max_timestamp = header.max_timestamp,
                                        .position = active.size,
                                        .size = static_cast<std::uint32_t>(header.size())},
                                       options_->index_interval_bytes);
    if (due.offset) entries.offsets.push_back(*due.offset);
    if (due.time) entries.times.push_back(*due.time);
    active.size += static_cast<std::uint32_t>(header.size());
    rest = rest.subspan(header.size());
  }
  if (aborted) CO_TRY_VOID(co_await write_aborted(handle, *aborted));
  CO_TRY_VOID(co_await write_indexes(segments_.size() - 1, std::move(entries)));
  Segment& now_active = segments_.back();
  if (aborted) {
    ++now_active.aborted;
    if (handle->aborted_loaded) handle->aborted_txns.push_back(*aborted);
    cache_.grown(now_active.key);
  }
  now_active.size = active.size;
  now_active.sparse = active.sparse;
  now_active.first_timestamp = active.first_timestamp;
  co_return Result<void>{};
}

// After a failed write: the files end again where the log ends. False if they cannot be cut; the
// log is offline then.
bool Log::cut_back() {
  const Segment active = segments_.back();
  const auto cut = [&]() -> Result<void> {
    const SegmentHandlePtr handle = TRY(handle_of(active));
    TRY_VOID(open_indexes(active, *handle));
    TRY_VOID(handle->log->truncate(active.size));
    TRY_VOID(handle->index->truncate(active.offset_entries * logs::kOffsetEntrySize));
    TRY_VOID(handle->time_index->truncate(active.time_entries * logs::kTimeEntrySize));
    if (!cache_.files().exists(path(logs::FileKind::TxnIndex, active.base))) return {};
    TRY_VOID(open_aborted(active, *handle));
    TRY_VOID(handle->aborted->truncate(active.aborted * logs::kAbortedTxnSize));
    return {};
  };
  const Result<void> done = cut();
  if (!done) {
    probe::reached<"log: a failed write could not be cut back">();
    go_offline(done.error());
  }
  // Landmarks and loaded entries may speak of what was cut.
  cache_.drop(active.key);
  segments_.back().key = cache_.new_key();
  return done.has_value();
}

env::Task<Result<void>> Log::wait_durable(Offset end) {
  while (durable_end_ < end) {
    if (offline_) co_return fail(*offline_);
    co_await moved_.wait();
  }
  co_return Result<void>{};
}

env::Task<Result<void>> Log::begin_epoch(LeaderEpoch epoch) {
  if (offline_) co_return fail(*offline_);
  const logs::Epochs before = epochs_;
  if (!epochs_.begin(epoch, log_end_) || !folder_exists_) co_return Result<void>{};
  Result<void> written = co_await write_epochs();
  if (!written) epochs_ = before;
  co_return written;
}

env::Task<Result<Removed>> Log::advance_log_start(Offset to) {
  if (offline_) co_return fail(*offline_);
  if (to > log_end_) {
    co_return fail(ErrorCode::OffsetOutOfRange,
                   fmt::format("the log ends at offset {}", log_end_.value));
  }
  log_start_ = std::max(log_start_, to);
  std::size_t count = 0;
  while (count + 1 < segments_.size() && segments_[count + 1].base <= log_start_) ++count;
  co_return co_await remove_oldest(count);
}

env::Task<Result<Removed>> Log::apply_retention(Timestamp now, Offset upper) {
  if (offline_) co_return fail(*offline_);
  const LogOptionsPtr options = options_;
  if (segments_.empty()) co_return Removed{.log_start = log_start_};
  CO_TRY_VOID(co_await know_first_timestamp());
  const logs::RollLimits roll{.segment_bytes = options->segment_bytes,
                              .segment_ms = options->segment_ms,
                              .index_bytes = options->segment_index_bytes};
  if (logs::roll_by_age(roll_facts(), now, roll, now)) CO_TRY_VOID(co_await create_segment());

  const logs::RetentionLimits limits{.ms = options->deletes ? options->retention_ms : -1,
                                     .bytes = options->deletes ? options->retention_bytes : -1};
  logs::RetentionInput input{.now = now, .log_start = log_start_, .upper = upper};
  bool times_matter = limits.ms >= 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (times_matter) CO_TRY_VOID(co_await know_times(segments_[i].base));
    const Segment& segment = segments_[i];
    const Timestamp newest = times_matter ? segment.sparse.max_timestamp() : kNoTimestamp;
    // Behind one that stays, how old the others are is not worth opening their files.
    times_matter = times_matter && now.value - newest.value > limits.ms;
    input.segments.push_back({.next = end_of(i), .size = segment.size, .newest = newest});
  }
  const std::size_t count = logs::expired(input, limits);
  if (count == segments_.size()) CO_TRY_VOID(co_await create_segment());
  if (folder_unsynced_) request_sync();
  co_return co_await remove_oldest(count);
}

void Log::flush_if_due(Instant now) {
  if (!active_unsynced_ || options_->flush_ms == INT64_MAX) return;
  if (now - unsynced_since_ >= Millis(options_->flush_ms)) request_sync();
}

env::Task<Result<void>> Log::truncate_to(Offset end) {
  if (offline_) co_return fail(*offline_);
  if (end >= log_end_) co_return Result<void>{};
  // What waits for its sync must not be a file that is about to be replaced.
  CO_TRY_VOID(co_await settle());
  RecoveryReport report;
  Recovery recovery(*this, {}, report);
  Result<void> done = co_await recovery.cut_to(end);
  if (!done) go_offline(done.error());
  co_return done;
}

env::Task<Result<void>> Log::close() {
  // Of a log that went offline nobody may believe that all of it is on the disk.
  Result<void> closed;
  if (offline_) closed = fail(*offline_);
  if (touched_ && !offline_ && !segments_.empty()) {
    closed = co_await finish_active();
    if (closed) closed = co_await settle();
  }
  co_await syncer_.drain(*this);
  if (!offline_) offline_ = Error{ErrorCode::KafkaStorageError, folder_ + " is closed"};
  for (const Segment& segment : segments_) cache_.drop(segment.key);
  co_return closed;
}

env::Task<Result<std::string>> Log::remove(Uuid fresh) {
  take_no_more({ErrorCode::KafkaStorageError, folder_ + " was deleted"});
  co_await syncer_.drain(*this);
  unsynced_.clear();
  unsynced_active_ = nullptr;
  for (const Segment& segment : segments_) cache_.drop(segment.key);
  if (!folder_exists_) co_return std::string();
  const std::size_t name_at = folder_.rfind('/') + 1;
  const std::string to = folder_.substr(0, name_at) +
                         logs::deleted_folder(std::string_view(folder_).substr(name_at), fresh);
  CO_TRY_VOID(cache_.files().rename(folder_, to));
  folder_exists_ = false;
  co_return to;
}

void Log::set_options(LogOptionsPtr options) {
  const bool now_cached = options->durability == Durability::PageCache;
  options_ = std::move(options);
  if (offline_) return;  // What was not synced stays in doubt, whatever is asked for now.
  if (now_cached && durable_end_ < log_end_) {
    durable_end_ = log_end_;
    moved_.notify_all();
  } else if (active_unsynced_) {
    request_sync();
  }
}

std::uint64_t Log::size_bytes() const {
  std::uint64_t total = 0;
  for (const Segment& segment : segments_) total += segment.size;
  return total;
}

}  // namespace store

// Finding records by their time.
#include <algorithm>

#include "store/batch_cursor.h"
#include "store/log.h"
#include "wire/record_batch_reader.h"

namespace store {
namespace {

constexpr std::size_t kChunk = 64 << 10;

// The last entry of a time index; none where the file cannot tell.
env::Task<Result<std::optional<logs::TimeEntry>>> last_entry(env::Files& files, std::string path) {
  if (!files.exists(path)) co_return std::optional<logs::TimeEntry>{};
  CO_TRY(const env::FilePtr file, files.open(path, env::OpenMode::ReadOnly));
  CO_TRY(const std::uint64_t size, file->size());
  if (size == 0 || size % logs::kTimeEntrySize != 0) co_return std::optional<logs::TimeEntry>{};
  ByteVector bytes(logs::kTimeEntrySize);
  CO_TRY(const std::size_t got, co_await file->read(size - bytes.size(), bytes));
  const logs::TimeEntry entry = logs::decode_time_entry(bytes.data());
  // All zero is the filling of a file that was never trimmed.
  if (got < bytes.size() || entry.timestamp.value <= 0) co_return std::optional<logs::TimeEntry>{};
  co_return entry;
}

// The first record of a batch from `start` on that is not older than `at`.
Result<std::optional<TimeFound>> first_record(Bytes batch, Timestamp at, Offset start) {
  wire::BatchScratch scratch;
  wire::BatchReader reader = TRY(wire::BatchReader::open(batch, scratch));
  for (;;) {
    const auto record = TRY(reader.next());
    if (!record) return std::optional<TimeFound>{};
    if (record->timestamp < at || record->offset < start) continue;
    return TimeFound{.timestamp = record->timestamp,
                     .offset = record->offset,
                     .epoch = reader.header().leader_epoch};
  }
}

}  // namespace

// Learns the greatest timestamp of the segment with this base.
env::Task<Result<void>> Log::know_times(Offset base) {
  const Segment segment = segments_[segment_at(base)];
  if (segment.base != base || segment.times_known) co_return Result<void>{};
  logs::SparseIndex sparse(base);
  CO_TRY(const auto last,
         co_await last_entry(cache_.files(), path(logs::FileKind::TimeIndex, base)));
  if (last) {
    sparse.resume(*last);
  } else {
    CO_TRY(const SegmentHandlePtr handle, handle_of(segment));
    BatchCursor cursor(handle->log, logs::Walk(0, segment.size, base, base), kChunk);
    for (;;) {
      CO_TRY(const auto found, co_await cursor.next(BatchCursor::Check::Headers));
      if (!found) break;
      sparse.add({.last_offset = found->header.last_offset(),
                  .max_timestamp = found->header.max_timestamp},
                 UINT32_MAX);
    }
  }
  if (segments_.empty()) co_return Result<void>{};
  Segment& now = segments_[segment_at(base)];
  if (now.base != base || now.times_known) co_return Result<void>{};
  now.sparse = sparse;
  now.times_known = true;
  co_return Result<void>{};
}

env::Task<Result<std::optional<TimeFound>>> Log::first_in_segment(Segment segment, Timestamp at) {
  const std::string name = path(logs::FileKind::TimeIndex, segment.base);
  std::vector<logs::TimeEntry> times;
  CO_TRY(const SegmentHandlePtr handle, handle_of(segment));
  if (cache_.files().exists(name)) {
    CO_TRY(const ByteVector bytes, co_await env::read_file(cache_.files(), name));
    times = logs::decode_time_index(bytes).value_or(times);
  }
  const auto above = std::ranges::upper_bound(times, at, {}, &logs::TimeEntry::timestamp);
  const std::uint32_t skip = above == times.begin() ? 0 : (above - 1)->offset;
  const Offset from = std::max(log_start_, Offset{segment.base.value + skip});
  CO_TRY(const Place place, co_await find_place(segment, handle, from));
  BatchCursor cursor(handle->log,
                     logs::Walk(place.position, segment.size, segment.base, segment.base), kChunk);
  for (;;) {
    CO_TRY(const auto found, co_await cursor.next(BatchCursor::Check::Headers));
    if (!found) break;
    if (found->header.max_timestamp < at) continue;
    CO_TRY(const Bytes batch, co_await cursor.whole(*found));
    CO_TRY(const auto record, first_record(batch, at, log_start_));
    if (record) co_return record;
  }
  co_return std::optional<TimeFound>{};
}

env::Task<Result<std::optional<TimeFound>>> Log::find_by_time(Timestamp at) {
  for (Offset next = log_start_; next < log_end_ && !segments_.empty();) {
    const Offset base = segments_[segment_at(next)].base;
    CO_TRY_VOID(co_await know_times(base));
    if (segments_.empty()) break;
    const std::size_t index = segment_at(next);
    const Segment segment = segments_[index];
    next = std::max(end_of(index), Offset{next.value + 1});
    if (segment.sparse.max_timestamp() < at) continue;
    CO_TRY(const auto found, co_await first_in_segment(segment, at));
    if (found) co_return found;
  }
  co_return std::optional<TimeFound>{};
}

env::Task<Result<std::optional<TimeFound>>> Log::find_max_time() {
  std::optional<Segment> greatest;
  for (Offset next = log_start_; next < log_end_ && !segments_.empty();) {
    const Offset base = segments_[segment_at(next)].base;
    CO_TRY_VOID(co_await know_times(base));
    if (segments_.empty()) break;
    const std::size_t index = segment_at(next);
    const Segment& segment = segments_[index];
    next = std::max(end_of(index), Offset{next.value + 1});
    const Timestamp newest = segment.sparse.max_timestamp();
    if (newest.value < 0 || (greatest && newest <= greatest->sparse.max_timestamp())) continue;
    greatest = segment;
  }
  if (!greatest) co_return std::optional<TimeFound>{};
  CO_TRY(const SegmentHandlePtr handle, handle_of(*greatest));
  CO_TRY(const Place place,
         co_await find_place(*greatest, handle, greatest->sparse.max_timestamp_offset()));
  BatchCursor cursor(handle->log,
                     logs::Walk(place.position, greatest->size, greatest->base, greatest->base),
                     kChunk);
  CO_TRY(const auto batch, co_await cursor.next(BatchCursor::Check::Headers));
  if (batch) {
    CO_TRY(const Bytes bytes, co_await cursor.whole(*batch));
    CO_TRY(const auto record, first_record(bytes, greatest->sparse.max_timestamp(), log_start_));
    if (record) co_return record;
  }
  // What the indexes speak of lies below the start of the log.
  co_return co_await greatest_by_walking();
}

env::Task<Result<std::optional<TimeFound>>> Log::greatest_by_walking() {
  std::optional<TimeFound> greatest;
  CO_TRY_VOID(co_await scan(log_start_, log_end_, ScanDetail::Batches,
                            [&greatest, start = log_start_](Bytes batch) -> Result<void> {
                              const auto header = TRY(wire::peek_batch(batch));
                              const Timestamp bar{greatest ? greatest->timestamp.value + 1 : 0};
                              if (header->max_timestamp < bar) return {};
                              const auto newest = header->max_timestamp;
                              const auto found = TRY(first_record(batch, newest, start));
                              if (found) greatest = found;
                              return {};
                            }));
  co_return greatest;
}

}  // namespace store

// Reading a log: from an offset to runs of its files.
#include <fmt/format.h>

#include <algorithm>

#include "base/probe.h"
#include "store/batch_cursor.h"
#include "store/log.h"

namespace store {
namespace {

constexpr std::size_t kSeekChunk = 4096;
constexpr std::uint64_t kLongestSegment = INT32_MAX;
constexpr std::size_t kScanChunk = 256 << 10;

std::unexpected<Error> out_of_range(const Log& log, Offset from) {
  return fail(ErrorCode::OffsetOutOfRange,
              fmt::format("offset {} is not within {} to {}", from.value, log.log_start().value,
                          log.log_end().value));
}

logs::Walk walk_from(const Segment& segment, std::uint32_t position) {
  return logs::Walk(position, segment.size, segment.base, segment.base);
}

}  // namespace

std::size_t Log::segment_at(Offset offset) const {
  const auto above = std::ranges::upper_bound(segments_, offset, {}, &Segment::base);
  return above == segments_.begin() ? 0 : static_cast<std::size_t>(above - segments_.begin() - 1);
}

Offset Log::end_of(std::size_t segment) const {
  return segment + 1 < segments_.size() ? segments_[segment + 1].base : log_end_;
}

env::Task<Result<void>> Log::load_index(Segment segment, SegmentHandlePtr handle) {
  if (handle->index_loaded) co_return Result<void>{};
  const std::string name = path(logs::FileKind::Index, segment.base);
  std::vector<logs::OffsetEntry> entries;
  if (cache_.files().exists(name)) {
    CO_TRY(const ByteVector bytes, co_await env::read_file(cache_.files(), name));
    // Without a sound index the way leads through all batch headers: slower, and as right.
    // Entries of appends that came since `segment` was looked at are as good.
    entries = logs::decode_offset_index(bytes, kLongestSegment).value_or(entries);
  }
  if (handle->index_loaded) co_return Result<void>{};  // Somebody else was faster.
  handle->entries = std::move(entries);
  handle->index_loaded = true;
  if (cache_.find(segment.key) == handle) cache_.grown(segment.key);
  co_return Result<void>{};
}

// Where the batch that holds `from`, or else the next one, starts.
env::Task<Result<Log::Place>> Log::find_place(Segment segment, SegmentHandlePtr handle,
                                              Offset from) {
  if (from <= segment.base) co_return Place{.position = 0, .next = segment.base};
  if (const auto known = handle->landmarks.find(from); known && *known <= segment.size) {
    co_return Place{.position = *known, .next = from};
  }
  CO_TRY_VOID(co_await load_index(segment, handle));
  const std::int64_t relative = std::min<std::int64_t>(from.value - segment.base.value, INT32_MAX);
  auto floor = logs::floor_offset(handle->entries, static_cast<std::uint32_t>(relative));
  if (floor && probe::planted<"an index entry too far">()) {
    const auto above =
        std::ranges::upper_bound(handle->entries, floor->offset, {}, &logs::OffsetEntry::offset);
    if (above != handle->entries.end()) floor = *above;
  }
  BatchCursor cursor(handle->log, walk_from(segment, floor ? floor->position : 0), kSeekChunk);
  for (;;) {
    CO_TRY(const auto found, co_await cursor.next(BatchCursor::Check::Headers));
    if (found && found->header.last_offset() < from) continue;
    if (found) {
      co_return Place{.position = static_cast<std::uint32_t>(found->position),
                      .next = found->header.base_offset};
    }
    if (cursor.walk().stop() == logs::Walk::Stop::End) {
      co_return Place{.position = segment.size, .next = from};
    }
    co_return fail(broken_segment(path(logs::FileKind::Log, segment.base), cursor.walk()));
  }
}

// The whole batches of a segment from the one with `from` on, within the limits.
env::Task<Result<Log::Run>> Log::find_run(Segment segment, SegmentHandlePtr handle,
                                          Offset segment_end, Offset from, ReadLimits limits) {
  CO_TRY(const Place start, co_await find_place(segment, handle, from));
  const std::uint64_t left = segment.size - start.position;
  const std::uint64_t limit = start.position + std::min<std::uint64_t>(limits.bytes, left);
  const bool to_the_end = limits.upper >= segment_end;
  if (to_the_end && limit == segment.size) {
    co_return Run{.position = start.position, .end = segment.size, .next = segment_end};
  }
  if (const auto known = handle->landmarks.find(limits.upper);
      known && *known >= start.position && *known <= limit) {
    co_return Run{.position = start.position, .end = *known, .next = limits.upper};
  }

  // The last indexed batch that starts within the limits; from there header by header.
  CO_TRY_VOID(co_await load_index(segment, handle));
  auto floor = logs::floor_position(handle->entries, limit);
  if (!to_the_end && floor) {
    const std::int64_t last = limits.upper.value - 1 - segment.base.value;
    const auto below = logs::floor_offset(handle->entries, static_cast<std::uint32_t>(last));
    floor = below && below->position < floor->position ? below : below ? floor : std::nullopt;
  }
  Run run{.position = start.position, .end = start.position, .next = start.next};
  if (floor) run.end = std::max(run.end, floor->position);
  bool next_is_known = run.end == run.position;
  BatchCursor cursor(handle->log, walk_from(segment, run.end), kSeekChunk);
  for (;;) {
    CO_TRY(const auto found, co_await cursor.next(BatchCursor::Check::Headers));
    if (!found) break;
    if (!std::exchange(next_is_known, true)) run.next = found->header.base_offset;
    const bool first = run.end == run.position;
    const bool fits = cursor.walk().position() <= limit;
    const bool below = found->header.next_offset() <= limits.upper;
    if (!below || (!fits && !(first && limits.first_whatever_its_size))) break;
    run.end = static_cast<std::uint32_t>(cursor.walk().position());
    run.next = found->header.next_offset();
  }
  const auto stop = cursor.walk().stop();
  if (stop && *stop != logs::Walk::Stop::End && run.end == run.position) {
    co_return fail(broken_segment(path(logs::FileKind::Log, segment.base), cursor.walk()));
  }
  if (stop == logs::Walk::Stop::End) run.next = std::min(segment_end, limits.upper);
  handle->landmarks.add(run.next, run.end);
  co_return run;
}

env::Task<Result<ReadSlice>> Log::read(Offset from, std::size_t max_bytes, Offset upper,
                                       bool at_least_one) {
  if (from < log_start_ || from > log_end_) co_return out_of_range(*this, from);
  upper = std::min(upper, log_end_);
  ReadSlice slice{.runs = {}, .size = 0, .next = from};
  while (slice.next < upper && !segments_.empty()) {
    const std::size_t at = segment_at(slice.next);
    const Segment segment = segments_[at];
    const Offset end = end_of(at);
    CO_TRY(const SegmentHandlePtr handle, handle_of(segment));
    const ReadLimits limits{.bytes = max_bytes - slice.size,
                            .upper = upper,
                            .first_whatever_its_size = at_least_one && slice.runs.empty()};
    CO_TRY(const Run run, co_await find_run(segment, handle, end, slice.next, limits));
    const std::size_t size = run.end - run.position;
    if (size > 0) {
      slice.runs.push_back({.file = handle->log, .offset = run.position, .size = size});
      slice.size += size;
    }
    slice.next = std::max(slice.next, run.next);
    if (slice.next < end || slice.size >= max_bytes) break;
  }
  if (slice.runs.empty()) slice.next = from;
  co_return slice;
}

env::Task<Result<ByteVector>> Log::read_bytes(Offset from, std::size_t max_bytes, Offset upper) {
  CO_TRY(const ReadSlice slice, co_await read(from, max_bytes, upper));
  ByteVector bytes(slice.size);
  std::size_t filled = 0;
  for (const env::FileRange& run : slice.runs) {
    const MutableBytes into = MutableBytes(bytes).subspan(filled, run.size);
    CO_TRY(const std::size_t got, co_await run.file->read(run.offset, into));
    if (got < run.size) {
      co_return fail(ErrorCode::KafkaStorageError,
                     folder_ + ": a segment has become shorter while it was read");
    }
    filled += got;
  }
  co_return bytes;
}

env::Task<Result<void>> Log::scan(Offset from, Offset upper, ScanDetail detail, Visit visit) {
  if (from < log_start_ || from > log_end_) co_return out_of_range(*this, from);
  upper = std::min(upper, log_end_);
  const bool whole = detail == ScanDetail::Batches;
  for (Offset next = from; next < upper && !segments_.empty();) {
    const std::size_t at = segment_at(next);
    const Segment segment = segments_[at];
    const Offset end = end_of(at);
    CO_TRY(const SegmentHandlePtr handle, handle_of(segment));
    CO_TRY(const Place place, co_await find_place(segment, handle, next));
    BatchCursor cursor(handle->log, walk_from(segment, place.position), kScanChunk);
    for (;;) {
      CO_TRY(const auto found, co_await cursor.next(whole ? BatchCursor::Check::Checksums
                                                          : BatchCursor::Check::Headers));
      if (!found) break;
      if (found->header.base_offset >= upper) co_return Result<void>{};
      if (whole || found->header.control) {
        CO_TRY(const Bytes bytes, co_await cursor.whole(*found));
        CO_TRY_VOID(visit(bytes));
      } else {
        CO_TRY_VOID(visit(cursor.head(*found)));
      }
    }
    if (cursor.walk().stop() != logs::Walk::Stop::End) {
      co_return fail(broken_segment(path(logs::FileKind::Log, segment.base), cursor.walk()));
    }
    next = std::max(end, Offset{next.value + 1});
  }
  co_return Result<void>{};
}

}  // namespace store

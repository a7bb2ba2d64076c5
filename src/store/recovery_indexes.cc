// What the indexes of the last segment are good for.
#include "store/recovery.h"

#include <algorithm>

#include "base/probe.h"

namespace store {

// The facts about the last segment; known_ then holds what its indexes are good for.
env::Task<Result<logs::SegmentFacts>> Recovery::last_facts() {
  const Segment last = log_.segments_.back();
  logs::SegmentFacts facts{.base = last.base, .size = last.size, .has_index = has_indexes_.back()};
  if (!facts.has_index) co_return facts;
  if (facts_.clean) {
    CO_TRY(facts.index_is_sound, co_await last_entries());
    co_return facts;
  }
  CO_TRY(facts.index_is_sound, co_await all_entries(last));
  if (!facts.index_is_sound || known_.times.empty()) co_return facts;
  // The time index may have lost more of its end than the offset index: both hold up to where the
  // poorer one ends. And only what was there at the recovery point need not be checked.
  const Offset reach =
      std::min(facts_.recovery_point, Offset{last.base.value + known_.times.back().offset + 1});
  if (reach <= last.base) co_return facts;
  const auto relative = static_cast<std::uint32_t>(reach.value - 1 - last.base.value);
  const auto proven = logs::floor_offset(known_.offsets, relative);
  if (!proven) co_return facts;
  CO_TRY(const bool stands_there, co_await stands(last, *proven));
  if (stands_there) {
    probe::reached<"recovery: only the tail checked">();
    facts.proven = proven;
    keep_up_to(proven);
  }
  co_return facts;
}

// After a clean shutdown the ends of the indexes tell enough.
env::Task<Result<bool>> Recovery::last_entries() {
  const Segment& last = log_.segments_.back();
  const std::string index_path = log_.path(logs::FileKind::Index, last.base);
  const std::string times_path = log_.path(logs::FileKind::TimeIndex, last.base);
  CO_TRY(const env::FilePtr index, files_.open(index_path, env::OpenMode::ReadOnly));
  CO_TRY(const env::FilePtr times, files_.open(times_path, env::OpenMode::ReadOnly));
  CO_TRY(const std::uint64_t index_size, index->size());
  CO_TRY(const std::uint64_t times_size, times->size());
  if (index_size % logs::kOffsetEntrySize != 0 || times_size % logs::kTimeEntrySize != 0) {
    co_return false;
  }
  ByteVector bytes(logs::kTimeEntrySize);
  if (index_size > 0) {
    const MutableBytes into = MutableBytes(bytes).first(logs::kOffsetEntrySize);
    CO_TRY(const std::size_t got, co_await index->read(index_size - into.size(), into));
    const logs::OffsetEntry entry = logs::decode_offset_entry(bytes.data());
    if (got < into.size() || entry.offset == 0 || entry.position >= last.size) co_return false;
    known_.offsets = {entry};
    known_.from = entry.position;
  }
  if (times_size > 0) {
    CO_TRY(const std::size_t got, co_await times->read(times_size - bytes.size(), bytes));
    const logs::TimeEntry entry = logs::decode_time_entry(bytes.data());
    if (got < bytes.size() || entry.timestamp.value <= 0) co_return false;
    known_.times = {entry};
  }
  known_.earlier_offsets =
      static_cast<std::uint32_t>(index_size / logs::kOffsetEntrySize - known_.offsets.size());
  known_.earlier_times =
      static_cast<std::uint32_t>(times_size / logs::kTimeEntrySize - known_.times.size());
  known_.files_are_exact = true;
  co_return true;
}

env::Task<Result<bool>> Recovery::all_entries(Segment segment) {
  const std::string index_path = log_.path(logs::FileKind::Index, segment.base);
  const std::string times_path = log_.path(logs::FileKind::TimeIndex, segment.base);
  if (!files_.exists(index_path) || !files_.exists(times_path)) co_return false;
  CO_TRY(const ByteVector index, co_await env::read_file(files_, index_path));
  CO_TRY(const ByteVector times, co_await env::read_file(files_, times_path));
  auto offset_entries = logs::decode_offset_index(index, segment.size);
  auto time_entries = logs::decode_time_index(times);
  if (!offset_entries || !time_entries) co_return false;
  known_.files_are_exact = index.size() == offset_entries->size() * logs::kOffsetEntrySize &&
                           times.size() == time_entries->size() * logs::kTimeEntrySize;
  known_.offsets = std::move(*offset_entries);
  known_.times = std::move(*time_entries);
  co_return true;
}

// Whether a whole batch is where an entry of the offset index says.
env::Task<Result<bool>> Recovery::stands(Segment segment, logs::OffsetEntry entry) {
  CO_TRY(const SegmentHandlePtr handle, log_.handle_of(segment));
  BatchCursor cursor(handle->log,
                     logs::Walk(entry.position, segment.size, segment.base, segment.base),
                     kTailChunk);
  CO_TRY(const auto found, co_await cursor.next(BatchCursor::Check::Checksums));
  co_return found && found->header.last_offset().value == segment.base.value + entry.offset;
}

// Sets the entries behind `proven` apart, from where the segment is gone through; all without one.
void Recovery::keep_up_to(const std::optional<logs::OffsetEntry>& proven) {
  const std::uint32_t last = proven ? proven->offset : 0;
  const auto split = [&](auto& entries, auto& behind) {
    const auto first =
        std::ranges::find_if(entries, [&](auto& entry) { return !proven || entry.offset > last; });
    behind.assign(first, entries.end());
    entries.erase(first, entries.end());
  };
  split(known_.offsets, known_.behind.offsets);
  split(known_.times, known_.behind.times);
  known_.from = proven ? proven->position : 0;
}

}  // namespace store

#include "store/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/probe.h"

namespace store {

env::Task<Result<void>> Recovery::run() {
  log_.log_start_ = log_.log_end_ = facts_.log_start;
  if (files_.exists(log_.folder_)) {
    CO_TRY_VOID(co_await look());
    if (!log_.segments_.empty()) {
      std::vector<logs::SegmentFacts> facts;
      for (std::size_t i = 0; i + 1 < log_.segments_.size(); ++i) {
        facts.push_back({.base = log_.segments_[i].base,
                         .size = log_.segments_[i].size,
                         .has_index = has_indexes_[i],
                         .index_is_sound = true});
      }
      CO_TRY(const logs::SegmentFacts last, co_await last_facts());
      facts.push_back(last);
      CO_TRY_VOID(co_await carry_out(logs::plan(facts, facts_.clean, facts_.recovery_point)));
      log_.log_end_ = end_;
      log_.log_start_ = std::max(facts_.log_start, log_.segments_.front().base);
      CO_TRY_VOID(co_await start_at_checkpoint());
      CO_TRY_VOID(co_await count_aborted());
    }
    CO_TRY_VOID(co_await settle_epochs());
  }
  if (!facts_.clean && log_.log_end_ < facts_.recovery_point) {
    report_.findings.push_back({.kind = logs::Finding::Kind::Missing,
                                .file = log_.folder_,
                                .offset = log_.log_end_,
                                .may_lose_promised = true,
                                .why = fmt::format("everything below offset {} had been synced",
                                                   facts_.recovery_point.value)});
  }
  log_.durable_end_ = log_.synced_end_ = log_.log_end_;
  co_return Result<void>{};
}

env::Task<Result<void>> Recovery::carry_out(std::vector<logs::SegmentPlan> plans) {
  using Action = logs::Action;
  const Known of_last = std::exchange(known_, {});
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const bool last = i + 1 == plans.size();
    const Action action = plans[i].action;
    if (action == Action::Keep && !last) continue;
    if (action == Action::BuildIndexes) {
      note_rebuilt(log_.segments_[i], "one was missing or damaged");
    }
    known_ = last && (action == Action::Keep || action == Action::CheckTail) ? of_last : Known{};
    const bool checksums = action == Action::CheckTail || action == Action::CheckAll;
    CO_TRY(const Verdict verdict, co_await go_through(i, checksums ? BatchCursor::Check::Checksums
                                                                   : BatchCursor::Check::Headers));
    // Batches may be missing at a segment's end without a trace in its file.
    const bool gap = checksums && !last && end_ != log_.segments_[i + 1].base;
    if (verdict == Verdict::Whole && !gap) continue;
    CO_TRY_VOID(co_await set_aside_from(i + 1));
    break;
  }
  if (folder_changed_) {
    CO_TRY_VOID(co_await log_.sync_all({}, true, true));
  }
  co_return Result<void>{};
}

// Walks over a segment's batches from known_ on, cuts what is not in order, and leaves indexes that
// tell of every batch.
env::Task<Result<Recovery::Verdict>> Recovery::go_through(std::size_t index,
                                                          BatchCursor::Check check) {
  const Segment before = log_.segments_[index];
  const std::string path = log_.path(logs::FileKind::Log, before.base);
  CO_TRY(const env::FilePtr file, files_.open(path, env::OpenMode::ReadWrite));
  logs::SparseIndex sparse(before.base);
  if (!known_.times.empty()) sparse.resume(known_.times.back());

  const bool checksums = check == BatchCursor::Check::Checksums;
  const logs::Walk start(known_.from, before.size, before.base, before.base);
  BatchCursor cursor(file, start, checksums ? kCheckChunk : kTailChunk);
  Log::IndexEntries fresh;
  for (;;) {
    CO_TRY(const auto found, co_await cursor.next(check));
    if (!found) break;
    const auto due = sparse.add({.last_offset = found->header.last_offset(),
                                 .max_timestamp = found->header.max_timestamp,
                                 .position = static_cast<std::uint32_t>(found->position),
                                 .size = static_cast<std::uint32_t>(found->header.size())},
                                log_.options_->index_interval_bytes);
    if (due.offset) fresh.offsets.push_back(*due.offset);
    if (due.time) fresh.times.push_back(*due.time);
    const LeaderEpoch epoch = found->header.leader_epoch;
    if (epochs_seen_.empty() || epoch > epochs_seen_.back().epoch) {
      epochs_seen_.push_back({epoch, found->header.base_offset});
    }
  }
  if (checksums) report_.bytes_checked += cursor.walk().position() - known_.from;

  end_ = cursor.walk().next();
  const bool cut = cursor.walk().stop() != logs::Walk::Stop::End;
  if (cut) CO_TRY_VOID(co_await cut_segment(index, cursor.walk()));
  if (index + 1 < log_.segments_.size()) {
    if (const auto entry = sparse.finish()) fresh.times.push_back(*entry);
  }
  CO_TRY_VOID(co_await write_indexes(index, fresh));
  Segment& segment = log_.segments_[index];
  segment.size = static_cast<std::uint32_t>(cursor.walk().position());
  segment.sparse = sparse;
  segment.times_known = true;
  // What was not synced before the crash is served from now on, so it has to be durable.
  const bool new_to_disk = !facts_.clean && end_ > facts_.recovery_point;
  if ((new_to_disk && !probe::planted<"recovery trusts the page cache">()) || cut) {
    CO_TRY_VOID(co_await file->sync());
    folder_changed_ = true;
  }
  co_return cut ? Verdict::Cut : Verdict::Whole;
}

// Makes the index files of a segment hold known_ and then `fresh`.
env::Task<Result<void>> Recovery::write_indexes(std::size_t index, const Log::IndexEntries& fresh) {
  Segment& segment = log_.segments_[index];
  segment.offset_entries =
      known_.earlier_offsets + static_cast<std::uint32_t>(known_.offsets.size());
  segment.time_entries = known_.earlier_times + static_cast<std::uint32_t>(known_.times.size());
  if (known_.files_are_exact && fresh == known_.behind) {
    segment.offset_entries += static_cast<std::uint32_t>(fresh.offsets.size());
    segment.time_entries += static_cast<std::uint32_t>(fresh.times.size());
    co_return Result<void>{};
  }
  SegmentHandle handle;
  CO_TRY_VOID(log_.open_indexes(segment, handle));
  CO_TRY_VOID(handle.index->truncate(segment.offset_entries * logs::kOffsetEntrySize));
  CO_TRY_VOID(handle.time_index->truncate(segment.time_entries * logs::kTimeEntrySize));
  log_.cache_.drop(segment.key);
  segment.key = log_.cache_.new_key();
  log_.touched_ = true;
  CO_TRY_VOID(co_await log_.write_indexes(index, fresh));
  CO_TRY_VOID(co_await handle.index->sync());
  CO_TRY_VOID(co_await handle.time_index->sync());
  co_return Result<void>{};
}

// Everything that is left may lie below where the log is known to start.
env::Task<Result<void>> Recovery::start_at_checkpoint() {
  if (facts_.log_start <= log_.log_end_) co_return Result<void>{};
  for (const Segment& segment : log_.segments_) {
    log_.cache_.drop(segment.key);
    CO_TRY_VOID(log_.remove_files(segment.base));
  }
  log_.segments_.clear();
  log_.log_start_ = log_.log_end_ = facts_.log_start;
  co_return Result<void>{};
}

void Recovery::note_rebuilt(const Segment& segment, std::string why) {
  probe::reached<"recovery: indexes built anew">();
  report_.findings.push_back({.kind = logs::Finding::Kind::IndexRebuilt,
                              .file = log_.path(logs::FileKind::Log, segment.base),
                              .offset = segment.base,
                              .why = std::move(why)});
}

env::Task<Result<void>> Recovery::cut_to(Offset end) {
  while (!log_.segments_.empty() && log_.segments_.back().base >= end) {
    const Segment last = log_.segments_.back();
    log_.cache_.drop(last.key);
    log_.segments_.pop_back();
    CO_TRY_VOID(log_.remove_files(last.base));
  }
  has_indexes_.assign(log_.segments_.size(), true);
  if (!log_.segments_.empty()) {
    const Segment segment = log_.segments_.back();
    CO_TRY(const SegmentHandlePtr handle, log_.handle_of(segment));
    CO_TRY(const Log::Place place, co_await log_.find_place(segment, handle, end));
    CO_TRY(const bool sound, co_await all_entries(segment));
    if (!sound) known_ = {};
    std::optional<logs::OffsetEntry> proven;
    if (!known_.times.empty() && place.position > 0) {
      const auto by_position = logs::floor_position(known_.offsets, place.position - 1);
      const auto by_time = logs::floor_offset(known_.offsets, known_.times.back().offset);
      if (by_position && by_time) {
        proven = by_position->position < by_time->position ? by_position : by_time;
      }
    }
    keep_up_to(proven);
    const std::string path = log_.path(logs::FileKind::Log, segment.base);
    CO_TRY(const env::FilePtr file, files_.open(path, env::OpenMode::ReadWrite));
    CO_TRY_VOID(file->truncate(place.position));
    log_.cache_.drop(segment.key);
    log_.segments_.back().key = log_.cache_.new_key();
    log_.segments_.back().size = place.position;
    log_.segments_.back().first_timestamp.reset();
    CO_TRY(const Verdict verdict,
           co_await go_through(log_.segments_.size() - 1, BatchCursor::Check::Headers));
    if (verdict == Verdict::Cut) {
      co_return fail(ErrorCode::KafkaStorageError,
                     path + " is damaged: " + to_text(report_.findings.back()));
    }
    CO_TRY_VOID(co_await cut_aborted(log_.segments_.back(), end));
  }
  log_.log_end_ = end;
  log_.log_start_ = std::min(log_.log_start_, end);
  // With nothing left, an empty segment remembers where the log goes on.
  if (log_.segments_.empty() && end > Offset{0}) CO_TRY_VOID(co_await log_.create_segment());
  log_.durable_end_ = log_.synced_end_ = std::min(log_.synced_end_, end);
  log_.touched_ = true;
  if (log_.epochs_.cut_end(end) && log_.folder_exists_) CO_TRY_VOID(co_await log_.write_epochs());
  if (log_.folder_exists_) CO_TRY_VOID(co_await files_.sync_dir(log_.folder_));
  co_return Result<void>{};
}

}  // namespace store

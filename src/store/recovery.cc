#include "store/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/probe.h"
#include "log/checkpoint.h"

namespace store {
namespace {

constexpr std::size_t kCheckChunk = 1 << 20;
constexpr std::size_t kTailChunk = 4096;
constexpr std::size_t kSearched = 64 << 20;

std::string name_of(logs::FileKind kind, const Segment& segment) {
  return logs::file_name(kind, segment.base);
}

}  // namespace

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

// Reads the folder: which segments there are and how long, whose they are, and the epochs.
env::Task<Result<void>> Recovery::look() {
  CO_TRY(const auto entries, files_.list(log_.folder_));
  log_.folder_exists_ = true;
  CO_TRY_VOID(classify(entries));
  CO_TRY_VOID(co_await check_topic());
  CO_TRY_VOID(co_await read_epochs());
  if (!facts_.clean && !probe::planted<"memory is believed after a failed sync">()) {
    CO_TRY_VOID(forget_cached());
  }
  for (Segment& segment : log_.segments_) {
    const std::string path = log_.path(logs::FileKind::Log, segment.base);
    CO_TRY(const env::FilePtr file, files_.open(path, env::OpenMode::ReadOnly));
    CO_TRY(const std::uint64_t size, file->size());
    if (size > INT32_MAX) {
      co_return fail(ErrorCode::KafkaStorageError,
                     name_of(logs::FileKind::Log, segment) + " is longer than a segment can be");
    }
    segment.size = static_cast<std::uint32_t>(size);
    segment.key = log_.cache_.new_key();
    segment.sparse = logs::SparseIndex(segment.base);
  }
  // An empty segment at the end may be one whose making did not end, in the middle of what the one
  // before it went on to take. That one is walked, and is the active one again.
  while (log_.segments_.size() > 1 && log_.segments_.back().size == 0) {
    probe::reached<"recovery: an empty segment dropped">();
    CO_TRY_VOID(log_.remove_files_at(files_, log_.segments_.back().base));
    log_.segments_.pop_back();
    has_indexes_.pop_back();
  }
  // Whether the folder knows durably of an empty segment, or of anything after a kill, nothing
  // tells. The next sync sees to it.
  const bool told = facts_.clean && !log_.segments_.empty() && log_.segments_.back().size > 0;
  log_.folder_unsynced_ = log_.parent_unsynced_ = !told;
  co_return Result<void>{};
}

// A sync that failed before the end may have left bytes in memory that the disk has not. No later
// sync would write them, so going by them would promise what the next power failure takes back,
// and all that follows with it. What is to be checked is read from the disk itself.
Result<void> Recovery::forget_cached() {
  using Kind = logs::FileKind;
  for (std::size_t i = 0; i < log_.segments_.size(); ++i) {
    const bool last = i + 1 == log_.segments_.size();
    if (!last && log_.segments_[i + 1].base < facts_.recovery_point) continue;
    for (const Kind kind : {Kind::Log, Kind::Index, Kind::TimeIndex, Kind::TxnIndex}) {
      const std::string path = log_.path(kind, log_.segments_[i].base);
      if (!files_.exists(path)) continue;
      const env::FilePtr file = TRY(files_.open(path, env::OpenMode::ReadOnly));
      file->forget_cached();
    }
  }
  return {};
}

Result<void> Recovery::classify(const std::vector<env::DirEntry>& entries) {
  using Kind = logs::FileKind;
  std::set<Offset> indexes;
  std::set<Offset> time_indexes;
  std::set<Offset> txn_indexes;
  for (const env::DirEntry& entry : entries) {
    const logs::FileName name = logs::parse_file_name(entry.name);
    if (entry.is_directory) continue;
    if (name.kind == Kind::Log) log_.segments_.push_back({.base = name.base});
    if (name.kind == Kind::Index) indexes.insert(name.base);
    if (name.kind == Kind::TimeIndex) time_indexes.insert(name.base);
    if (name.kind == Kind::TxnIndex) txn_indexes.insert(name.base);
    if (name.kind == Kind::Snapshot) report_.snapshots.push_back(name.base);
    if (name.kind == Kind::Unfinished) {
      return fail(ErrorCode::KafkaStorageError,
                  entry.name +
                      " is of a compaction that did not end: start Apache Kafka on this "
                      "folder once, so that it completes it, and stop it cleanly");
    }
    if (name.kind == Kind::LeftOver) {
      TRY_VOID(files_.remove(log_.path(entry.name)));
      report_.findings.push_back({.kind = logs::Finding::Kind::LeftOver,
                                  .file = log_.path(entry.name),
                                  .why = "left by a deletion or a write that did not end"});
    }
  }
  std::ranges::sort(log_.segments_, {}, &Segment::base);
  for (const Segment& segment : log_.segments_) {
    has_indexes_.push_back(indexes.erase(segment.base) + time_indexes.erase(segment.base) == 2);
  }
  TRY_VOID(sweep(Kind::Index, indexes));
  TRY_VOID(sweep(Kind::TimeIndex, time_indexes));
  return sweep(Kind::TxnIndex, txn_indexes);
}

// Removes those of segments that are gone.
Result<void> Recovery::sweep(logs::FileKind kind, const std::set<Offset>& bases) {
  for (const Offset base : bases) {
    if (std::ranges::binary_search(log_.segments_, base, {}, &Segment::base)) continue;
    TRY_VOID(files_.remove(log_.path(kind, base)));
  }
  return {};
}

env::Task<Result<void>> Recovery::check_topic() {
  const std::string name(logs::kPartitionMetadata);
  std::optional<TopicId> found;
  if (files_.exists(log_.path(name))) {
    CO_TRY(const ByteVector text, co_await env::read_file(files_, log_.path(name)));
    const auto parsed = logs::parse_partition_metadata(as_text(text));
    // A crash, or a full disk when the folder was made, may leave the file half-written.
    if (!parsed && facts_.clean && !log_.segments_.empty()) {
      co_return fail(ErrorCode::KafkaStorageError, name + ": " + parsed.error().detail);
    }
    if (parsed) found = *parsed;
  }
  if (!found) {
    probe::reached<"recovery: partition.metadata written anew">();
    const std::string text = logs::print_partition_metadata(log_.topic_id_);
    co_return co_await env::write_file_atomically(files_, log_.path(name),
                                                  to_vector(as_bytes(text)));
  }
  if (*found != log_.topic_id_) {
    co_return fail(ErrorCode::InconsistentTopicId,
                   fmt::format("the folder belongs to the topic with id {}, not {}",
                               to_text(found->value), to_text(log_.topic_id_.value)));
  }
  co_return Result<void>{};
}

env::Task<Result<void>> Recovery::read_epochs() {
  const std::string path = log_.path(logs::kLeaderEpochs);
  if (!files_.exists(path)) co_return Result<void>{};
  CO_TRY(const ByteVector text, co_await env::read_file(files_, path));
  const auto epochs = logs::parse_epochs(as_text(text));
  if (epochs) {
    log_.epochs_ = logs::Epochs(*epochs);
    co_return Result<void>{};
  }
  report_.findings.push_back(
      {.kind = logs::Finding::Kind::EpochsLost, .file = path, .why = epochs.error().detail});
  probe::reached<"recovery: the epochs were unreadable">();
  epochs_readable_ = false;
  co_return Result<void>{};
}

// The epochs now have to tell what the log tells: not more than it holds, and what its last batches
// say.
env::Task<Result<void>> Recovery::settle_epochs() {
  const std::vector<logs::EpochStart> before = log_.epochs_.entries();
  log_.epochs_.cut_end(log_.log_end_);
  for (const logs::EpochStart& seen : epochs_seen_) {
    if (seen.epoch > log_.epochs_.latest()) log_.epochs_.begin(seen.epoch, seen.start);
  }
  log_.epochs_.cut_start(log_.log_start_);
  if (epochs_readable_ && log_.epochs_.entries() == before) co_return Result<void>{};
  co_return co_await log_.write_epochs();
}

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

env::Task<Result<bool>> Recovery::batches_follow(std::size_t index, logs::Walk walk) {
  for (std::size_t i = index + 1; i < log_.segments_.size(); ++i) {
    if (log_.segments_[i].size > 0) co_return true;
  }
  const std::string path = log_.path(logs::FileKind::Log, log_.segments_[index].base);
  CO_TRY(const env::FilePtr file, files_.open(path, env::OpenMode::ReadOnly));
  const std::uint64_t from = walk.position() + 1;
  ByteVector bytes(std::min<std::uint64_t>(walk.size() - walk.position() - 1, kSearched));
  CO_TRY(const std::size_t got, co_await file->read(from, bytes));
  co_return logs::find_batch(Bytes(bytes).first(got), walk.next()).has_value();
}

env::Task<Result<void>> Recovery::cut_segment(std::size_t index, logs::Walk walk) {
  const std::string path = log_.path(logs::FileKind::Log, log_.segments_[index].base);
  CO_TRY(const bool follow, co_await batches_follow(index, walk));
  logs::Finding finding = logs::judge(path, walk.size(), walk, facts_.recovery_point, follow);
  if (facts_.clean) {
    finding.kind = logs::Finding::Kind::Damage;
    finding.may_lose_promised = true;
  }
  if (finding.kind == logs::Finding::Kind::Damage) {
    CO_TRY(finding.kept_in, co_await keep_aside(path, walk.position(), walk.size()));
  }
  if (finding.kind == logs::Finding::Kind::TornTail) {
    probe::reached<"recovery: a torn tail cut">();
  }
  report_.findings.push_back(finding);
  CO_TRY(const env::FilePtr file, files_.open(path, env::OpenMode::ReadWrite));
  CO_TRY_VOID(file->truncate(walk.position()));
  log_.segments_[index].size = static_cast<std::uint32_t>(walk.position());
  co_return Result<void>{};
}

// Copies bytes of a file to one beside it, durably, and gives its name.
env::Task<Result<std::string>> Recovery::keep_aside(std::string path, std::uint64_t from,
                                                    std::uint64_t size) {
  const std::string to = fmt::format("{}.{}.damaged", path, from);
  CO_TRY(const env::FilePtr source, files_.open(path, env::OpenMode::ReadOnly));
  CO_TRY(const env::FilePtr target, files_.open(to, env::OpenMode::CreateOrOpen));
  ByteVector bytes(std::min<std::uint64_t>(kCheckChunk, size - from));
  for (std::uint64_t at = from; at < size;) {
    CO_TRY(const std::size_t got, co_await source->read(at, bytes));
    if (got == 0) break;
    const Bytes part = Bytes(bytes).first(got);
    CO_TRY_VOID(co_await target->write(at - from, {&part, 1}));
    at += got;
  }
  CO_TRY_VOID(co_await target->sync());
  CO_TRY_VOID(co_await files_.sync_dir(log_.folder_));
  co_return to;
}

// What lies behind a damage cannot be served: an offset would be missing before it.
env::Task<Result<void>> Recovery::set_aside_from(std::size_t first) {
  for (std::size_t i = first; i < log_.segments_.size(); ++i) {
    const Segment& segment = log_.segments_[i];
    const std::string path = log_.path(logs::FileKind::Log, segment.base);
    if (segment.size > 0) {
      report_.findings.push_back({.kind = logs::Finding::Kind::SegmentCut,
                                  .file = path,
                                  .offset = segment.base,
                                  .bytes = segment.size,
                                  .may_lose_promised = true,
                                  .why = "it lies behind a damage",
                                  .kept_in = path + ".damaged"});
      CO_TRY_VOID(files_.rename(path, path + ".damaged"));
    }
    log_.cache_.drop(segment.key);
    CO_TRY_VOID(log_.remove_files(segment.base));
  }
  log_.segments_.resize(std::min(first, log_.segments_.size()));
  // The active segment now, and so to be opened for writing.
  log_.cache_.drop(log_.segments_.back().key);
  CO_TRY_VOID(co_await files_.sync_dir(log_.folder_));
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

// What the indexes of aborted transactions hold, and from where on that is in doubt: of a segment
// that was not synced to its end, or was only just so, its index need not be on the disk.
env::Task<Result<void>> Recovery::count_aborted() {
  for (std::size_t i = 0; i < log_.segments_.size(); ++i) {
    Segment& segment = log_.segments_[i];
    const Offset end = log_.end_of(i);
    const std::string path = log_.path(logs::FileKind::TxnIndex, segment.base);
    const bool last = i + 1 == log_.segments_.size();
    bool sound = facts_.clean || (!last && end < facts_.recovery_point);
    if (files_.exists(path)) {
      CO_TRY(const ByteVector file, co_await env::read_file(files_, path));
      const auto entries = logs::decode_aborted(file, segment.base, end);
      if (entries) segment.aborted = static_cast<std::uint32_t>(entries->size());
      sound = sound && entries;
    }
    if (!sound && !report_.aborted_in_doubt) report_.aborted_in_doubt = segment.base;
  }
  co_return Result<void>{};
}

// Takes those from a segment's index whose markers are cut.
env::Task<Result<void>> Recovery::cut_aborted(Segment& segment, Offset end) {
  const std::string path = log_.path(logs::FileKind::TxnIndex, segment.base);
  if (segment.aborted == 0) co_return files_.remove(path);
  CO_TRY(const ByteVector file, co_await env::read_file(files_, path));
  const auto entries = logs::decode_aborted(file, segment.base, Offset{INT64_MAX});
  if (!entries) co_return fail(ErrorCode::KafkaStorageError, path + " is damaged");
  const auto left = std::ranges::lower_bound(*entries, end, {}, &logs::AbortedTxn::last);
  segment.aborted = static_cast<std::uint32_t>(left - entries->begin());
  CO_TRY(const env::FilePtr open, files_.open(path, env::OpenMode::ReadWrite));
  CO_TRY_VOID(open->truncate(segment.aborted * logs::kAbortedTxnSize));
  co_return co_await open->sync();
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

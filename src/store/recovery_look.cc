// What a partition's folder says before its segments are gone through: which there are, whose they
// are, and the epochs.
#include "store/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/probe.h"
#include "log/checkpoint.h"

namespace store {

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
      co_return fail(
          ErrorCode::KafkaStorageError,
          logs::file_name(logs::FileKind::Log, segment.base) + " is longer than a segment can be");
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

}  // namespace store

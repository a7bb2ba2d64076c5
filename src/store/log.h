// A partition's log on disk: `<data>/<topic>-<partition>/` with segments, indexes and checkpoints,
// byte for byte as Apache Kafka keeps them (docs/formats/log.md).
//
// A log belongs to one shard. `append`, `truncate_to`, `advance_log_start`, `apply_retention`,
// `begin_epoch`, `close` and `remove` change it and must not overlap one another: the caller holds
// the partition's append lock across them. Everything else may run at any time, among itself and
// beside a change. The log must outlive the tasks it gives.
//
// Offsets are dense at the end: log_start <= durable_end <= log_end. What lies below durable_end is
// on stable storage (Durability::Disk), or with the operating system (Durability::PageCache).
//
// A partition that was never written to has no folder: folder and files come with the first append.
//
// After a failed sync the log is offline for good: reads go on, every later change fails with
// KafkaStorageError. After a failed write (a full disk, say) the half-written tail is cut away and
// later appends may succeed; if it cannot be cut the log goes offline.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/probe.h"
#include "base/time.h"
#include "env/network.h"
#include "env/sync.h"
#include "log/epochs.h"
#include "log/names.h"
#include "log/recover.h"
#include "log/retain.h"
#include "log/txn_index.h"
#include "store/file_cache.h"
#include "store/log_options.h"
#include "store/segment.h"
#include "store/syncer.h"

namespace store {

// What is known about a log from outside its folder.
struct OpenFacts {
  bool clean = false;          // The data folder was shut down cleanly: nothing needs checking.
  Offset recovery_point = {};  // Below it everything was synced: recovery-point-offset-checkpoint.
  Offset log_start = {};       // From log-start-offset-checkpoint; 0 where it has none.
};

// What opening found and did; empty for a log that was in order. The caller tells people.
struct RecoveryReport {
  std::vector<logs::Finding> findings;  // What was cut or rebuilt: file, offset, how much, and why.
  std::uint64_t bytes_checked = 0;
  std::vector<Offset>
      snapshots;  // Offsets of the `<offset>.snapshot` files in the folder, ascending.
  // From the segment at this base on the indexes of aborted transactions may lack some, or tell of
  // some that never were. Who can read the log's transactions calls Log::settle_aborted.
  std::optional<Offset> aborted_in_doubt = {};
};

struct Appended {
  Offset base;
  Offset last;
  Timestamp log_append_time = kNoTimestamp;  // Set where the topic's timestamps are LogAppendTime.
  Offset log_start;
  LeaderEpoch epoch;
};

// Whole batches, as runs of files that can be sent without bringing them through user space.
struct ReadSlice {
  std::vector<env::FileRange> runs;
  std::size_t size = 0;  // Of all runs.
  Offset next;  // The offset after the last batch in `runs`; where empty, what was asked for.
};

struct TimeFound {
  Timestamp timestamp;
  Offset offset;
  LeaderEpoch epoch = kNoLeaderEpoch;
};

// The last epoch that is at most the one asked for, and where it ended.
using EpochEnd = logs::EpochEnd;

struct Removed {
  int segments = 0;
  std::uint64_t bytes = 0;
  Offset log_start;
};

enum class ScanDetail {
  Headers,  // The 61 bytes of each batch's header; control batches whole.
  Batches,  // Each batch whole.
};

class Log;
struct Opened {
  std::unique_ptr<Log> log;
  RecoveryReport report;
};

class Log : private Syncable {
 public:
  using RollHook = std::move_only_function<void(Offset)>;
  using Visit = std::move_only_function<Result<void>(Bytes)>;

  // Opens the log in `folder` ("<data>/<topic>-<partition>"), checking and mending what `facts`
  // says may be damaged. A folder of another topic id is refused.
  static env::Task<Result<Opened>> open(env::Shard& shard, Syncer& syncer, FileCache& cache,
                                        std::string folder, TopicId topic_id, LogOptionsPtr options,
                                        OpenFacts facts);
  ~Log() override;

  // Appends one or more batches that wire::validate_batch has accepted: sets base offsets and the
  // leader epoch in place (and the timestamp where it is LogAppendTime) and writes them as they
  // are. Durable once durable_end() has reached the end of what was appended.
  // With a marker that aborts a transaction comes the entry for the index of those.
  env::Task<Result<Appended>> append(MutableBytes batches, LeaderEpoch epoch, Timestamp now,
                                     std::optional<logs::AbortedTxn> aborted = {});

  Offset log_start() const { return log_start_; }
  Offset log_end() const { return log_end_; }
  Offset durable_end() const { return durable_end_; }
  // Below it everything is synced; what recovery-point-offset-checkpoint should say.
  Offset recovery_point() const {
    return probe::planted<"a recovery point beyond the sync">() ? log_end_ : synced_end_;
  }

  // Returns once durable_end() >= end, or with the reason why it never will.
  env::Task<Result<void>> wait_durable(Offset end);
  // Notified when durable_end moves, and when the log goes offline.
  env::Signal& moved() { return moved_; }
  // Why the log takes no more changes, if so.
  const std::optional<Error>& offline() const { return offline_; }

  // Whole batches from the one that holds `from` on, below `upper`, up to max_bytes; the first one
  // whatever its size if `at_least_one`. OffsetOutOfRange if `from` is not within the log.
  env::Task<Result<ReadSlice>> read(Offset from, std::size_t max_bytes, Offset upper,
                                    bool at_least_one = true);
  // The same, brought into memory.
  env::Task<Result<ByteVector>> read_bytes(Offset from, std::size_t max_bytes, Offset upper);
  // The aborted transactions that have records, or their marker, within [from, upper).
  env::Task<Result<std::vector<logs::AbortedTxn>>> aborted_within(Offset from, Offset upper);
  // What the log itself says of the segments from the one at `base` on, after a recovery that left
  // them in doubt (RecoveryReport). Gives how many indexes said otherwise, and are written anew.
  env::Task<Result<int>> settle_aborted(Offset base, std::vector<logs::AbortedTxn> entries);
  // Visits the batches from the one that holds `from` on, below `upper`, until the end or an error.
  env::Task<Result<void>> scan(Offset from, Offset upper, ScanDetail detail, Visit visit);

  // The first record at or after log_start whose timestamp is at least `at`; none if there is none.
  env::Task<Result<std::optional<TimeFound>>> find_by_time(Timestamp at);
  // The record with the greatest timestamp; none in an empty log.
  env::Task<Result<std::optional<TimeFound>>> find_max_time();

  LeaderEpoch latest_epoch() const { return epochs_.latest(); }
  std::optional<LeaderEpoch> epoch_of(Offset offset) const { return epochs_.epoch_of(offset); }
  // The last known epoch <= `epoch` and the offset where it ended; none if the log knows none.
  std::optional<EpochEnd> epoch_end_offset(LeaderEpoch epoch) const {
    return epochs_.end_of(epoch, log_end_);
  }
  // A leader's epoch begins at the current end. Appends with a newer epoch begin it by themselves.
  env::Task<Result<void>> begin_epoch(LeaderEpoch epoch);

  // DeleteRecords: nothing below `to` is served any more, and segments wholly below it are deleted.
  env::Task<Result<Removed>> advance_log_start(Offset to);
  // Cuts everything from `end` on.
  env::Task<Result<void>> truncate_to(Offset end);
  // Deletes what has outlived its time or outgrown its space, below `upper` (the high watermark).
  // Begins a new segment where the active one is due by age.
  env::Task<Result<Removed>> apply_retention(Timestamp now, Offset upper);
  // Asks for a sync if `flush_ms` has passed since the oldest byte that is not synced.
  void flush_if_due(Instant now);

  // Syncs everything, completes the indexes and lets go of the files. The log takes no more calls.
  env::Task<Result<void>> close();
  // Renames the folder to `<name>.<uuid>-delete` and gives its new path, to be deleted by the
  // caller (store::remove_folder) when it likes; empty if there was none. The log takes no more
  // calls.
  env::Task<Result<std::string>> remove(Uuid fresh);

  // Called with the base offset of a new segment before anything is written to it. Where the log is
  // at that offset a producer snapshot belongs.
  void on_roll(RollHook hook) { on_roll_ = std::move(hook); }

  const std::string& folder() const { return folder_; }
  TopicId topic_id() const { return topic_id_; }
  const LogOptions& options() const { return *options_; }
  void set_options(LogOptionsPtr options);
  std::uint64_t size_bytes() const;
  std::size_t segment_count() const { return segments_.size(); }

 private:
  friend class Recovery;

  // A place in a segment where a batch starts, and the offset it may start with at least.
  struct Place {
    std::uint32_t position = 0;
    Offset next;
  };
  struct Run {
    std::uint32_t position = 0;
    std::uint32_t end = 0;
    Offset next;
  };
  struct ReadLimits {
    std::size_t bytes = 0;
    Offset upper;
    bool first_whatever_its_size = false;
  };
  struct IndexEntries {
    std::vector<logs::OffsetEntry> offsets;
    std::vector<logs::TimeEntry> times;
    bool operator==(const IndexEntries&) const = default;
  };

  Log(env::Shard& shard, Syncer& syncer, FileCache& cache, std::string folder, TopicId topic_id,
      LogOptionsPtr options);

  // log_files.cc: files, folders, and what must be synced.
  std::string path(std::string_view name) const;
  std::string path(logs::FileKind kind, Offset base) const;
  Result<SegmentHandlePtr> handle_of(const Segment& segment);
  Result<void> open_indexes(const Segment& segment, SegmentHandle& handle);
  env::Task<Result<void>> write_indexes(std::size_t segment, IndexEntries entries);
  env::Task<Result<void>> write_small(std::string name, std::string text);
  env::Task<Result<void>> write_epochs();
  env::Task<Result<void>> create_folder();
  env::Task<Result<void>> create_segment();
  Result<void> open_files(env::Files& files, SegmentHandle& handle);
  Result<void> remove_files_at(env::Files& files, Offset base);
  env::Task<Result<void>> finish_active();
  Result<void> remove_files(Offset base);
  env::Task<Result<Removed>> remove_oldest(std::size_t count);
  void go_offline(const Error& why);
  void take_no_more(Error why);
  void request_sync();
  env::Task<Result<void>> sync_all(std::vector<env::FilePtr> files, bool folder, bool parent);
  env::Task<Result<void>> sync() override;
  env::Task<Result<void>> settle();

  // log.cc
  Result<logs::Incoming> stamp(MutableBytes batches, LeaderEpoch epoch, Timestamp now);
  env::Task<Result<void>> make_ready(logs::Incoming batches, LeaderEpoch epoch, Timestamp now);
  env::Task<Result<void>> enter_batches(SegmentHandlePtr handle, Bytes batches,
                                        std::optional<logs::AbortedTxn> aborted);
  bool cut_back();
  logs::RollFacts roll_facts() const;
  env::Task<Result<void>> know_first_timestamp();

  // log_aborted.cc
  Result<void> open_aborted(const Segment& segment, SegmentHandle& handle);
  env::Task<Result<void>> write_aborted(SegmentHandlePtr handle, logs::AbortedTxn entry);
  env::Task<Result<void>> load_aborted(Segment segment, SegmentHandlePtr handle);
  env::Task<Result<bool>> settle_segment(Segment segment, ByteVector content);

  // log_read.cc
  std::size_t segment_at(Offset offset) const;
  Offset end_of(std::size_t segment) const;
  env::Task<Result<void>> load_index(Segment segment, SegmentHandlePtr handle);
  env::Task<Result<Place>> find_place(Segment segment, SegmentHandlePtr handle, Offset from);
  env::Task<Result<Run>> find_run(Segment segment, SegmentHandlePtr handle, Offset segment_end,
                                  Offset from, ReadLimits limits);

  // log_times.cc
  env::Task<Result<void>> know_times(Offset base);
  env::Task<Result<std::optional<TimeFound>>> first_in_segment(Segment segment, Timestamp at);
  env::Task<Result<std::optional<TimeFound>>> greatest_by_walking();

  env::Shard& shard_;
  Syncer& syncer_;
  FileCache& cache_;
  std::string folder_;
  TopicId topic_id_;
  LogOptionsPtr options_;

  Offset log_start_;
  Offset log_end_;
  Offset durable_end_;
  Offset synced_end_;
  std::vector<Segment> segments_;  // By base offset. The last is the active one.
  logs::Epochs epochs_;
  std::optional<Error> offline_;
  env::Signal moved_;
  RollHook on_roll_;

  // What the next sync has to cover besides the active segment's batches.
  std::vector<env::FilePtr> unsynced_;
  bool active_unsynced_ = false;
  // With Durability::Disk, the active segment's file from the write to its sync: an error of the
  // disk is told to those who had the file open then. With PageCache logs are dirty for long, and
  // that would hold a file open for each of them.
  env::FilePtr unsynced_active_;
  Instant unsynced_since_;
  bool folder_exists_ = false;
  bool folder_unsynced_ = false;
  bool parent_unsynced_ = false;
  bool touched_ = false;  // Something was written since the log was opened.
};

}  // namespace store

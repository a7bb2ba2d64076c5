// Brings what is found in a partition's folder back to a log that can be served: gathers the facts,
// lets logs::plan decide, and carries out. See log/recover.h for what the decisions mean.
// The steps are in files of their own: recovery_look, _indexes, _damage, _aborted.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/batch_cursor.h"
#include "store/log.h"

namespace store {

class Recovery {
 public:
  Recovery(Log& log, OpenFacts facts, RecoveryReport& report)
      : log_(log), facts_(facts), report_(report), files_(log.cache_.files()) {}

  // Opening: from nothing but the folder's path to a log with segments, ends and epochs.
  env::Task<Result<void>> run();
  // Truncation: makes the log end at `end`, which is below its present end; on disk when it
  // returns.
  env::Task<Result<void>> cut_to(Offset end);

 private:
  // The indexes of a segment that is gone through, as far as they hold already.
  struct Known {
    std::uint64_t from = 0;  // Where going through starts.
    std::vector<logs::OffsetEntry> offsets;
    std::vector<logs::TimeEntry> times;
    // How many entries came before those in `offsets` and `times`.
    std::uint32_t earlier_offsets = 0;
    std::uint32_t earlier_times = 0;
    Log::IndexEntries behind;      // Found there, but not to be relied on.
    bool files_are_exact = false;  // The index files hold all these entries and nothing else.
  };
  enum class Verdict { Whole, Cut };

  // How much is read at once: of what is checked, and of the ends of batches that are not.
  static constexpr std::size_t kCheckChunk = 1 << 20;
  static constexpr std::size_t kTailChunk = 4096;

  env::Task<Result<void>> look();
  Result<void> forget_cached();
  Result<void> classify(const std::vector<env::DirEntry>& entries);
  Result<void> sweep(logs::FileKind kind, const std::set<Offset>& bases);
  env::Task<Result<void>> check_topic();
  env::Task<Result<void>> read_epochs();
  env::Task<Result<void>> settle_epochs();

  env::Task<Result<logs::SegmentFacts>> last_facts();
  env::Task<Result<bool>> last_entries();
  env::Task<Result<bool>> all_entries(Segment segment);
  env::Task<Result<bool>> stands(Segment segment, logs::OffsetEntry entry);
  void keep_up_to(const std::optional<logs::OffsetEntry>& proven);

  env::Task<Result<void>> carry_out(std::vector<logs::SegmentPlan> plans);
  env::Task<Result<Verdict>> go_through(std::size_t segment, BatchCursor::Check check);
  env::Task<Result<void>> cut_segment(std::size_t segment, logs::Walk walk);
  env::Task<Result<bool>> batches_follow(std::size_t segment, logs::Walk walk);
  env::Task<Result<std::string>> keep_aside(std::string path, std::uint64_t from,
                                            std::uint64_t size);
  env::Task<Result<void>> set_aside_from(std::size_t segment);
  env::Task<Result<void>> write_indexes(std::size_t segment, const Log::IndexEntries& fresh);
  env::Task<Result<void>> start_at_checkpoint();
  env::Task<Result<void>> count_aborted();
  env::Task<Result<void>> cut_aborted(Segment& segment, Offset end);
  void note_rebuilt(const Segment& segment, std::string why);

  Log& log_;
  OpenFacts facts_;
  RecoveryReport& report_;
  env::Files& files_;

  std::vector<bool> has_indexes_;  // Of each segment.
  Known known_;                    // Of the segment that is next gone through.
  std::vector<logs::EpochStart> epochs_seen_;
  bool epochs_readable_ = true;
  bool folder_changed_ = false;
  Offset end_;  // Of the segment gone through last.
};

}  // namespace store

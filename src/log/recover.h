// What to do with a log found on disk. Facts in, decisions out; store/ gathers the one and carries
// out the other.
//
//   plan   says for each segment whether to take it as it is or to check it, and from where.
//   Walk   goes through the bytes of a segment that is checked, batch by batch.
//   judge  says what the place where a walk stopped means.
//
// What ends a log after a crash is a torn tail: bytes that were written and never synced, so nobody
// was promised anything. It is cut. Damage before the recovery point, or with whole batches behind
// it, is not that: it is cut too, as nothing behind it can be served, but its bytes are put aside
// and the finding says that promised records may be among them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "log/index.h"
#include "wire/record_batch.h"

namespace logs {

enum class Action : std::uint8_t {
  Keep,          // In order, as far as anybody knows.
  CheckTail,     // Check batches from SegmentPlan::from on; the indexes are good up to there.
  CheckAll,      // Check every batch and build the indexes anew.
  BuildIndexes,  // The batches are good, an index is missing or damaged: build both anew.
};

struct SegmentFacts {
  Offset base;
  std::uint64_t size = 0;
  bool has_index = false;       // Both index files are there.
  bool index_is_sound = false;  // As far as was looked: the last segment's were read, if not clean.
  // Of the last segment, when not clean: the last entry at or below the recovery point whose batch
  // was found where the entry says.
  std::optional<OffsetEntry> proven = {};
};

struct SegmentPlan {
  Action action = Action::Keep;
  std::uint64_t from = 0;
  bool operator==(const SegmentPlan&) const = default;
};

// One plan per segment. `segments` ascend by base.
std::vector<SegmentPlan> plan(const std::vector<SegmentFacts>& segments, bool clean,
                              Offset recovery_point);

// Goes through a segment's batches.
class Walk {
 public:
  enum class Check : std::uint8_t { Headers, Checksums };
  enum class Stop : std::uint8_t {
    End,       // The segment ends with a whole batch.
    Torn,      // The last batch goes on behind the segment's end.
    NoBatch,   // What stands here is no batch.
    Checksum,  // A batch whose bytes are not the ones that were written.
    Offsets,   // A batch whose offsets do not go on from the ones before.
  };
  struct Found {
    wire::BatchHeader header;
    std::uint64_t position = 0;
  };

  // `next` is the least offset that may come.
  Walk(std::uint64_t from, std::uint64_t size, Offset base, Offset next)
      : position_(from), size_(size), base_(base), next_(next) {}

  // How many bytes `take` wants to see from position() on. 0 when the walk is over.
  std::size_t wanted() const { return stop_ ? 0 : wanted_; }
  // Looks at the batch at position(), of which `bytes` shows `wanted()` or more: the batch if it is
  // whole and right, and the walk has gone behind it. Nothing if more is wanted or the walk is
  // over.
  std::optional<Found> take(Bytes bytes, Check check);

  std::uint64_t position() const { return position_; }
  std::uint64_t size() const { return size_; }
  Offset next() const { return next_; }
  std::optional<Stop> stop() const { return stop_; }

 private:
  std::uint64_t position_;
  std::uint64_t size_;
  Offset base_;
  Offset next_;
  std::size_t wanted_ = wire::kBatchOverhead;
  std::optional<Stop> stop_;
};

// Where in `bytes` the next whole batch with a right checksum and an offset of at least `from`
// starts, if any does.
std::optional<std::size_t> find_batch(Bytes bytes, Offset from);

struct Finding {
  enum class Kind : std::uint8_t {
    TornTail,    // Unsynced bytes at the end, cut.
    Damage,      // Bytes that cannot be served, cut and put aside in `kept_in`.
    SegmentCut,  // A whole segment behind a damage, put aside in `kept_in`.
    IndexRebuilt,
    LeftOver,    // A file of an unfinished deletion or the like, removed.
    Missing,     // The log ends before an offset up to which it was synced.
    EpochsLost,  // The leader epochs were unreadable; what the batches tell was kept.
  };
  Kind kind = Kind::TornTail;
  std::string file = {};
  Offset offset = {};              // The first offset concerned.
  std::uint64_t position = 0;      // In the file.
  std::uint64_t bytes = 0;         // How much.
  bool may_lose_promised = false;  // Acknowledged records may be among the bytes.
  std::string why = {};
  std::string kept_in = {};
  bool operator==(const Finding&) const = default;
};
std::string to_text(const Finding& finding);
const char* to_text(Walk::Stop stop);

// The finding for a walk that stopped at (position, next) before the end of `file`.
Finding judge(std::string file, std::uint64_t size, const Walk& walk, Offset recovery_point,
              bool batches_follow);

}  // namespace logs

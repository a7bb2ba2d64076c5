// What a share group has done with the records of one partition, as the partition's leader knows
// it: from the start offset on, which records are free, whose they are for the moment, and which
// are done with. Several members work on one partition; each record is with one of them at a time.
//
//              acquire                    accept
//   Available ─────────> Acquired ──┬──────────────> Acknowledged
//       ^                           │ reject, gap
//       │  release, lock timed out  ├──────────────> Archived
//       └───────────────────────────┘ (Archived when delivered too often)
//
//   decide_*  read a share partition and a wish, and say what should happen.
//   begin, finish, undo  are how what was decided comes true. Everything but acquiring is written
//   to
//             the share group's state first: `begin` notes it, so that nobody else gets the records
//             meanwhile; `finish` follows when it is durable, `undo` when it could not be written.
//
// Invariants: nothing below `start` is held; the record at `start` is not done with; a record that
// is done with never becomes anything else. What is in no run is Available and was never delivered.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "share/runs.h"
#include "share/state.h"

namespace share {

// How a run of records fares.
struct Fate {
  RecordState state = RecordState::Available;
  std::int16_t delivery_count = 0;  // With the delivery under way.
  MemberId member = {};             // Who has acquired it.
  Instant locked_until = {};
  bool settling = false;  // What becomes of it is being written.
  bool operator==(const Fate&) const = default;
};

struct SharePartition {
  Offset start;
  std::int32_t state_epoch = 0;
  Runs<Fate> runs = {};
  std::int64_t complete = 0;  // Records from `start` on that are done with.

  // After the last record that somebody has seen.
  Offset end() const { return runs.empty() ? start : after(runs.last()); }
};

// The options that bound them.
struct Limits {
  std::int16_t most_deliveries = 5;  // group.share.delivery.count.limit
  std::int32_t most_locks = 2'000;   // group.share.partition.max.record.locks
  Millis lock{30'000};               // group.share.record.lock.duration.ms
};

// What the state that was read back comes to.
SharePartition restore(const Stored& stored);

// --- Acquiring -----------------------------------------------------------------------------------

struct Acquire {
  MemberId member;
  std::vector<Range> batches = {};  // Of the log that are at hand, in order.
  std::int64_t most_records = 0;
  std::int64_t batch_size = 0;  // From how many records on an answer's range ends with a batch.
  bool exactly = false;         // Never more than most_records; otherwise whole batches.
};
struct AcquiredRange {
  Range range;
  std::int16_t delivery_count = 0;
  bool operator==(const AcquiredRange&) const = default;
};

// The first record that could be acquired; the end of what was seen if there is none before.
Offset next_offset(const SharePartition& partition);
// Whether a read from next_offset on could give anything: not when too many records are under way.
bool has_room(const SharePartition& partition, const Limits& limits);
// Passes over what nobody is to read: what the log has from `from` on to before `to` are just
// `batches`. What is between them was compacted away, says how transactions ended, or was aborted.
// Not written: the log tells it again.
void skip_gaps(SharePartition& partition, Offset from, const std::vector<Range>& batches,
               Offset to);
std::vector<AcquiredRange> decide_acquire(const SharePartition& partition, const Acquire& wish,
                                          const Limits& limits);
void acquire(SharePartition& partition, const MemberId& member,
             const std::vector<AcquiredRange>& ranges, Instant locked_until);

// --- Giving back ---------------------------------------------------------------------------------

enum class AcknowledgeType : std::int8_t {
  Gap = 0,
  Accept = 1,
  Release = 2,
  Reject = 3,
  Renew = 4
};

struct AcknowledgeBatch {
  Range range;
  std::vector<std::int8_t> types;  // One for all, or one each.
};

struct Change {
  std::vector<StateBatch> settled = {};  // In order, and without overlap.
  std::vector<Range> renewed = {};       // Whose locks begin anew.
  bool empty() const { return settled.empty() && renewed.empty(); }
};

// Errors: InvalidRequest where the batches make no sense or lie beyond what was ever acquired,
// InvalidRecordState where a record is not the member's (any more). Then nothing of it happens.
Result<Change> decide_acknowledge(const SharePartition& partition, const MemberId& member,
                                  const std::vector<AcknowledgeBatch>& batches, bool may_renew,
                                  const Limits& limits);
// Frees all that a member has: it left, or closed its session.
Change decide_release(const SharePartition& partition, const MemberId& member,
                      const Limits& limits);
// Frees what was locked for too long.
Change decide_expiry(const SharePartition& partition, const Limits& limits, Instant now);
std::optional<Instant> next_expiry(const SharePartition& partition);

// What the change asks to be written, so that a restart finds it as `finish` leaves it.
Write to_write(const SharePartition& partition, const Change& change);

void begin(SharePartition& partition, const Change& change, Instant locked_until);
void finish(SharePartition& partition, const Change& change);
void undo(SharePartition& partition, const Change& change);

// Records below are gone from the log.
void forget_below(SharePartition& partition, Offset log_start);

}  // namespace share

// The producers of one partition: who wrote to it lately, and the last batches of each, so that a
// batch sent twice is stored once and a batch that overtook another is refused.
//
//   check   reads the producers and a batch, and says what should happen. It changes nothing.
//   apply   is the only code that records a batch or a transaction marker. It runs when the log has
//           given the batch its offsets and, after a restart, on the headers read back. Both end
//           in the same producers.
//
// The log must call apply in the order of offsets, before it checks the next batch; it need not
// wait for the disk. A Duplicate names a batch that may not be durable yet: whoever answers it
// waits for that batch's last offset as for a batch of their own.
//
// Invariants: a producer's remembered batches are in order, of one epoch, at most kBatchesKept;
// there are at most `limit` producers: past that the one that has been silent for the most records
// and has no open transaction is forgotten.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace txn {

// Numbers a producer's records from 0 to 2^31 - 1, then from 0 again.
using Sequence = Named<std::int32_t, struct SequenceTag>;
inline constexpr Sequence kNoSequence{-1};
Sequence add(Sequence from, std::int32_t records);
Sequence subtract(Sequence from, std::int32_t records);

inline constexpr ProducerEpoch kNoProducerEpoch{-1};
inline constexpr Offset kNoOffset{-1};
inline constexpr std::size_t kBatchesKept = 5;  // As many as a producer may have in flight.

// What a batch says of its producer.
struct BatchFacts {
  ProducerId producer = kNoProducerId;  // None: not idempotent, then nothing here applies to it.
  ProducerEpoch epoch = kNoProducerEpoch;
  Sequence first = {};
  Sequence last = {};
  Timestamp timestamp = kNoTimestamp;  // The greatest of its records.
  bool transactional = false;
};

// The batch is new and next in line.
struct Append {
  bool operator==(const Append&) const = default;
};
// The batch is in the log already, there.
struct Duplicate {
  Offset first;
  Offset last;
  Timestamp timestamp;
  bool operator==(const Duplicate&) const = default;
};
using Verdict = std::variant<Append, Duplicate>;

struct AppendedBatch {
  BatchFacts facts;
  Offset first;
  Offset last;
};

// The end of a transaction on this partition.
struct AppendedMarker {
  ProducerId producer;
  ProducerEpoch epoch = {};
  std::int32_t coordinator_epoch = -1;
  Offset offset = {};
  Timestamp timestamp = kNoTimestamp;
};

// A batch that is in the log. Its first sequence follows from the others.
struct KeptBatch {
  Sequence last_sequence;
  Offset last_offset;
  std::int32_t offset_delta = 0;  // Records after the first.
  Timestamp timestamp = kNoTimestamp;
  bool operator==(const KeptBatch&) const = default;

  Sequence first_sequence() const { return subtract(last_sequence, offset_delta); }
  Offset first_offset() const { return Offset{last_offset.value - offset_delta}; }
};

struct Producer {
  ProducerEpoch epoch = kNoProducerEpoch;
  std::deque<KeptBatch> batches = {};    // Oldest first.
  Timestamp last_active = kNoTimestamp;  // Of its last batch or marker.
  std::int32_t coordinator_epoch = -1;
  std::optional<Offset> transaction_start = {};  // Where its open transaction began.
  bool operator==(const Producer&) const = default;

  Sequence last_sequence() const {
    return batches.empty() ? kNoSequence : batches.back().last_sequence;
  }
};

class Producers {
 public:
  static constexpr std::size_t kDefaultLimit = 10'000;
  explicit Producers(std::size_t limit = kDefaultLimit) : limit_(limit) {}

  const Producer* find(ProducerId id) const;
  std::size_t size() const { return producers_.size(); }
  std::vector<ProducerId> ids() const;  // In order.

  // The offset before which every transaction has ended; none when none is open.
  std::optional<Offset> first_open() const;

  bool operator==(const Producers& other) const { return producers_ == other.producers_; }

 private:
  friend void apply(Producers& producers, const AppendedBatch& batch);
  friend std::optional<Offset> apply(Producers& producers, const AppendedMarker& marker);
  friend void expire(Producers& producers, Timestamp now, Millis idle);
  friend void restore(Producers& producers, ProducerId id, Producer producer);

  struct Entry {
    Producer producer;
    Offset touched = kNoOffset;  // Its place in by_age_.
    bool operator==(const Entry& other) const { return producer == other.producer; }
  };
  void touch(ProducerId id, Entry& entry, Offset at);
  void forget(ProducerId id);
  void make_room();

  std::size_t limit_;
  std::unordered_map<ProducerId, Entry> producers_;
  std::set<std::pair<Offset, ProducerId>> by_age_;  // Longest silent first.
  std::set<Offset> open_;                           // Where open transactions began.
};

// Judges a batch that a client sent. Refusals: InvalidProducerEpoch for an older epoch,
// OutOfOrderSequenceNumber for a gap, a batch too old to be known as a duplicate, or a new epoch
// that does not begin at 0; InvalidTxnState for a plain batch within a transaction;
// InvalidRecord for numbers that no producer sends. The first batch of an unknown producer is
// accepted at any sequence, since what is unknown may have expired.
Result<Verdict> check(const Producers& producers, const BatchFacts& batch);

void apply(Producers& producers, const AppendedBatch& batch);
// Gives where the transaction that ended had begun, none if it wrote nothing here.
std::optional<Offset> apply(Producers& producers, const AppendedMarker& marker);

// Forgets producers that have been idle for `idle` and have no open transaction.
void expire(Producers& producers, Timestamp now, Millis idle);

// Puts a producer as read from a snapshot, before any batch after the snapshot is applied.
void restore(Producers& producers, ProducerId id, Producer producer);

}  // namespace txn

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
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "txn/kept_batches.h"
#include "txn/transaction_guards.h"
#include "txn/verification.h"

namespace txn {

inline constexpr ProducerEpoch kNoProducerEpoch{-1};
inline constexpr Offset kNoOffset{-1};

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
  Timestamp appended = kNoTimestamp;  // By the clock of the broker; unknown once it is read back.
};

enum class Outcome : std::uint8_t { Abort, Commit };

// The end of a transaction, as its coordinator tells it to a partition.
struct Marker {
  ProducerId producer = {};
  ProducerEpoch epoch = {};
  std::int32_t coordinator_epoch = -1;
  Outcome outcome = Outcome::Abort;
  // Of the protocol that the producer spoke. From 2 on each transaction has an epoch of its own,
  // and its marker carries the epoch after it.
  std::int16_t transaction_version = 0;
};

struct AppendedMarker {
  ProducerId producer = {};
  ProducerEpoch epoch = {};
  std::int32_t coordinator_epoch = -1;
  Outcome outcome = Outcome::Abort;
  Offset offset = {};
  Timestamp timestamp = kNoTimestamp;
};

// A transaction that has left something here and is over.
struct Ended {
  ProducerId producer = {};
  Offset first = {};        // Where it began,
  Offset marker = {};       // and where its marker is.
  Offset last_stable = {};  // Below it every transaction had ended then.
  Outcome outcome = Outcome::Abort;
  bool operator==(const Ended&) const = default;
};

// Who brings a batch, and what allows it to open a transaction here. It needs nothing to go on with
// one that is open.
struct Client {
  Guard guard = kNoGuard;  // Of its verification; without one it opens nothing.
};
struct Coordinator {  // Of groups, with the offsets of a transaction: those have no sequence.
  Permit permit;
};
using Bringer = std::variant<Client, Coordinator>;

struct Admission {
  Bringer by = Client{};
  const Verification* verification = nullptr;  // What is known of the producer's asking.

  bool is_numbered() const { return std::holds_alternative<Client>(by); }
};

struct Producer {
  ProducerEpoch epoch = kNoProducerEpoch;
  KeptBatches batches = {};
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
  // When that one began, as far as that is known.
  std::optional<Timestamp> first_open_since() const;
  // Whether the producer has a transaction open in this epoch.
  bool has_open(ProducerId id, ProducerEpoch epoch) const;

  bool operator==(const Producers& other) const { return producers_ == other.producers_; }

 private:
  friend void apply(Producers& producers, const AppendedBatch& batch);
  friend std::optional<Ended> apply(Producers& producers, const AppendedMarker& marker);
  friend std::optional<Ended> ends(const Producers& producers, const AppendedMarker& marker);
  friend void expire(Producers& producers, Timestamp now, Millis idle);
  friend void restore(Producers& producers, ProducerId id, const Producer& producer);

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
  std::map<Offset, Timestamp> open_;                // Where open transactions began, and when.
};

// Judges a batch. Refusals: InvalidProducerEpoch for an older epoch; OutOfOrderSequenceNumber for a
// gap, a batch too old to be known as a duplicate, or a new epoch that does not begin at 0;
// InvalidTxnState for a batch of a transaction that is not open here and comes without the guard of
// its verification, and for a plain batch within a transaction; InvalidRecord for numbers that no
// producer sends. The first batch of an unknown producer is accepted at any sequence, since what is
// unknown may have expired; but not where each transaction has an epoch of its own.
// A coordinator's batch has no sequence.
Result<Verdict> check(const Producers& producers, const BatchFacts& batch,
                      const Admission& admission = {});

// Judges a marker: TransactionCoordinatorFenced for one of a coordinator that has been replaced,
// InvalidProducerEpoch for one of an older epoch. With a transaction version of 2 the epoch of the
// transaction itself is older too; the same marker once more is taken, and ends nothing.
Result<void> check(const Producers& producers, const Marker& marker);

void apply(Producers& producers, const AppendedBatch& batch);
// What a marker ends, or would end; nothing if its producer has no transaction open here.
std::optional<Ended> apply(Producers& producers, const AppendedMarker& marker);
std::optional<Ended> ends(const Producers& producers, const AppendedMarker& marker);

// Forgets producers that have been idle for `idle` and have no open transaction.
void expire(Producers& producers, Timestamp now, Millis idle);

// Puts a producer as read from a snapshot, before any batch after the snapshot is applied.
void restore(Producers& producers, ProducerId id, const Producer& producer);

}  // namespace txn

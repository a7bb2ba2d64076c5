// The transactions of one coordinator partition: who may write under each transactional id, what
// the transaction under way has touched, and how it ends (KIP-98, KIP-360, KIP-890).
//
//                  add                end                    all markers are written
//     Empty ───────────────> Ongoing ───────> PrepareCommit ─────────────> CompleteCommit
//       ^                     ^    └────────> PrepareAbort ──────────────> CompleteAbort
//       │ init                │ add      end, init, out of time              │
//       └─────────────────────┴──────────────────────────────────────────────┘
//
//   decide_*  read a transaction and a wish, and say what it is to become, and what to answer.
//   apply     is the only code that changes transactions, live and when the log is read back.
//
// Once a transaction is in a Prepare state in the log its end is certain: whoever drives this
// writes the markers, after that record is durable and over restarts, until each partition has its
// own, and only then asks decide_complete. Until then nothing else may happen to the id, and wishes
// are answered ConcurrentTransactions: to be asked again when it has ended.
//
// Epochs shut out those who are late. A producer that begins anew takes the next one; so does, in
// the second version of the protocol (KIP-890), each transaction that ends. So a message of a
// former transaction can never count for a later one.
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/coordinator_record.h"

namespace txn {

enum class Status : std::int8_t {
  Empty = 0,
  Ongoing = 1,
  PrepareCommit = 2,
  PrepareAbort = 3,
  CompleteCommit = 4,
  CompleteAbort = 5,
  Dead = 6,               // Kafka's, of an id about to be forgotten. Never written here.
  PrepareEpochFence = 7,  // Kafka's, of an id about to be aborted. Never written here.
};
std::string_view name_of(Status status);  // As Kafka calls it: "PrepareCommit".
std::optional<Status> status_of(std::string_view name);

// How a client speaks of transactions: 1 before KIP-890; 2 where each transaction has its epoch and
// partitions join when they are written to.
enum class Protocol : std::int16_t { First = 1, Second = 2 };

// A producer as it names itself.
struct ProducerIdentity {
  ProducerId id = kNoProducerId;
  ProducerEpoch epoch{-1};
  bool operator==(const ProducerIdentity&) const = default;
};

// Of a transaction whose end somebody else decides (KIP-939): it is never aborted for its age.
// Nobody can ask for it as yet, but Apache Kafka may have written it: docs/decisions/0006.
inline constexpr Millis kTwoPhases{INT32_MAX};

struct Transaction {
  ProducerIdentity producer = {};
  // The id before this one, until a retry of what changed it can no longer come.
  ProducerId previous = kNoProducerId;
  // What takes over when the transaction has ended, where the epochs of this id have run out.
  ProducerId successor = kNoProducerId;
  // Before the last change; a producer that repeats that change names it. Not in the log: over a
  // restart of the coordinator such a repetition is refused, as in Kafka.
  ProducerEpoch last_epoch{-1};
  Millis timeout{0};
  Status status = Status::Empty;
  std::set<TopicPartition> partitions = {};
  Timestamp started = kNoTimestamp;
  Timestamp updated = kNoTimestamp;
  Protocol protocol = Protocol::First;
  bool operator==(const Transaction&) const = default;

  bool is_ending() const {
    return status == Status::PrepareCommit || status == Status::PrepareAbort;
  }
};

struct Stored {
  TransactionalId id;
  Transaction transaction;
  bool operator==(const Stored&) const = default;
};
struct Removed {
  TransactionalId id;
  bool operator==(const Removed&) const = default;
};
using Record = std::variant<Stored, Removed>;

struct Transactions {
  std::map<TransactionalId, Transaction> by_id = {};
  const Transaction* find(const TransactionalId& id) const;
  bool operator==(const Transactions&) const = default;
};
void apply(Transactions& transactions, const Record& record);

// What is to be done about a wish. Where an id has run out of epochs, or has no producer id yet,
// the wish is to be decided again with a fresh one; it is wasted if it is not needed then.
struct Decision {
  std::optional<Transaction> next = {};  // What the transaction becomes; none: what it is.
  // Answers a producer, once `next` is durable.
  ProducerIdentity granted = {};
  bool wants_producer_id = false;
};

// A producer begins, and shuts out whoever had the id before. `known` is what it had last, if it
// goes on after a failure (KIP-360). A transaction that is under way is aborted: the decision is
// then PrepareAbort without anything granted, and the wish is to be decided again afterwards.
// Errors: ProducerFenced, ConcurrentTransactions.
struct Init {
  Millis timeout{0};
  std::optional<ProducerIdentity> known = {};
};
Result<Decision> decide_init(const Transaction* current, const Init& wish,
                             std::optional<ProducerId> fresh, Timestamp now);

// Partitions join the transaction, which begins by that if none is under way.
// Errors: InvalidProducerIdMapping, ProducerFenced, ConcurrentTransactions.
struct Add {
  ProducerIdentity who;
  std::set<TopicPartition> partitions;
  Protocol protocol = Protocol::First;
};
Result<Decision> decide_add(const Transaction* current, const Add& wish, Timestamp now);

// Whether the partition is part of the transaction under way. Errors: TransactionAbortable where it
// is not, and those of decide_add.
Result<void> check_part(const Transaction* current, const ProducerIdentity& who,
                        const TopicPartition& partition);

// The producer ends its transaction. Who repeats the wish is given the same answer. Errors:
// InvalidProducerIdMapping, ProducerFenced, InvalidTxnState, ConcurrentTransactions.
struct End {
  ProducerIdentity who;
  bool commit = false;
  Protocol protocol = Protocol::First;
};
Result<Decision> decide_end(const Transaction* current, const End& wish,
                            std::optional<ProducerId> fresh, Timestamp now);

// All partitions of an ending transaction have their markers.
Transaction decide_complete(const Transaction& ending, Timestamp now);

// Aborts a transaction that has been open for longer than its producer said it would be.
std::optional<Transaction> decide_timeout(const Transaction& current, Millis open_for,
                                          Timestamp now);
// Whether an id has been idle for so long that it may be forgotten.
bool is_expired(const Transaction& current, Millis idle, Timestamp now);

// Kafka's own keys and values of `__transaction_state`. Decoding gives nothing for keys of kinds
// that this version does not know. CorruptMessage.
wire::CoordinatorRecord encode(const Record& record);
Result<std::optional<Record>> decode(Bytes key, std::optional<Bytes> value);

}  // namespace txn

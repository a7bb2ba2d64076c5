// Who is about to open a transaction on a partition (KIP-890).
//
// Whoever appends the first batch of a transaction here asks the transaction's coordinator before,
// whether the partition belongs to it. While it asks, the transaction may end: its marker lands
// here, and a batch behind it would open a transaction that nobody ever ends. So it takes a guard
// before it asks and brings it with the batch. What ends the transaction, or opens it, makes the
// guard worthless.
//
// None of this is in the log: who was asking when the broker died asks again.
#pragma once
#include <unordered_map>

#include "base/ids.h"
#include "base/time.h"
#include "txn/kept_batches.h"

namespace txn {

// No guard is given twice.
using Guard = Named<std::uint64_t, struct GuardTag>;
inline constexpr Guard kNoGuard{0};

// What the batch that waits for its verification says.
struct Unverified {
  ProducerId producer = {};
  ProducerEpoch epoch = {};
  Sequence first = {};
  // Its producer speaks the protocol in which each transaction has an epoch of its own (transaction
  // version 2): then what is unknown here can only begin at sequence 0.
  bool epoch_per_transaction = false;
};

struct Verification {
  Guard guard;
  ProducerEpoch epoch;
  // The least that asked. What follows it is not let by: where the coordinator could not be asked
  // for the one, it comes again, and would find itself out of order for good.
  Sequence lowest;
  bool epoch_per_transaction = false;
  Timestamp began = kNoTimestamp;
};

class Verifications {
 public:
  // Batches of one producer that ask at the same time share a guard.
  Guard begin(const Unverified& batch, Timestamp now);
  const Verification* find(ProducerId producer) const;
  bool holds(ProducerId producer, Guard guard) const {
    const Verification* const known = find(producer);
    return known && known->guard == guard;
  }
  // The producer's transaction was opened, or has ended.
  void end(ProducerId producer) { asking_.erase(producer); }
  // Forgets who never came back.
  void expire(Timestamp now, Millis idle);
  std::size_t size() const { return asking_.size(); }

 private:
  std::unordered_map<ProducerId, Verification> asking_;
  Guard last_ = kNoGuard;
};

}  // namespace txn

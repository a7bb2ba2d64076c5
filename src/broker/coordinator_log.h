// What a coordinator needs of the partition that keeps its state (`__consumer_offsets`,
// `__transaction_state`): to read it from its start, and to write at its end.
#pragma once
#include <functional>
#include <variant>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "env/task.h"
#include "txn/producers.h"
#include "txn/transaction_guards.h"
#include "txn/transactions.h"

namespace broker {

// What a producer writes through the coordinator, as part of its transaction.
struct WithinTransaction {
  ByteVector batch;
  txn::Permit permit;
};
// One record batch (base offset 0, as a BatchBuilder makes it) of the coordinator's own, or of a
// producer's, or the end of a producer's transaction.
using LogEntry = std::variant<ByteVector, WithinTransaction, txn::Marker>;

class CoordinatorLog {
 public:
  virtual ~CoordinatorLog() = default;

  // Calls `visit` with each record batch of the log, from its start to the end it had when the call
  // was made, in order. Ends with the first error of the log or of a visit.
  using Visit = std::move_only_function<Result<void>(Bytes batch)>;
  virtual env::Task<Result<void>> replay(Visit visit) = 0;

  // Appends an entry and gives its base offset once it is durable on every in-sync replica. It
  // takes its place in the log when the task is started, before it first suspends: entries are in
  // the log in the order of the calls.
  virtual env::Task<Result<Offset>> append(LogEntry entry) = 0;

  // Whether a batch of this producer, or this marker, would be taken: what is refused by `append`
  // is as bad as a broken disk.
  virtual Result<void> admits(const txn::ProducerIdentity&, txn::Permit) const { return {}; }
  virtual Result<void> admits(const txn::Marker&) const { return {}; }

  // Nothing below is needed any more: the log may begin there.
  virtual env::Task<Result<void>> trim(Offset below) = 0;
};

}  // namespace broker

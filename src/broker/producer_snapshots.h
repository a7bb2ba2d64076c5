// The producers of a partition over restarts: snapshots of them beside the segments of the log, in
// Kafka's format, and for what came since the log's own word.
#pragma once
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "store/log.h"
#include "txn/producers.h"

namespace broker {

class ProducerSnapshots {
 public:
  ProducerSnapshots(store::Log& log, store::FileCache& cache) : log_(log), cache_(cache) {}

  // Brings `producers`, which know of nobody, to where they stood at the log's end. Where it is in
  // doubt which transactions were aborted, puts the log's indexes right, and says so in `report`.
  env::Task<Result<void>> load(txn::Producers& producers, store::RecoveryReport& report);

  // The log begins a segment there: what is to be written of the producers, if it is.
  std::optional<ByteVector> at_roll(Offset at, const txn::Producers& producers) const;
  // A snapshot that cannot be written costs a longer scan at the next start, nothing else.
  env::Task<void> write(Offset at, ByteVector content);
  // Whether anything came since the last.
  bool is_behind() const { return log_.log_end() > written_; }

 private:
  env::Task<Result<Offset>> take_up(std::vector<Offset> snapshots, Offset newest,
                                    txn::Producers& producers);
  env::Task<Result<void>> settle(std::vector<logs::AbortedTxn> aborted,
                                 store::RecoveryReport& report);
  std::string path(Offset at) const;

  store::Log& log_;
  store::FileCache& cache_;
  Offset written_{0};  // The producers as of here are on disk.
};

// What the index of aborted transactions says of one.
logs::AbortedTxn index_entry(const txn::Ended& ended);

}  // namespace broker

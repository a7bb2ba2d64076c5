// A partition as its leader holds it: the log, the producers that write to it, and the fetches that
// wait for it. It belongs to one shard and stays in memory for as long as a request uses it, also
// after its topic is deleted; then every verb answers UnknownTopicOrPartition.
//
// Invariant: batches are judged, appended and remembered one at a time, in the order of arrival, so
// that a producer's state always says exactly what the log holds.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/probe.h"
#include "broker/fetch_watch.h"
#include "broker/owed_batches.h"
#include "broker/producer_snapshots.h"
#include "broker/unsettled_ends.h"
#include "env/sync.h"
#include "log/names.h"
#include "observe/metrics.h"
#include "store/log.h"
#include "txn/producers.h"
#include "txn/verification.h"
#include "wire/record_batch.h"

namespace broker {

struct PartitionName {
  TopicName topic;
  TopicId id;
  PartitionIndex index;

  // The folder of the partition within the data folder, and its name for people.
  std::string folder() const { return logs::partition_folder({topic, index}); }
};

// What became of a produced batch.
struct Produced {
  Offset base;
  Offset end;  // Durable once the partition's high watermark is here.
  Timestamp log_append_time = kNoTimestamp;
  Offset log_start;
};

// What a fetch finds in a partition.
struct Fetched {
  store::ReadSlice slice;
  Offset high_watermark;
  Offset last_stable;
  Offset log_start;
  std::vector<logs::AbortedTxn> aborted = {};  // Within the slice, for Isolation::ReadCommitted.
};

// What a reader wants to see of transactions that have not ended.
enum class Isolation : std::uint8_t {
  ReadUncommitted,
  ReadCommitted,  // Nothing from the first of them on.
};

struct FetchFrom {
  Offset offset;
  LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
  std::size_t max_bytes = 0;
  Isolation isolation = Isolation::ReadUncommitted;
};

class Partition : public std::enable_shared_from_this<Partition> {
 public:
  // What the partition needs of its shard; outlives it.
  struct Home {
    env::Shard& shard;
    store::Syncer& syncer;
    store::FileCache& cache;
    std::string data_folder;
    std::size_t producer_limit = txn::Producers::kDefaultLimit;
    observe::Metrics* metrics = nullptr;  // Counts what producers are refused, where there is one.
  };
  struct Opened {
    std::shared_ptr<Partition> partition;
    store::RecoveryReport report;
  };

  static env::Task<Result<Opened>> open(const Home& home, PartitionName name, LeaderEpoch epoch,
                                        store::LogOptionsPtr options, store::OpenFacts facts);
  Partition(const Home& home, PartitionName name, LeaderEpoch epoch,
            std::unique_ptr<store::Log> log);

  const PartitionName& name() const { return name_; }
  LeaderEpoch epoch() const { return epoch_; }

  // Appends one batch that wire::validate_batch has accepted as `header`. A batch that is in the
  // log already (KIP-98) is not appended again; the answer says where it is. Errors: see
  // txn::check.
  env::Task<Result<Produced>> append(MutableBytes batch, wire::BatchHeader header,
                                     txn::Bringer by = txn::Client{});
  // Ends a producer's transaction here; gives the offset of its marker, once that is durable. Then
  // those who read only what is committed read on. Errors: see txn::check of a marker; and those of
  // append and wait_durable, after which the same marker is to be written again.
  env::Task<Result<Offset>> write_marker(txn::Marker marker);
  // The same, not durable yet.
  env::Task<Result<Offset>> append_marker(txn::Marker marker);
  // To be called before a transactional batch is appended. Nothing if its transaction is open here:
  // its coordinator knows of it. Else the guard that the batch has to bring, once the coordinator
  // was asked; without it, or if the transaction ended meanwhile, append says InvalidTxnState.
  std::optional<txn::Guard> verify(const txn::Unverified& batch);
  // Whether the guard is still worth something: no transaction of the producer's was opened here,
  // or ended, since.
  bool holds(ProducerId producer, txn::Guard guard) const {
    return verifications_.holds(producer, guard);
  }
  // Returns once everything below `end`, which was appended, is as durable as the topic promises.
  // NotEnoughReplicasAfterAppend when the disk failed: whether it is kept shows at the next start.
  env::Task<Result<void>> wait_durable(Offset end);

  // Reads up to the high watermark. With `watch`, and nothing there yet, registers it as `item`.
  env::Task<Result<Fetched>> fetch(FetchFrom from, std::shared_ptr<FetchWatch> watch,
                                   std::size_t item);

  // Consumers read below it: what they saw is never unread, not even by a power failure.
  Offset high_watermark() const {
    return probe::planted<"read before the sync">() ? log_->log_end() : log_->durable_end();
  }
  // Below it every transaction has ended, and durably so.
  Offset last_stable() const;
  // How much more there would be for committed readers if no transaction were open, and for how
  // long the oldest has been: since the start, if it is older.
  struct StableLag {
    std::int64_t records = 0;
    Millis age = {};
  };
  StableLag stable_lag(Timestamp now) const;
  Offset log_start() const { return log_->log_start(); }
  store::Log& log() { return *log_; }
  const txn::Producers& producers() const { return producers_; }

  // FencedLeaderEpoch or UnknownLeaderEpoch where a client's idea of the epoch is not ours.
  Result<void> check_epoch(LeaderEpoch current) const;

  // Deletes the records below `to`; -1 means all below the high watermark. Gives the new log start.
  env::Task<Result<Offset>> delete_records(Offset to);
  env::Task<Result<store::Removed>> apply_retention(Timestamp now);
  void expire_producers(Timestamp now, Millis idle);

  // Ends the partition: `close` at shutdown, `remove` when its topic is gone (gives the folder that
  // is to be deleted later, empty if there is none).
  env::Task<Result<void>> close();
  env::Task<Result<std::string>> remove(Uuid fresh);

 private:
  void on_roll(Offset at);
  void count_refusal(const Error& error);
  env::Task<void> notify_when_moved();
  void notify_of_stable();
  void retire();
  bool has_append_time() const;
  void tell_of(const Result<store::Appended>& appended);

  env::Shard& shard_;
  PartitionName name_;
  LeaderEpoch epoch_;
  std::unique_ptr<store::Log> log_;
  txn::Producers producers_;
  ProducerSnapshots snapshots_;
  txn::Verifications verifications_;
  UnsettledEnds unsettled_;
  OwedBatches owed_;
  env::Mutex changes_;  // Held by whoever changes the log.
  env::Gate background_;
  FetchWatchers watchers_;
  FetchWatchers stable_watchers_;  // For the last stable offset to move
  Offset told_stable_;             // from here.
  std::uint64_t refused_ = 0;      // Batches in a row that the disk did not take.
  observe::Metrics* metrics_;
  Timestamp opened_;
  bool notifying_ = false;
  bool retired_ = false;
};

}  // namespace broker

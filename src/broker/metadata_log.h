// The metadata log on disk: `<data>/__cluster_metadata-0/`, in Apache Kafka's format, with its
// snapshots beside the segments as `<offset>-<epoch>.checkpoint`.
//
// The image is the fold of the newest readable snapshot and the records that follow it. What is
// committed is durable before it is folded in, so nobody sees what a crash could take back. The log
// keeps all that follows the last snapshot but one: one that turns out unreadable costs nothing.
//
// Belongs to one shard. commit and close must not overlap: the controller takes turns.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/metadata_snapshot.h"
#include "cluster/apply.h"
#include "env/shard.h"
#include "store/log.h"

namespace broker {

class MetadataLog {
 public:
  struct Place {
    env::Shard& shard;
    store::Syncer& syncer;
    store::FileCache& cache;
    std::string data_folder;
    std::int32_t segment_bytes = 1 << 30;
    std::int64_t bytes_between_snapshots = 20 << 20;
    bool clean = false;                                // The data folder was shut down cleanly,
    Offset recovery_point;                             // and up to here the log was synced.
    Millis snapshot_interval = std::chrono::hours(1);  // Zero: only by the bytes.
  };

  // Reads everything back. Fails when a record cannot be understood: a picture of the cluster with
  // a hole in it is worse than none.
  static env::Task<Result<std::unique_ptr<MetadataLog>>> open(Place place);

  const cluster::ImagePtr& image() const { return image_; }
  Offset log_start() const { return log_->log_start(); }
  Offset recovery_point() const { return log_->recovery_point(); }
  bool offline() const { return log_->offline().has_value(); }

  // All records or none. Writes a snapshot where one is due; if that fails the commit still holds.
  env::Task<Result<cluster::Applied>> commit(std::vector<cluster::Record> records);
  // Writes the image down as it is now, and lets go of what is no longer needed to read it back.
  env::Task<Result<void>> snapshot();
  env::Task<Result<void>> close();

 private:
  explicit MetadataLog(Place place);

  std::string folder() const;
  LeaderEpoch epoch() const;
  env::Task<Result<void>> read_back();
  env::Task<Result<void>> read_snapshots();
  env::Task<Result<void>> replay(Offset from);
  env::Task<Result<void>> write(MutableBytes batch, Timestamp now);
  bool snapshot_is_due() const;
  env::Task<Result<void>> forget_before(Offset newest);

  Place place_;
  std::unique_ptr<store::Log> log_;
  cluster::ImagePtr image_;
  QuorumNotes quorum_;
  LeaderEpoch epoch_ = kMetadataEpoch;   // The newest that was read.
  Timestamp last_record_;                // When the last record was appended.
  std::vector<SnapshotName> snapshots_;  // Those on disk, ascending.
  std::int64_t bytes_since_snapshot_ = 0;
  Instant snapshot_at_;
};

}  // namespace broker

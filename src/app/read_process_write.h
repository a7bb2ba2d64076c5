// The load of `bench eos`: records are read from one topic, copied to another, and committed every
// so often, by one of two guarantees. Both read, write and flush in the same way; they differ in
// what a commit is.
//
//   at least once   the group's offsets are committed
//   exactly once    offsets and records are committed together, as a transaction
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "app/histogram.h"
#include "client/cluster.h"
#include "client/range_reader.h"
#include "client/topics.h"
#include "client/transactional_producer.h"

namespace app {

using Offsets = std::map<TopicPartition, Offset>;

// What was measured, over one round or several. Times are in microseconds.
struct LoadResult {
  std::int64_t records = 0;  // Committed, and their bytes.
  std::int64_t bytes = 0;
  double seconds = 0;
  std::int64_t commits = 0;
  std::int64_t partitions = 0;  // Written to, summed over the commits.
  std::int64_t aborted = 0;
  std::int64_t retried = 0;
  std::optional<Error> why_aborted = {};  // The last time.
  Histogram flush;    // From the last record's sending until all are acknowledged.
  Histogram offsets;  // From then until the group's offsets are taken.
  Histogram end;      // From then until the transaction has ended.
  Histogram commit;   // offsets and end together: what a commit costs beyond the records.
};
void add(LoadResult& sum, const LoadResult& round);

// Where records go, and what a commit is.
class Guarantee {
 public:
  virtual ~Guarantee() = default;
  virtual env::Task<Result<void>> write(TopicPartition to,
                                        std::vector<client::NewRecord> records) = 0;
  virtual env::Task<Result<void>> flush() = 0;
  virtual env::Task<Result<void>> commit(Offsets offsets, LoadResult& into) = 0;
  // After an error: takes back what was written since the last commit, if it can.
  virtual env::Task<Result<void>> take_back(Error why) = 0;
  virtual env::Task<void> close() = 0;
  virtual std::int64_t retries() const = 0;
};

struct LoadPlan {
  client::TopicInfo from;
  client::TopicInfo to;
  GroupId group;
  TransactionalId id;
};
env::Task<Result<std::unique_ptr<Guarantee>>> at_least_once(client::Cluster& cluster,
                                                            LoadPlan plan);
env::Task<Result<std::unique_ptr<Guarantee>>> exactly_once(client::Cluster& cluster, LoadPlan plan);

// A producer's idempotent half alone, with an id of its own.
env::Task<Result<std::unique_ptr<client::BatchSender>>> plain_sender(
    client::Cluster& cluster, client::TopicInfo topic, client::SenderSettings settings);

struct RoundPlan {
  Duration lasts;
  Duration interval;  // Between commits.
  double rate = 0;    // Records a second; 0: as fast as it goes.
};

class ReadProcessWrite {
 public:
  static env::Task<Result<std::unique_ptr<ReadProcessWrite>>> open(client::Cluster& cluster,
                                                                   LoadPlan plan);
  // Runs one round. Ends early, with what it has, once `stop` says so.
  env::Task<Result<LoadResult>> run(Guarantee& guarantee, RoundPlan round,
                                    std::function<bool()> stop);
  env::Task<void> close();

 private:
  ReadProcessWrite(env::Shard& shard, LoadPlan plan) : shard_(shard), plan_(std::move(plan)) {}
  env::Task<Result<void>> process(Guarantee& guarantee, client::ReadBatches batches);
  env::Task<Result<void>> commit(Guarantee& guarantee, LoadResult& result);

  env::Shard& shard_;
  LoadPlan plan_;
  std::unique_ptr<client::RangeReader> reader_;
  wire::BatchScratch scratch_;
  Offsets done_;       // Read and written, up to here.
  Offsets committed_;  // Where to go on after an abort.
  std::set<TopicPartition> written_;
  std::int64_t records_ = 0;  // Since the last commit, and their bytes.
  std::int64_t bytes_ = 0;
};

}  // namespace app

// Reads ranges of partitions from their start to their end, and then again, for a load that is to
// last. Reads ahead of who takes it. Belongs to one shard; a broker that fails ends it.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "client/cluster.h"
#include "client/offsets.h"
#include "client/topics.h"
#include "env/sync.h"
#include "wire/001_fetch.h"

namespace client {

// Record batches of one partition, whole, as they came. Records before `from` or at `end` and
// later, which the first and last batch may hold, are none of the reader's.
struct ReadBatches {
  TopicPartition partition;
  Offset from;
  Offset end;
  std::shared_ptr<const ByteVector> owner;  // Of the bytes.
  Bytes bytes = {};
};

class RangeReader {
 public:
  // Of all partitions of `topic` that hold something, as far as they reach now.
  static env::Task<Result<std::unique_ptr<RangeReader>>> open(Cluster& cluster, TopicInfo topic);
  ~RangeReader();

  env::Task<Result<ReadBatches>> next();
  // Goes on reading there, as far as partitions are named; what was read ahead is forgotten.
  void seek(const std::map<TopicPartition, Offset>& to);
  // Before the destructor.
  env::Task<void> close();

 private:
  struct Place {
    Range range;
    Offset next;
  };
  // What one broker leads.
  struct Source {
    std::unique_ptr<Connection> connection;
    std::map<PartitionIndex, Place> places = {};
  };

  RangeReader(env::Shard& shard, TopicName topic)
      : shard_(shard), topic_(std::move(topic)), running_(shard), changed_(shard) {}
  env::Task<void> run(Source& source);
  wire::FetchRequest request_of(const Source& source) const;
  Result<void> take(Source& source, Connection::Kept<wire::FetchResponse> answer);
  Result<void> advance(Place& place, ReadBatches found);

  env::Shard& shard_;
  TopicName topic_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::deque<ReadBatches> ahead_;
  std::size_t bytes_ = 0;    // Of what is ahead.
  std::uint64_t moved_ = 0;  // Counts the seeks.
  std::optional<Error> error_;
  bool closing_ = false;
  env::Gate running_;
  env::Signal changed_;
};

}  // namespace client

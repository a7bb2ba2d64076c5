// Transactions that hold readers of what is committed up and that nobody is going to end (KIP-664):
// found, and ended by hand at the partition.
#pragma once
#include <optional>
#include <vector>

#include "client/cluster.h"
#include "client/partition_producers.h"
#include "client/topics.h"
#include "client/transactions.h"

namespace client {

// One that is open in a partition.
struct OpenTransaction {
  TopicPartition partition;
  Offset start{-1};
  PartitionProducer producer = {};
  std::optional<TransactionInfo> known = {};  // What the producer's coordinator says, if any does.
  std::int64_t held = 0;  // Records of the partition that readers of what is committed wait for.

  // Whether a coordinator is going to end it here.
  bool has_coordinator() const;
};

struct HangingSearch {
  std::vector<TopicInfo> topics;
  std::optional<BrokerId> leader = {};  // Only partitions that it leads.
  Millis most{0};                       // The longest that a transaction may be open.
  Timestamp now = kNoTimestamp;
};
// Those that no coordinator is going to end, and those that one should have ended long ago. By
// partition and offset. What ends, or begins, while they are being looked for is not among them.
env::Task<Result<std::vector<OpenTransaction>>> find_hanging(Cluster& cluster,
                                                             HangingSearch search);

// The transaction that is open in a partition from this offset on; the error says which are.
env::Task<Result<OpenTransaction>> find_open(Cluster& cluster, TopicPartition partition,
                                             Offset start);

// Has the partition's leader end a transaction that hangs there, as aborted.
env::Task<Result<void>> abort_at_partition(Cluster& cluster, OpenTransaction transaction);

}  // namespace client

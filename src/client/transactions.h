// Transactions of a cluster: which there are, what they touch, and ending them.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/cluster.h"

namespace client {

struct ListedTransaction {
  TransactionalId id;
  std::string state;  // "Ongoing", "Empty", "CompleteCommit"...
  ProducerId producer;
  BrokerId coordinator{-1};
};
// What is to be listed: all, where nothing is said.
struct TransactionFilter {
  std::vector<std::string> states = {};
  std::optional<Millis> open_for = {};  // Longer than this.
  std::vector<ProducerId> producers = {};
};
// Of every broker, by id. A broker that does not answer fails the call: a list with holes misleads.
// InvalidRequest for a state that the cluster does not know.
env::Task<Result<std::vector<ListedTransaction>>> list_transactions(Cluster& cluster,
                                                                    TransactionFilter filter);

struct TransactionInfo {
  TransactionalId id;
  std::string state = {};
  ProducerId producer = {};
  ProducerEpoch epoch = {};
  Millis timeout{0};
  std::optional<Timestamp> started = {};
  std::vector<TopicPartition> partitions = {};
  BrokerId coordinator{-1};

  bool is_open() const { return state == "Ongoing" || state.starts_with("Prepare"); }
};
// The error for an unknown id suggests the nearest known one.
env::Task<Result<TransactionInfo>> describe_transaction(Cluster& cluster, TransactionalId id);

// Shuts the producer of an id out, and has what it left open aborted (KIP-98: as a new producer
// would, that begins under the id).
env::Task<Result<void>> fence_producer(Cluster& cluster, TransactionInfo transaction);

}  // namespace client

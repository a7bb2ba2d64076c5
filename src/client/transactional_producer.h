// A producer whose records and offsets take effect together or not at all (KIP-98), in the second
// protocol (KIP-890) where the cluster has agreed on it, else in the first.
//
//   open ──> Ready ──write, add_offsets──> Open ──commit, abort──> Ready
//                                           │
//                                         error ──> Lost ──abort──> Ready
//                                           └─────> Over
//
// Lost: what was written in this transaction cannot count; abort, and do it again. Over: another
// producer has the id, a connection broke, or it may not do this; the error says which. Belongs to
// one shard; one call at a time.
#pragma once
#include <memory>
#include <set>

#include "client/batch_sender.h"

namespace client {

struct TransactionalSettings {
  TransactionalId id;
  Millis timeout{60'000};  // The coordinator aborts what is open for longer.
  SenderSettings sender = {};
};

class TransactionalProducer {
 public:
  enum class State { Ready, Open, Lost, Over };

  // Shuts out whoever had the id before; what that one left open is aborted.
  static env::Task<Result<std::unique_ptr<TransactionalProducer>>> open(
      Cluster& cluster, std::vector<TopicInfo> topics, TransactionalSettings settings);

  // Queues records for one partition, as part of the transaction, which begins if none is open.
  env::Task<Result<void>> write(TopicPartition to, std::vector<NewRecord> records);
  // How far a group without members has read, once the transaction commits.
  env::Task<Result<void>> add_offsets(GroupId group, std::map<TopicPartition, Offset> offsets);
  // Until all that was written is acknowledged. Commit does so too.
  env::Task<Result<void>> flush();
  env::Task<Result<void>> commit();
  env::Task<Result<void>> abort();
  // Before the destructor. An open transaction is left to its timeout.
  env::Task<void> close();

  State state() const { return state_; }
  TransactionProtocol protocol() const { return protocol_; }
  const ProducerIdentity& identity() const { return sender_->identity(); }
  // Requests that were sent again, each batch counted.
  std::int64_t retries() const { return retries_ + sender_->retries(); }

 private:
  TransactionalProducer(Cluster& cluster, TransactionalSettings settings)
      : cluster_(cluster), settings_(std::move(settings)) {}

  env::Task<Result<void>> find_coordinator();
  env::Task<Result<void>> begin(ProducerIdentity known);
  env::Task<Result<void>> join(TopicPartition partition);
  env::Task<Result<void>> join(GroupId group);
  env::Task<Result<void>> end(bool commit);

  // Asks until there is an answer that stands: `attempt` asks once and gives the error code.
  template <class Attempt>
  env::Task<Result<void>> insist(TransactionStep step, Attempt attempt);
  env::Task<Result<ErrorCode>> ask_begin(ProducerIdentity known);
  env::Task<Result<ErrorCode>> ask_join(TopicPartition partition);
  env::Task<Result<ErrorCode>> ask_join(GroupId group);
  env::Task<Result<ErrorCode>> ask_offsets(GroupId group, std::map<TopicPartition, Offset> offsets);
  env::Task<Result<ErrorCode>> ask_end(bool commit);
  // Notes what an error means for the producer, and gives it.
  Error fallen(Error error, Verdict verdict);
  Error sender_failed(Error error);
  Result<void> open_for_more();

  Cluster& cluster_;
  TransactionalSettings settings_;
  TransactionProtocol protocol_ = TransactionProtocol::First;
  State state_ = State::Ready;
  Connection* coordinator_ = nullptr;
  std::map<GroupId, Connection*> group_coordinators_;
  std::unique_ptr<BatchSender> sender_;
  ProducerIdentity granted_;
  std::set<TopicPartition> joined_;  // In the first protocol: what the coordinator was told.
  std::set<GroupId> joined_groups_;
  std::int64_t retries_ = 0;
};

}  // namespace client

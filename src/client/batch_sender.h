// Sends records to partitions, each record once and in the order given, however often a request has
// to be repeated: the idempotent half of a producer (KIP-98). Who it is, and within which
// transaction, its owner says.
//
// Each partition has one batch under way at a time and one connection that it goes by; a request
// carries a batch of every partition of its connection that has one. So nothing that is sent again
// can overtake, and requests grow by themselves when the cluster is slow.
//
// After an error nothing more is sent until `identify`. A connection that breaks is the end.
// Belongs to one shard.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "client/cluster.h"
#include "client/topics.h"
#include "client/transaction_protocol.h"
#include "env/sync.h"
#include "wire/000_produce.h"
#include "wire/record_batch_builder.h"

namespace client {

struct ProducerIdentity {
  ProducerId id = kNoProducerId;
  ProducerEpoch epoch{-1};
  bool operator==(const ProducerIdentity&) const = default;
};

// An id of its own for a producer without transactions. Waits, for as long as one request may take,
// until the cluster can give one.
env::Task<Result<ProducerIdentity>> new_producer(Cluster& cluster);

// A record to be sent; the bytes are copied.
struct NewRecord {
  Timestamp timestamp = kNoTimestamp;
  std::optional<Bytes> key = {};
  std::optional<Bytes> value = {};
};

struct SenderSettings {
  std::optional<TransactionalId> transaction = {};  // Batches are then transactional.
  wire::Version most = 12;                          // Of Produce.
  std::size_t batch_bytes = std::size_t{256} << 10;
  std::size_t queue_bytes = std::size_t{8} << 20;  // Beyond it, `send` waits.
  int connections = 3;                             // To each leader.
};

class BatchSender {
 public:
  // Reaches the leaders of all partitions of `topics`.
  static env::Task<Result<std::unique_ptr<BatchSender>>> open(Cluster& cluster,
                                                              std::vector<TopicInfo> topics,
                                                              SenderSettings settings);
  ~BatchSender();

  // From here on batches are of this producer. With a new identity sequences begin at zero. Only
  // while nothing is queued.
  void identify(ProducerIdentity who);
  const ProducerIdentity& identity() const { return who_; }

  // Queues records for one partition; waits first while the queue is full.
  env::Task<Result<void>> send(TopicPartition to, std::vector<NewRecord> records);
  // Until all that was sent is acknowledged.
  env::Task<Result<void>> flush();
  // Throws away what is queued, and waits for the answers to what is under way.
  env::Task<void> drop();
  // Before the destructor.
  env::Task<void> close();

  bool broken() const { return broken_; }            // A connection is lost: nothing helps.
  std::int64_t retries() const { return retries_; }  // Batches that were sent again.

 private:
  struct Batch {
    ByteVector bytes;
    std::int32_t records = 0;
    std::optional<Instant> first_sent = {};
  };
  struct Lane;
  struct Queue {
    TopicPartition partition;
    Lane* lane = nullptr;
    std::optional<wire::BatchBuilder> open = {};
    std::deque<Batch> whole = {};
    std::optional<Batch> under_way = {};
    std::int32_t next_sequence = 0;

    bool idle() const { return !open && whole.empty() && !under_way; }
  };
  // One connection and the partitions that go by it.
  struct Lane {
    Lane(env::Shard& shard, std::unique_ptr<Connection> to)
        : connection(std::move(to)), work(shard) {}
    std::unique_ptr<Connection> connection;
    std::vector<Queue*> queues = {};
    env::Signal work;
    bool asking = false;
  };

  BatchSender(Cluster& cluster, SenderSettings settings)
      : shard_(cluster.shard()),
        patience_(cluster.settings().timeout),
        settings_(std::move(settings)),
        running_(shard_),
        changed_(shard_) {}

  env::Task<Result<void>> reach(Cluster& cluster, std::vector<TopicInfo> topics);
  env::Task<Result<void>> add_lanes(Cluster& cluster, BrokerId leader);
  env::Task<void> run(Lane& lane);
  env::Task<void> turn(Lane& lane);  // One request and its answer.
  void begin_batch(Queue& queue);
  void cut(Queue& queue);
  bool load(Lane& lane);  // Takes a batch of each queue under way. False where there is none.
  wire::ProduceRequest request_of(const Lane& lane) const;
  // Gives whether all batches were acknowledged.
  bool settle(const wire::ProduceResponse& response);
  void acknowledge(Queue& queue);
  // Whether the batch may be sent again; stops the sender where not.
  bool send_again(const Queue& queue, ErrorCode code, const std::optional<std::string>& message);
  void stop(Error why);
  bool asking() const;

  env::Shard& shard_;
  Duration patience_;
  SenderSettings settings_;
  ProducerIdentity who_;
  std::map<TopicPartition, Queue> queues_;
  std::map<BrokerId, std::vector<std::unique_ptr<Lane>>> lanes_;
  std::size_t queued_ = 0;   // Bytes, those under way included.
  std::size_t batches_ = 0;  // Not acknowledged, open ones included.
  std::optional<Error> error_;
  bool broken_ = false;
  bool closing_ = false;
  std::int64_t retries_ = 0;
  env::Gate running_;
  env::Signal changed_;  // Something was acknowledged, or failed.
};

}  // namespace client

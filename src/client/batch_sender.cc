#include "client/batch_sender.h"

#include <algorithm>
#include <limits>

#include "wire/022_init_producer_id.h"

namespace client {

namespace {

constexpr Millis kRetryPause{20};
constexpr std::int16_t kAcksAll = -1;
// What a record takes beside its key and value, at most, without headers.
constexpr std::size_t kRecordOverhead = 32;

std::size_t size_of(const NewRecord& record) {
  return kRecordOverhead + (record.key ? record.key->size() : 0) +
         (record.value ? record.value->size() : 0);
}

// Sequences go on at 0 after 2^31 - 1.
std::int32_t behind(std::int32_t sequence, std::int32_t records) {
  constexpr std::int64_t kAll = std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;
  return static_cast<std::int32_t>((std::int64_t{sequence} + records) % kAll);
}

}  // namespace

env::Task<Result<ProducerIdentity>> new_producer(Cluster& cluster) {
  const Instant deadline = cluster.shard().now() + cluster.settings().timeout;
  for (;;) {
    CO_TRY(const wire::InitProducerIdResponse named,
           co_await cluster.any().ask(wire::InitProducerIdRequest{},
                                      wire::read_init_producer_id_response));
    if (named.error_code == ErrorCode::None) {
      co_return ProducerIdentity{named.producer_id, named.producer_epoch};
    }
    if (!is_retriable(named.error_code) || cluster.shard().now() >= deadline) {
      co_return fail(broker_error(named.error_code, {}, "no producer id was given"));
    }
    co_await cluster.shard().sleep(kRetryPause);
  }
}

env::Task<Result<std::unique_ptr<BatchSender>>> BatchSender::open(Cluster& cluster,
                                                                  std::vector<TopicInfo> topics,
                                                                  SenderSettings settings) {
  std::unique_ptr<BatchSender> sender(new BatchSender(cluster, std::move(settings)));
  CO_TRY_VOID(co_await sender->reach(cluster, std::move(topics)));
  for (auto& [leader, lanes] : sender->lanes_) {
    for (const std::unique_ptr<Lane>& lane : lanes) {
      sender->running_.spawn(sender->run(*lane));
    }
  }
  co_return sender;
}

BatchSender::~BatchSender() { check(running_.running() == 0, "a sender died before close()"); }

env::Task<Result<void>> BatchSender::reach(Cluster& cluster, std::vector<TopicInfo> topics) {
  for (const TopicInfo& topic : topics) {
    for (const Partition& partition : topic.partitions) {
      if (partition.leader.value < 0) {
        co_return fail(
            ErrorCode::LeaderNotAvailable,
            fmt::format("partition {} of '{}' has no leader now\nSee which brokers are down with: "
                        "thalweg cluster describe",
                        partition.index.value, topic.name.value));
      }
      if (!lanes_.contains(partition.leader)) {
        CO_TRY_VOID(co_await add_lanes(cluster, partition.leader));
      }
      const auto& lanes = lanes_.at(partition.leader);
      const TopicPartition name{topic.name, partition.index};
      Queue& queue = queues_[name];
      queue.partition = name;
      queue.lane = lanes[static_cast<std::size_t>(partition.index.value) % lanes.size()].get();
      queue.lane->queues.push_back(&queue);
    }
  }
  co_return Result<void>{};
}

env::Task<Result<void>> BatchSender::add_lanes(Cluster& cluster, BrokerId leader) {
  // Through the cluster once, for its errors say which broker this is.
  CO_TRY(const Connection* const known, co_await cluster.broker(leader));
  auto& lanes = lanes_[leader];
  for (int i = 0; i < settings_.connections; ++i) {
    CO_TRY(auto connection,
           co_await Connection::open(shard_, known->address(), cluster.settings()));
    lanes.push_back(std::make_unique<Lane>(shard_, std::move(connection)));
  }
  co_return Result<void>{};
}

void BatchSender::identify(ProducerIdentity who) {
  check(batches_ == 0, "a sender changes its producer while batches are queued");
  error_.reset();
  if (who == who_) return;
  who_ = who;
  for (auto& [name, queue] : queues_) queue.next_sequence = 0;
}

void BatchSender::begin_batch(Queue& queue) {
  queue.open.emplace(wire::BatchOptions{.producer_id = who_.id,
                                        .producer_epoch = who_.epoch,
                                        .base_sequence = queue.next_sequence,
                                        .transactional = settings_.transaction.has_value()});
  ++batches_;
}

void BatchSender::cut(Queue& queue) {
  const std::int32_t records = queue.open->count();
  queue.next_sequence = behind(queue.next_sequence, records);
  Batch& batch = queue.whole.emplace_back();
  batch.bytes = queue.open->finish();
  batch.records = records;
  queue.open.reset();
  queued_ += batch.bytes.size();
}

env::Task<Result<void>> BatchSender::send(TopicPartition to, std::vector<NewRecord> records) {
  while (!error_ && queued_ >= settings_.queue_bytes) co_await changed_.wait();
  if (error_) co_return fail(*error_);
  const auto found = queues_.find(to);
  if (found == queues_.end()) {
    co_return fail(ErrorCode::UnknownTopicOrPartition,
                   fmt::format("partition {} of '{}' is none of this producer's",
                               to.partition.value, to.topic.value));
  }
  Queue& queue = found->second;
  for (const NewRecord& record : records) {
    const bool full = queue.open && queue.open->size() + size_of(record) > settings_.batch_bytes;
    if (full) cut(queue);
    if (!queue.open) begin_batch(queue);
    queue.open->add(record.timestamp, record.key, record.value);
  }
  queue.lane->work.notify_all();
  co_return Result<void>{};
}

env::Task<Result<void>> BatchSender::flush() {
  while (!error_ && batches_ > 0) co_await changed_.wait();
  if (error_) co_return fail(*error_);
  co_return Result<void>{};
}

bool BatchSender::asking() const {
  return std::ranges::any_of(queues_, [](const auto& entry) { return entry.second.lane->asking; });
}

env::Task<void> BatchSender::drop() {
  for (auto& [name, queue] : queues_) {
    queue.open.reset();
    queue.whole.clear();
  }
  while (asking()) co_await changed_.wait();
  for (auto& [name, queue] : queues_) queue.under_way.reset();
  queued_ = 0;
  batches_ = 0;
}

env::Task<void> BatchSender::close() {
  closing_ = true;
  for (auto& [leader, lanes] : lanes_) {
    for (const std::unique_ptr<Lane>& lane : lanes) lane->work.notify_all();
  }
  co_await running_.drain();
}

env::Task<void> BatchSender::run(Lane& lane) {
  while (!closing_) {
    if (error_ || !load(lane)) {
      co_await lane.work.wait();
    } else {
      co_await turn(lane);
    }
  }
}

bool BatchSender::load(Lane& lane) {
  bool any = false;
  for (Queue* const queue : lane.queues) {
    if (!queue->under_way) {
      if (queue->whole.empty() && queue->open) cut(*queue);
      if (queue->whole.empty()) continue;
      queue->under_way = std::move(queue->whole.front());
      queue->whole.pop_front();
      queue->under_way->first_sent = shard_.now();
    }
    any = true;
  }
  return any;
}

wire::ProduceRequest BatchSender::request_of(const Lane& lane) const {
  wire::ProduceRequest request;
  request.transactional_id = settings_.transaction;
  request.acks = kAcksAll;
  request.timeout_ms = static_cast<std::int32_t>(std::chrono::ceil<Millis>(patience_).count());
  for (const Queue* const queue : lane.queues) {
    if (!queue->under_way) continue;
    if (request.topic_data.empty() || request.topic_data.back().name != queue->partition.topic) {
      request.topic_data.emplace_back().name = queue->partition.topic;
    }
    request.topic_data.back().partition_data.push_back(
        {.index = queue->partition.partition,
         .records = wire::Records{.bytes = queue->under_way->bytes}});
  }
  return request;
}

env::Task<void> BatchSender::turn(Lane& lane) {
  lane.asking = true;
  const auto response =
      co_await lane.connection->ask(request_of(lane), wire::read_produce_response, settings_.most);
  lane.asking = false;
  bool rest = false;
  if (response) {
    rest = !settle(*response);
  } else {
    broken_ = true;
    stop(response.error());
  }
  changed_.notify_all();
  if (rest && !error_ && !closing_) co_await shard_.sleep(kRetryPause);
}

bool BatchSender::settle(const wire::ProduceResponse& response) {
  bool all = true;
  for (const auto& topic : response.responses) {
    for (const auto& answer : topic.partition_responses) {
      const auto found = queues_.find(TopicPartition{topic.name, answer.index});
      if (found == queues_.end() || !found->second.under_way) continue;
      Queue& queue = found->second;
      if (judge(answer.error_code, TransactionStep::Produce) == Verdict::Done) {
        acknowledge(queue);
      } else if (send_again(queue, answer.error_code, answer.error_message)) {
        ++retries_;
        all = false;
      }
    }
  }
  return all;
}

void BatchSender::acknowledge(Queue& queue) {
  const std::size_t size = queue.under_way->bytes.size();
  queued_ -= std::min(queued_, size);
  batches_ -= std::min<std::size_t>(batches_, 1);
  queue.under_way.reset();
}

bool BatchSender::send_again(const Queue& queue, ErrorCode code,
                             const std::optional<std::string>& message) {
  const bool late = shard_.now() - *queue.under_way->first_sent >= patience_;
  if (judge(code, TransactionStep::Produce) == Verdict::AskAgain && !late) return true;
  if (settings_.transaction) {
    stop(transaction_error(code, TransactionStep::Produce, settings_.transaction->value));
  } else {
    stop(broker_error(code, message,
                      fmt::format("records for partition {} of '{}' were refused",
                                  queue.partition.partition.value, queue.partition.topic.value)));
  }
  return false;
}

void BatchSender::stop(Error why) {
  if (!error_) error_ = std::move(why);
}

}  // namespace client

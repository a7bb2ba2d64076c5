#include "client/hanging.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "client/offsets.h"
#include "wire/027_write_txn_markers.h"

namespace client {

namespace {

constexpr Millis kRetryPause{100};

// What coordinators say of producers.
using Known = std::map<ProducerId, TransactionInfo>;

env::Task<Result<Known>> ask_coordinators(Cluster& cluster, std::set<ProducerId> producers) {
  Known known;
  if (producers.empty()) co_return known;
  CO_TRY(const std::vector<ListedTransaction> listed,
         co_await list_transactions(cluster, {.producers = {producers.begin(), producers.end()}}));
  for (const ListedTransaction& one : listed) {
    Result<TransactionInfo> info = co_await describe_transaction(cluster, one.id);
    // An id that was forgotten in between has no transaction.
    if (!info && info.error().code == ErrorCode::TransactionalIdNotFound) continue;
    if (!info) co_return fail(std::move(info).error());
    known[one.producer] = *std::move(info);
  }
  co_return known;
}

std::vector<OpenTransaction> open_ones(const PartitionProducers& partitions) {
  std::vector<OpenTransaction> open;
  for (const auto& [partition, producers] : partitions) {
    for (const PartitionProducer& producer : producers) {
      if (!producer.transaction_start) continue;
      open.push_back(
          {.partition = partition, .start = *producer.transaction_start, .producer = producer});
    }
  }
  std::ranges::sort(open, {},
                    [](const OpenTransaction& one) { return std::pair(one.partition, one.start); });
  return open;
}

std::set<ProducerId> producers_of(const std::vector<OpenTransaction>& open) {
  std::set<ProducerId> producers;
  for (const OpenTransaction& one : open) producers.insert(one.producer.id);
  return producers;
}

bool hangs(const OpenTransaction& one, const HangingSearch& search) {
  if (!one.has_coordinator()) return true;
  const auto& started = one.known->started;
  return started && search.now.value - started->value > search.most.count();
}

std::vector<TopicInfo> only_with(std::vector<TopicInfo> topics,
                                 const std::vector<OpenTransaction>& found) {
  std::set<TopicPartition> wanted;
  for (const OpenTransaction& one : found) wanted.insert(one.partition);
  for (TopicInfo& topic : topics) {
    std::erase_if(topic.partitions, [&](const Partition& partition) {
      return !wanted.contains({topic.name, partition.index});
    });
  }
  std::erase_if(topics, [](const TopicInfo& topic) { return topic.partitions.empty(); });
  return topics;
}

env::Task<Result<void>> count_held(Cluster& cluster, std::vector<TopicInfo> topics,
                                   std::vector<OpenTransaction>& hanging) {
  CO_TRY(const auto committed,
         co_await list_offsets(cluster, topics, kLatest, Isolation::ReadCommitted));
  CO_TRY(const auto all, co_await list_offsets(cluster, topics, kLatest));
  for (OpenTransaction& one : hanging) {
    const auto stable = committed.find(one.partition);
    const auto end = all.find(one.partition);
    if (stable == committed.end() || end == all.end()) continue;
    one.held = end->second.offset.value - stable->second.offset.value;
  }
  co_return Result<void>{};
}

std::string shown(const std::vector<OpenTransaction>& open) {
  std::string offsets;
  for (const OpenTransaction& one : open) {
    offsets += fmt::format("{}{}", offsets.empty() ? "" : ", ", one.start.value);
  }
  return offsets;
}

}  // namespace

bool OpenTransaction::has_coordinator() const {
  if (!known) return false;
  return std::ranges::find(known->partitions, partition) != known->partitions.end();
}

// The order makes it exact: a transaction that was open before its coordinator was asked, and that
// is open afterwards, was open all the while. A coordinator knows of one before a partition does.
env::Task<Result<std::vector<OpenTransaction>>> find_hanging(Cluster& cluster,
                                                             HangingSearch search) {
  CO_TRY(const PartitionProducers before,
         co_await describe_producers(cluster, search.topics, search.leader));
  const std::vector<OpenTransaction> open = open_ones(before);
  CO_TRY(Known known, co_await ask_coordinators(cluster, producers_of(open)));
  std::vector<OpenTransaction> suspects;
  for (OpenTransaction one : open) {
    if (const auto at = known.find(one.producer.id); at != known.end()) one.known = at->second;
    if (hangs(one, search)) suspects.push_back(std::move(one));
  }
  if (suspects.empty()) co_return suspects;

  std::vector<TopicInfo> topics = only_with(std::move(search.topics), suspects);
  CO_TRY(const PartitionProducers after, co_await describe_producers(cluster, topics));
  const std::vector<OpenTransaction> still = open_ones(after);
  std::erase_if(suspects, [&](const OpenTransaction& one) {
    return std::ranges::none_of(still, [&](const OpenTransaction& other) {
      return std::tie(other.partition, other.start, other.producer.id) ==
             std::tie(one.partition, one.start, one.producer.id);
    });
  });
  CO_TRY_VOID(co_await count_held(cluster, std::move(topics), suspects));
  co_return suspects;
}

env::Task<Result<OpenTransaction>> find_open(Cluster& cluster, TopicPartition partition,
                                             Offset start) {
  CO_TRY(TopicInfo topic, co_await find_topic(cluster, partition.topic));
  std::erase_if(topic.partitions,
                [&](const Partition& one) { return one.index != partition.partition; });
  if (topic.partitions.empty()) {
    co_return fail(ErrorCode::UnknownTopicOrPartition,
                   fmt::format("topic '{}' has no partition {}", partition.topic.value,
                               partition.partition.value));
  }
  std::vector<TopicInfo> topics{std::move(topic)};
  CO_TRY(const PartitionProducers producers, co_await describe_producers(cluster, topics));
  const std::vector<OpenTransaction> open = open_ones(producers);
  const auto at = std::ranges::find(open, start, &OpenTransaction::start);
  if (at == open.end()) {
    co_return fail(ErrorCode::InvalidTxnState,
                   fmt::format("no transaction is open from offset {} of {}-{} on{}", start.value,
                               partition.topic.value, partition.partition.value,
                               open.empty() ? "" : "; those there begin at " + shown(open)));
  }
  std::vector<OpenTransaction> one{*at};
  CO_TRY(Known known, co_await ask_coordinators(cluster, producers_of(one)));
  if (const auto info = known.find(at->producer.id); info != known.end()) {
    one.front().known = info->second;
  }
  CO_TRY_VOID(co_await count_held(cluster, std::move(topics), one));
  co_return std::move(one.front());
}

env::Task<Result<void>> abort_at_partition(Cluster& cluster, OpenTransaction transaction) {
  const TopicPartition& at = transaction.partition;
  // As of the first protocol, in which a marker carries the epoch of the transaction itself. Where
  // none has come here before, any coordinator's epoch will do.
  wire::WriteTxnMarkersRequest request;
  auto& marker = request.markers.emplace_back();
  marker.producer_id = transaction.producer.id;
  marker.producer_epoch = ProducerEpoch{static_cast<std::int16_t>(transaction.producer.epoch)};
  marker.transaction_result = false;
  marker.coordinator_epoch = std::max(transaction.producer.coordinator_epoch, 0);
  marker.topics.push_back({.name = at.topic, .partition_indexes = {at.partition}});
  const Instant deadline = cluster.shard().now() + cluster.settings().timeout;
  for (;;) {
    CO_TRY(const TopicInfo topic, co_await find_topic(cluster, at.topic));
    const auto found = std::ranges::find(topic.partitions, at.partition, &Partition::index);
    ErrorCode code = ErrorCode::LeaderNotAvailable;
    if (found != topic.partitions.end() && found->leader.value >= 0) {
      CO_TRY(Connection * leader, co_await cluster.broker(found->leader));
      CO_TRY(const wire::WriteTxnMarkersResponse response,
             co_await leader->ask(request, wire::read_write_txn_markers_response));
      if (response.markers.size() != 1 || response.markers.front().topics.size() != 1 ||
          response.markers.front().topics.front().partitions.size() != 1) {
        co_return fail(ErrorCode::UnknownServerError, "the broker answers for another partition");
      }
      code = response.markers.front().topics.front().partitions.front().error_code;
    }
    if (code == ErrorCode::None) co_return Result<void>{};
    if (!is_retriable(code) || cluster.shard().now() >= deadline) {
      co_return fail(broker_error(code, {},
                                  fmt::format("the transaction at {}-{} was not aborted",
                                              at.topic.value, at.partition.value)));
    }
    co_await cluster.shard().sleep(kRetryPause);
  }
}

}  // namespace client

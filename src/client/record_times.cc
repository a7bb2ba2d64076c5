#include "client/record_times.h"

#include "wire/001_fetch.h"
#include "wire/record_batch_reader.h"

namespace client {

namespace {

// From version 13 on topics go by id; names serve every cluster.
constexpr wire::Version kLastByName = 12;
constexpr std::int32_t kLittle = 16 << 10;
constexpr std::int32_t kAtOnce = 8 << 20;

struct Wanted {
  TopicPartition partition;
  Offset at;
};
using WantedByLeader = std::map<BrokerId, std::vector<Wanted>>;

WantedByLeader by_leader(const std::vector<TopicInfo>& topics,
                         const std::map<TopicPartition, Offset>& at) {
  WantedByLeader leaders;
  for (const TopicInfo& topic : topics) {
    for (const Partition& partition : topic.partitions) {
      const auto wanted = at.find({topic.name, partition.index});
      if (wanted == at.end() || partition.leader.value < 0) continue;
      leaders[partition.leader].push_back({wanted->first, wanted->second});
    }
  }
  return leaders;
}

wire::FetchRequest request_for(const std::vector<Wanted>& wanted) {
  wire::FetchRequest request;
  request.max_bytes = kAtOnce;
  for (const Wanted& one : wanted) {
    if (request.topics.empty() || request.topics.back().topic != one.partition.topic) {
      request.topics.emplace_back().topic = one.partition.topic;
    }
    auto& partition = request.topics.back().partitions.emplace_back();
    partition.partition = one.partition.partition;
    partition.fetch_offset = one.at;
    partition.partition_max_bytes = kLittle;
  }
  return request;
}

// Of the first record that is not before `at`. Where only markers of transactions are left, theirs.
std::optional<Timestamp> time_at(Bytes records, Offset at, wire::BatchScratch& scratch) {
  wire::BatchIterator batches(records);
  for (;;) {
    const auto batch = batches.next();
    if (!batch || !*batch) return {};
    if ((*batch)->header.last_offset() < at) continue;
    std::optional<Timestamp> found;
    const auto read = wire::for_each_record((*batch)->bytes, scratch, [&](const auto& record) {
      if (!found && record.offset >= at) found = record.timestamp;
    });
    if (!read) return {};
    if (found) return found->value < 0 ? std::nullopt : found;
  }
}

using Answered = std::map<TopicPartition, const wire::FetchResponse::PartitionData*>;

Answered answers_of(const wire::FetchResponse& response) {
  Answered answered;
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partitions) {
      answered[{topic.topic, partition.partition_index}] = &partition;
    }
  }
  return answered;
}

}  // namespace

env::Task<Result<std::map<TopicPartition, Timestamp>>> record_times(
    Cluster& cluster, std::vector<TopicInfo> topics, std::map<TopicPartition, Offset> at) {
  std::map<TopicPartition, Timestamp> times;
  wire::BatchScratch scratch;
  WantedByLeader leaders = by_leader(topics, at);
  for (auto& [leader, wanted] : leaders) {
    CO_TRY(Connection * broker, co_await cluster.broker(leader));
    // The first partition of a request gets a whole batch, however large, or has none: so each
    // round settles one at least.
    while (!wanted.empty()) {
      CO_TRY(const auto response, co_await broker->ask_and_keep(
                                      request_for(wanted), wire::read_fetch_response, kLastByName));
      const Answered answered = answers_of(response.message);
      std::vector<Wanted> left;
      for (const Wanted& one : wanted) {
        const auto data = answered.find(one.partition);
        const bool has = data != answered.end() && data->second->records &&
                         !data->second->records->bytes.empty();
        if (has) {
          const auto time = time_at(data->second->records->bytes, one.at, scratch);
          if (time) times[one.partition] = *time;
        } else if (data != answered.end() && data->second->error_code == ErrorCode::None &&
                   &one != &wanted.front()) {
          left.push_back(one);
        }
      }
      wanted = std::move(left);
    }
  }
  co_return times;
}

}  // namespace client

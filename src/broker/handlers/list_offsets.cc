// Finds offsets by time, and the ends of partitions.
#include "wire/002_list_offsets.h"

#include "broker/at_partition.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

using Request = wire::ListOffsetsRequest;
using Response = wire::ListOffsetsResponse;
using Wanted = Request::ListOffsetsPartition;
using Answer = Response::ListOffsetsPartitionResponse;

// Timestamps that mean something else.
constexpr Timestamp kLatest{-1};
constexpr Timestamp kEarliest{-2};
constexpr Timestamp kMaxTimestamp{-3};     // KIP-734.
constexpr Timestamp kEarliestLocal{-4};    // KIP-405: of what is on local disk.
constexpr Timestamp kLatestTiered{-5};     // KIP-1005.
constexpr Timestamp kEarliestPending{-6};  // KIP-1023: of what is not in the remote store yet.

constexpr std::int8_t kReadCommitted = 1;

// Special timestamps came with versions; before, and below the last of them, there is no answer.
bool is_understood(Timestamp at, wire::Version version) {
  if (at >= kEarliest) return true;
  if (at == kMaxTimestamp) return version >= 7;
  if (at == kEarliestLocal) return version >= 8;
  if (at == kLatestTiered) return version >= 9;
  return at == kEarliestPending && version >= 11;
}

struct Query {
  Timestamp at;
  LeaderEpoch current_leader_epoch;
  bool committed = false;
};

using Place = store::TimeFound;  // With offset -1 where there is nothing.
constexpr Place kNowhere{kNoTimestamp, Offset{-1}, kNoLeaderEpoch};

Place start_of(Partition& partition) {
  const Offset start = partition.log_start();
  return {kNoTimestamp, start, partition.log().epoch_of(start).value_or(partition.epoch())};
}

env::Task<Result<Place>> find_place(std::shared_ptr<Partition> partition, Query query) {
  CO_TRY_VOID(partition->check_epoch(query.current_leader_epoch));
  const Offset end = query.committed ? partition->last_stable() : partition->high_watermark();
  if (query.at == kLatest) co_return Place{kNoTimestamp, end, partition->epoch()};
  if (query.at == kEarliest || query.at == kEarliestLocal) co_return start_of(*partition);
  // Without a remote store nothing is tiered, and nothing waits to be.
  if (query.at == kLatestTiered || query.at == kEarliestPending) co_return kNowhere;
  env::Task<Result<std::optional<Place>>> search = query.at == kMaxTimestamp
                                                       ? partition->log().find_max_time()
                                                       : partition->log().find_by_time(query.at);
  CO_TRY(const std::optional<Place> found, co_await std::move(search));
  // What is not durable yet cannot be read, so it is not there.
  co_return found && found->offset < end ? *found : kNowhere;
}

env::Task<Answer> answer_one(Call& call, TopicName topic, Wanted wanted, bool committed) {
  Answer answer{.partition_index = wanted.partition_index};
  if (!is_understood(wanted.timestamp, call.version())) {
    answer.error_code = ErrorCode::UnsupportedVersion;
    co_return answer;
  }
  const Query query{wanted.timestamp, wanted.current_leader_epoch, committed};
  const Result<Place> place = co_await at_partition<Place>(
      call, topic, wanted.partition_index,
      [query](std::shared_ptr<Partition> p) { return find_place(std::move(p), query); });
  if (!place) {
    answer.error_code = place.error().code;
    co_return answer;
  }
  answer.timestamp = place->timestamp;
  answer.offset = place->offset;
  answer.leader_epoch = place->epoch;
  co_return answer;
}

}  // namespace

env::Task<Response> list_offsets(Call& call, Request request) {
  const bool committed = request.isolation_level == kReadCommitted;
  std::vector<std::vector<Answer>> answers = co_await ask_partitions<Answer>(
      call, request.topics, [&call, committed](const auto& topic, const Wanted& wanted) {
        return answer_one(call, topic.name, wanted, committed);
      });
  Response response;
  for (std::size_t i = 0; i < request.topics.size(); ++i) {
    response.topics.push_back({request.topics[i].name, std::move(answers[i])});
  }
  co_return response;
}

}  // namespace broker

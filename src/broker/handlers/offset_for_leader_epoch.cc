// Tells where a leader's epoch ended, so that a reader can see whether what it read was cut away.
#include "wire/023_offset_for_leader_epoch.h"

#include "broker/at_partition.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

using Request = wire::OffsetForLeaderEpochRequest;
using Response = wire::OffsetForLeaderEpochResponse;
using Wanted = Request::OffsetForLeaderPartition;
using Answer = Response::EpochEndOffset;

env::Task<Result<store::EpochEnd>> find_end(std::shared_ptr<Partition> partition, Wanted wanted) {
  CO_TRY_VOID(partition->check_epoch(wanted.current_leader_epoch));
  if (wanted.leader_epoch == partition->epoch()) {
    co_return store::EpochEnd{wanted.leader_epoch, partition->log().log_end()};
  }
  co_return partition->log()
      .epoch_end_offset(wanted.leader_epoch)
      .value_or(store::EpochEnd{kNoLeaderEpoch, Offset{-1}});
}

env::Task<Answer> answer_one(Call& call, TopicName topic, Wanted wanted) {
  const Result<store::EpochEnd> end = co_await at_partition<store::EpochEnd>(
      call, topic, wanted.partition,
      [wanted](std::shared_ptr<Partition> p) { return find_end(std::move(p), wanted); });
  Answer answer{.partition = wanted.partition};
  if (end) {
    answer.leader_epoch = end->epoch;
    answer.end_offset = end->end;
  } else {
    answer.error_code = end.error().code;
  }
  co_return answer;
}

}  // namespace

env::Task<Response> offset_for_leader_epoch(Call& call, Request request) {
  std::vector<std::vector<Answer>> answers = co_await ask_partitions<Answer>(
      call, request.topics, [&call](const auto& topic, const Wanted& wanted) {
        return answer_one(call, topic.topic, wanted);
      });
  Response response;
  for (std::size_t i = 0; i < request.topics.size(); ++i) {
    response.topics.push_back({request.topics[i].topic, std::move(answers[i])});
  }
  co_return response;
}

}  // namespace broker

// Gives what a share group has done with partitions to their leader, and locks out the one before.
#include "wire/084_read_share_group_state.h"

#include "broker/handlers/handlers.h"
#include "broker/share_state_requests.h"

namespace broker {
namespace {

using Request = wire::ReadShareGroupStateRequest;
using Response = wire::ReadShareGroupStateResponse;

using Asked = Request::PartitionData;
using Answer = Response::PartitionResult;

env::Task<Answer> read(Call& call, share::Key key, Asked asked) {
  const LeaderEpoch leader = asked.leader_epoch;
  const Result<share::Stored> stored = co_await at_share_state<share::Stored>(
      call.engine(), key,
      [key, leader](ShareCoordinator& state) { return state.read(key, leader); });
  Answer answer = with_error(Answer{.partition = asked.partition}, error_of(stored));
  if (!stored) co_return answer;
  answer.state_epoch = stored->state_epoch;
  answer.start_offset = stored->start;
  for (const share::StateBatch& batch : share::batches_of(stored->deliveries)) {
    answer.state_batches.push_back({.first_offset = batch.range.first,
                                    .last_offset = batch.range.last,
                                    .delivery_state = static_cast<std::int8_t>(batch.state),
                                    .delivery_count = batch.delivery_count});
  }
  co_return answer;
}

}  // namespace

env::Task<Response> read_share_group_state(Call& call, Request request) {
  co_return co_await serve_share_state<Response>(call, request, &read);
}

}  // namespace broker

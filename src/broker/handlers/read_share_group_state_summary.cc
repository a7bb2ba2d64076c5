// Tells how far share groups are in partitions.
#include "wire/087_read_share_group_state_summary.h"

#include "broker/handlers/handlers.h"
#include "broker/share_state_requests.h"

namespace broker {
namespace {

using Request = wire::ReadShareGroupStateSummaryRequest;
using Response = wire::ReadShareGroupStateSummaryResponse;

using Asked = Request::PartitionData;
using Answer = Response::PartitionResult;

env::Task<Answer> summarize(Call& call, share::Key key, Asked asked) {
  const Result<share::Stored> stored = co_await at_share_state<share::Stored>(
      call.engine(), key, [key](ShareCoordinator& state) { return state.summarize(key); });
  Answer answer = with_error(Answer{.partition = asked.partition}, error_of(stored));
  if (!stored) co_return answer;
  answer.state_epoch = stored->state_epoch;
  answer.leader_epoch = stored->leader_epoch;
  answer.start_offset = stored->start;
  answer.delivery_complete_count = stored->complete;
  co_return answer;
}

}  // namespace

env::Task<Response> read_share_group_state_summary(Call& call, Request request) {
  co_return co_await serve_share_state<Response>(call, request, &summarize);
}

}  // namespace broker

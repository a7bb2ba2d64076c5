// Begins what share groups have done with partitions, anew where there was something.
#include "wire/083_initialize_share_group_state.h"

#include "broker/handlers/handlers.h"
#include "broker/share_state_requests.h"

namespace broker {
namespace {

using Request = wire::InitializeShareGroupStateRequest;
using Response = wire::InitializeShareGroupStateResponse;

using Asked = Request::PartitionData;
using Answer = Response::PartitionResult;

env::Task<Answer> initialize(Call& call, share::Key key, Asked asked) {
  const share::Initialize wish{.state_epoch = asked.state_epoch, .start = asked.start_offset};
  const Result<void> done = co_await at_share_state<void>(
      call.engine(), key,
      [key, wish](ShareCoordinator& state) { return state.initialize(key, wish); });
  co_return with_error(Answer{.partition = asked.partition}, error_of(done));
}

}  // namespace

env::Task<Response> initialize_share_group_state(Call& call, Request request) {
  co_return co_await serve_share_state<Response>(call, request, &initialize);
}

}  // namespace broker

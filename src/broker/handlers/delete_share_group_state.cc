// Forgets what share groups have done with partitions.
#include "wire/086_delete_share_group_state.h"

#include "broker/handlers/handlers.h"
#include "broker/share_state_requests.h"

namespace broker {
namespace {

using Request = wire::DeleteShareGroupStateRequest;
using Response = wire::DeleteShareGroupStateResponse;

using Asked = Request::PartitionData;
using Answer = Response::PartitionResult;

env::Task<Answer> erase(Call& call, share::Key key, Asked asked) {
  const Result<void> done = co_await at_share_state<void>(
      call.engine(), key, [key](ShareCoordinator& state) { return state.erase(key); });
  co_return with_error(Answer{.partition = asked.partition}, error_of(done));
}

}  // namespace

env::Task<Response> delete_share_group_state(Call& call, Request request) {
  co_return co_await serve_share_state<Response>(call, request, &erase);
}

}  // namespace broker

// Stores what a share group has done with partitions, as their leader says.
#include "wire/085_write_share_group_state.h"

#include "broker/handlers/handlers.h"
#include "broker/share_state_requests.h"

namespace broker {
namespace {

using Request = wire::WriteShareGroupStateRequest;
using Response = wire::WriteShareGroupStateResponse;

using Asked = Request::PartitionData;
using Answer = Response::PartitionResult;

share::Write to_write(const Asked& asked) {
  share::Write write{.state_epoch = asked.state_epoch,
                     .leader_epoch = asked.leader_epoch,
                     .start = asked.start_offset,
                     .complete = asked.delivery_complete_count};
  for (const auto& batch : asked.state_batches) {
    write.batches.push_back({{batch.first_offset, batch.last_offset},
                             static_cast<share::RecordState>(batch.delivery_state),
                             batch.delivery_count});
  }
  return write;
}

env::Task<Answer> write(Call& call, share::Key key, Asked asked) {
  const share::Write wish = to_write(asked);
  const Result<void> done = co_await at_share_state<void>(
      call.engine(), key, [key, wish](ShareCoordinator& state) { return state.write(key, wish); });
  co_return with_error(Answer{.partition = asked.partition}, error_of(done));
}

}  // namespace

env::Task<Response> write_share_group_state(Call& call, Request request) {
  co_return co_await serve_share_state<Response>(call, request, &write);
}

}  // namespace broker

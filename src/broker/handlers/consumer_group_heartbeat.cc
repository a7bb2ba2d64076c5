// Takes a member into a consumer group, keeps it there, tells it its partitions, and lets it go.
#include "wire/068_consumer_group_heartbeat.h"

#include "broker/at_group.h"
#include "broker/coordinator_messages.h"
#include "broker/handlers/handlers.h"

namespace broker {

env::Task<wire::ConsumerGroupHeartbeatResponse> consumer_group_heartbeat(
    Call& call, wire::ConsumerGroupHeartbeatRequest request) {
  using Response = wire::ConsumerGroupHeartbeatResponse;
  const GroupId group = request.group_id;
  const GroupClient client = group_client(call);
  Result<Response> answer = co_await at_group<Response>(
      call, group, [request = std::move(request), client](GroupCoordinator& groups) mutable {
        return groups.consumer_heartbeat(std::move(request), client);
      });
  if (answer) co_return std::move(*answer);
  co_return to_response(
      group::ConsumerReply{.error = answer.error().code, .message = answer.error().detail});
}

}  // namespace broker

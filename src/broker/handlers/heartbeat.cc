// Keeps a member's place in its group, and tells it when the group rebalances.
#include "wire/012_heartbeat.h"

#include "broker/at_group.h"
#include "broker/handlers/handlers.h"

namespace broker {

env::Task<wire::HeartbeatResponse> heartbeat(Call& call, wire::HeartbeatRequest request) {
  const GroupId group = request.group_id;
  Result<wire::HeartbeatResponse> answer = co_await at_group<wire::HeartbeatResponse>(
      call, group, [request = std::move(request)](GroupCoordinator& groups) mutable {
        return groups.heartbeat(std::move(request));
      });
  if (answer) co_return std::move(*answer);
  wire::HeartbeatResponse refused;
  refused.error_code = answer.error().code;
  co_return refused;
}

}  // namespace broker

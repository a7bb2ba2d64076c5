// Takes members out of a group now, instead of when their sessions run out.
#include "wire/013_leave_group.h"

#include "broker/at_group.h"
#include "broker/handlers/handlers.h"

namespace broker {

env::Task<wire::LeaveGroupResponse> leave_group(Call& call, wire::LeaveGroupRequest request) {
  const GroupId group = request.group_id;
  const GroupClient client = group_client(call);
  Result<wire::LeaveGroupResponse> answer = co_await at_group<wire::LeaveGroupResponse>(
      call, group, [request = std::move(request), client](GroupCoordinator& groups) mutable {
        return groups.leave(std::move(request), client);
      });
  if (answer) co_return std::move(*answer);
  wire::LeaveGroupResponse refused;
  refused.error_code = answer.error().code;
  co_return refused;
}

}  // namespace broker

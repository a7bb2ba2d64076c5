// Takes a member into a group. Answered when the group's members are together.
#include "wire/011_join_group.h"

#include "broker/at_group.h"
#include "broker/coordinator_messages.h"
#include "broker/handlers/handlers.h"

namespace broker {

env::Task<wire::JoinGroupResponse> join_group(Call& call, wire::JoinGroupRequest request) {
  const GroupId group = request.group_id;
  const MemberId member = request.member_id;
  const GroupClient client = group_client(call);
  Result<wire::JoinGroupResponse> answer = co_await at_group<wire::JoinGroupResponse>(
      call, group, [request = std::move(request), client](GroupCoordinator& groups) mutable {
        return groups.join(std::move(request), client);
      });
  if (answer) co_return std::move(*answer);
  co_return to_response(group::JoinReply{.error = answer.error().code, .member = member},
                        call.version());
}

}  // namespace broker

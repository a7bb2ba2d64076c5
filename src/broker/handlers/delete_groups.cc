// Deletes groups without members, and their offsets.
#include "wire/042_delete_groups.h"

#include "broker/at_group.h"
#include "broker/handlers/handlers.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::DeleteGroupsRequest;
using Response = wire::DeleteGroupsResponse;
using Outcome = Response::DeletableGroupResult;

env::Task<Outcome> delete_one(Call& call, GroupId group) {
  const Result<ErrorCode> erased = co_await at_group<ErrorCode>(
      call, group, [group](GroupCoordinator& groups) { return groups.erase(group); });
  co_return Outcome{.group_id = group, .error_code = erased ? *erased : erased.error().code};
}

}  // namespace

env::Task<Response> delete_groups(Call& call, Request request) {
  std::vector<env::Task<Outcome>> tasks;
  for (GroupId& group : request.groups_names) tasks.push_back(delete_one(call, std::move(group)));
  Response response;
  response.results = co_await env::all(call.shard(), std::move(tasks));
  co_return response;
}

}  // namespace broker

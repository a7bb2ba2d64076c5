// Deletes groups without members, with their offsets and with what share groups have done.
#include "wire/042_delete_groups.h"

#include "broker/at_group.h"
#include "broker/delete_share_state.h"
#include "broker/handlers/handlers.h"
#include "broker/share_requests.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::DeleteGroupsRequest;
using Response = wire::DeleteGroupsResponse;
using Outcome = Response::DeletableGroupResult;

// What a share group has done goes first: should the rest fail, it is there to be deleted again.
env::Task<Result<void>> delete_state(Call& call, GroupId group) {
  Result<Result<ShareGroupFacts>> found = co_await at_group<Result<ShareGroupFacts>>(
      call, group, [group](GroupCoordinator& groups) { return groups.share_facts(group); });
  const bool is_share = found && *found && (*found)->exists && (*found)->is_empty;
  if (!is_share) co_return Result<void>{};
  const group::ShareStates states = (*found)->states;
  for (const auto* topics : {&states.begun, &states.beginning}) {
    for (const auto& [id, topic] : *topics) {
      CO_TRY_VOID(co_await delete_share_state(call.engine(), group, id, topic.partitions));
    }
  }
  co_await forget_share_group(call.engine(), group);
  co_return Result<void>{};
}

env::Task<Outcome> delete_one(Call& call, GroupId group) {
  const Result<void> ready = co_await delete_state(call, group);
  if (!ready) co_return Outcome{.group_id = group, .error_code = ready.error().code};
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

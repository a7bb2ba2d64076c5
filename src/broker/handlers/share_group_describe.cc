// Shows share groups: epochs, members, and what they read.
#include "wire/077_share_group_describe.h"

#include "broker/at_group.h"
#include "broker/handlers/group_operations.h"
#include "broker/handlers/handlers.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::ShareGroupDescribeRequest;
using Response = wire::ShareGroupDescribeResponse;
using Described = Response::DescribedGroup;

env::Task<Described> describe_one(Call& call, GroupId group, bool operations) {
  if (group.value.empty()) {
    co_return Described{.error_code = ErrorCode::InvalidGroupId,
                        .error_message = "the group's name is empty",
                        .group_id = group};
  }
  Result<Described> described = co_await at_group<Described>(
      call, group, [group](GroupCoordinator& groups) { return groups.describe_share(group); });
  if (!described) {
    co_return Described{.error_code = described.error().code,
                        .error_message = described.error().detail,
                        .group_id = group};
  }
  if (operations && described->error_code == ErrorCode::None) {
    described->authorized_operations = kGroupOperations;
  }
  co_return std::move(*described);
}

}  // namespace

env::Task<Response> share_group_describe(Call& call, Request request) {
  std::vector<env::Task<Described>> tasks;
  for (GroupId& group : request.group_ids) {
    tasks.push_back(describe_one(call, std::move(group), request.include_authorized_operations));
  }
  Response response;
  response.groups = co_await env::all(call.shard(), std::move(tasks));
  co_return response;
}

}  // namespace broker

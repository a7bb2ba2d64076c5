// Shows groups of the classic protocol: their state, members and assignments.
#include "wire/015_describe_groups.h"

#include "broker/at_group.h"
#include "broker/handlers/group_operations.h"
#include "broker/handlers/handlers.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::DescribeGroupsRequest;
using Response = wire::DescribeGroupsResponse;
using Described = Response::DescribedGroup;

constexpr std::int16_t kTellsMissing = 6;  // KIP-1043. Before, a missing group is a dead one.

env::Task<Described> describe_one(Call& call, GroupId group, bool operations) {
  Result<Described> described = co_await at_group<Described>(
      call, group, [group](GroupCoordinator& groups) { return groups.describe(group); });
  if (!described) co_return Described{.error_code = described.error().code, .group_id = group};
  if (call.version() < kTellsMissing) {
    described->error_message.reset();
    if (described->error_code == ErrorCode::GroupIdNotFound)
      described->error_code = ErrorCode::None;
  }
  if (operations) described->authorized_operations = kGroupOperations;
  co_return std::move(*described);
}

}  // namespace

env::Task<Response> describe_groups(Call& call, Request request) {
  std::vector<env::Task<Described>> tasks;
  for (GroupId& group : request.groups) {
    tasks.push_back(describe_one(call, std::move(group), request.include_authorized_operations));
  }
  Response response;
  response.groups = co_await env::all(call.shard(), std::move(tasks));
  co_return response;
}

}  // namespace broker

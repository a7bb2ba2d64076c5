// Shows groups of the consumer protocol: epochs, members, what they have and what they shall have.
#include "wire/069_consumer_group_describe.h"

#include "broker/at_group.h"
#include "broker/handlers/group_operations.h"
#include "broker/handlers/handlers.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::ConsumerGroupDescribeRequest;
using Response = wire::ConsumerGroupDescribeResponse;
using Described = Response::DescribedGroup;

env::Task<Described> describe_one(Call& call, GroupId group, bool operations) {
  Result<Described> described = co_await at_group<Described>(
      call, group, [group](GroupCoordinator& groups) { return groups.describe_consumer(group); });
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

env::Task<Response> consumer_group_describe(Call& call, Request request) {
  std::vector<env::Task<Described>> tasks;
  for (GroupId& group : request.group_ids) {
    tasks.push_back(describe_one(call, std::move(group), request.include_authorized_operations));
  }
  Response response;
  response.groups = co_await env::all(call.shard(), std::move(tasks));
  co_return response;
}

}  // namespace broker

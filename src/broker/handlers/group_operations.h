// What the handlers that show groups have in common.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "broker/at_group.h"
#include "env/sync.h"

namespace broker {

// What everybody may do with a group: READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS.
inline constexpr std::int32_t kGroupOperations = 0b1101'0100'1000;

template <class Described>
using DescribeGroup = env::Task<Described> (GroupCoordinator::*)(GroupId);

template <class Described>
env::Task<Described> describe_group(Call& call, GroupId group, DescribeGroup<Described> describe) {
  if (group.value.empty()) {
    co_return Described{.error_code = ErrorCode::InvalidGroupId,
                        .error_message = "the group's name is empty",
                        .group_id = group};
  }
  Result<Described> described = co_await at_group<Described>(
      call, group,
      [group, describe](GroupCoordinator& groups) { return (groups.*describe)(group); });
  if (described) co_return std::move(*described);
  co_return Described{.error_code = described.error().code,
                      .error_message = described.error().detail,
                      .group_id = group};
}

// The answer to a request that names groups of the consumer or the share protocol, each shown as
// its coordinator's `describe` has it.
template <class Response, class Request>
env::Task<Response> describe_all(Call& call, Request request,
                                 DescribeGroup<typename Response::DescribedGroup> describe) {
  std::vector<env::Task<typename Response::DescribedGroup>> tasks;
  for (GroupId& group : request.group_ids) {
    tasks.push_back(describe_group(call, std::move(group), describe));
  }
  Response response;
  response.groups = co_await env::all(call.shard(), std::move(tasks));
  if (!request.include_authorized_operations) co_return response;
  for (auto& described : response.groups) {
    if (described.error_code == ErrorCode::None) described.authorized_operations = kGroupOperations;
  }
  co_return response;
}

}  // namespace broker

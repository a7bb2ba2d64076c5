// Shows share groups: epochs, members, and what they read.
#include "wire/077_share_group_describe.h"

#include "broker/handlers/group_operations.h"
#include "broker/handlers/handlers.h"

namespace broker {

env::Task<wire::ShareGroupDescribeResponse> share_group_describe(
    Call& call, wire::ShareGroupDescribeRequest request) {
  return describe_all<wire::ShareGroupDescribeResponse>(call, std::move(request),
                                                        &GroupCoordinator::describe_share);
}

}  // namespace broker

// Shows groups of the consumer protocol: epochs, members, what they have and what they shall have.
#include "wire/069_consumer_group_describe.h"

#include "broker/handlers/group_operations.h"
#include "broker/handlers/handlers.h"

namespace broker {

env::Task<wire::ConsumerGroupDescribeResponse> consumer_group_describe(
    Call& call, wire::ConsumerGroupDescribeRequest request) {
  return describe_all<wire::ConsumerGroupDescribeResponse>(call, std::move(request),
                                                           &GroupCoordinator::describe_consumer);
}

}  // namespace broker

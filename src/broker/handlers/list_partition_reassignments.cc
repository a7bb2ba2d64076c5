// Shows replicas on the move. With one broker there is nowhere to move to.
#include "wire/046_list_partition_reassignments.h"

#include <algorithm>

#include "broker/engine.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

using Request = wire::ListPartitionReassignmentsRequest;
using Response = wire::ListPartitionReassignmentsResponse;

bool is_wanted(const Request& request, const TopicName& topic, PartitionIndex index) {
  if (!request.topics) return true;
  for (const auto& wanted : *request.topics) {
    if (wanted.name == topic) return std::ranges::count(wanted.partition_indexes, index) > 0;
  }
  return false;
}

}  // namespace

env::Task<Response> list_partition_reassignments(Call& call, Request request) {
  Response response;
  call.image().topics.for_each([&](const TopicName& name, const cluster::TopicPtr& topic) {
    Response::OngoingTopicReassignment moving{.name = name};
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      const cluster::Partition& p = topic->partitions[i];
      const PartitionIndex index{static_cast<std::int32_t>(i)};
      if (p.adding.empty() && p.removing.empty()) continue;
      if (is_wanted(request, name, index)) {
        moving.partitions.push_back({index, p.replicas, p.adding, p.removing});
      }
    }
    if (!moving.partitions.empty()) response.topics.push_back(std::move(moving));
  });
  co_return response;
}

}  // namespace broker

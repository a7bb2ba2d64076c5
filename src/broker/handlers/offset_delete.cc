// Forgets offsets of topics that a group does not subscribe to any more.
#include "wire/047_offset_delete.h"

#include <algorithm>

#include "broker/at_group.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/known_partitions.h"

namespace broker {
namespace {

using Request = wire::OffsetDeleteRequest;
using Response = wire::OffsetDeleteResponse;

Request known_part(Call& call, Request request) {
  keep_known(request.topics, [&call](const auto& topic) { return call.image().find(topic.name); });
  return request;
}

Response::OffsetDeleteResponseTopic& entry(Response& response, const TopicName& topic) {
  const auto found =
      std::ranges::find(response.topics, topic, &Response::OffsetDeleteResponseTopic::name);
  if (found != response.topics.end()) return *found;
  response.topics.emplace_back().name = topic;
  return response.topics.back();
}

}  // namespace

env::Task<Response> offset_delete(Call& call, Request request) {
  const GroupId group = request.group_id;
  const Request known = known_part(call, request);
  Result<Response> deleted = co_await at_group<Response>(
      call, group, [&known](GroupCoordinator& groups) { return groups.delete_offsets(known); });
  Response response;
  if (!deleted) {
    response.error_code = deleted.error().code;
    co_return response;
  }
  if (deleted->error_code != ErrorCode::None) co_return std::move(*deleted);

  response.topics = std::move(deleted->topics);
  for (const auto& topic : request.topics) {
    const cluster::Topic* const found = call.image().find(topic.name);
    for (const auto& partition : topic.partitions) {
      if (is_known(found, partition.partition_index)) continue;
      entry(response, topic.name)
          .partitions.push_back({partition.partition_index, ErrorCode::UnknownTopicOrPartition});
    }
  }
  co_return response;
}

}  // namespace broker

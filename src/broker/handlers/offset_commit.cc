// Notes how far a group has got. Topics come by name, from version 10 on by id.
#include "wire/008_offset_commit.h"

#include "broker/at_group.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

using Request = wire::OffsetCommitRequest;
using Response = wire::OffsetCommitResponse;
using Topic = Response::OffsetCommitResponseTopic;

constexpr std::int16_t kTopicIds = 10;

const cluster::Topic* find(Call& call, const Request::OffsetCommitRequestTopic& topic) {
  return call.version() >= kTopicIds ? call.image().find(topic.topic_id)
                                     : call.image().find(topic.name);
}

// The same request without the topics that are not there, and each topic by name and by id.
Request known_part(Call& call, const Request& request) {
  Request known = request;
  known.topics.clear();
  for (const auto& topic : request.topics) {
    const cluster::Topic* found = find(call, topic);
    if (!found) continue;
    known.topics.push_back(
        {.name = found->name, .topic_id = found->id, .partitions = topic.partitions});
  }
  return known;
}

Topic answer_all(const Request::OffsetCommitRequestTopic& topic, ErrorCode error) {
  Topic answered;
  for (const auto& partition : topic.partitions) {
    answered.partitions.push_back({partition.partition_index, error});
  }
  return answered;
}

}  // namespace

env::Task<Response> offset_commit(Call& call, Request request) {
  const GroupId group = request.group_id;
  const GroupClient client = group_client(call);
  Request known = known_part(call, request);
  Result<Response> committed = co_await at_group<Response>(
      call, group, [known = std::move(known), client](GroupCoordinator& groups) mutable {
        return groups.commit(std::move(known), client);
      });

  const ErrorCode missing =
      call.version() >= kTopicIds ? ErrorCode::UnknownTopicId : ErrorCode::UnknownTopicOrPartition;
  Response response;
  std::size_t next = 0;
  for (const auto& topic : request.topics) {
    Topic answered;
    if (!find(call, topic)) {
      answered = answer_all(topic, missing);
    } else if (!committed) {
      answered = answer_all(topic, committed.error().code);
    } else {
      answered = std::move(committed->topics.at(next++));
    }
    answered.name = topic.name;
    answered.topic_id = topic.topic_id;
    response.topics.push_back(std::move(answered));
  }
  co_return response;
}

}  // namespace broker

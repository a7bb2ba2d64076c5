// Notes how far a group has got. Topics come by name, from version 10 on by id.
#include "wire/008_offset_commit.h"

#include "broker/at_group.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/known_partitions.h"

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

// The same request without the partitions that are not there, and each topic by name and by id.
Request known_part(Call& call, Request request) {
  keep_known(request.topics, [&call](const auto& topic) { return find(call, topic); });
  for (auto& topic : request.topics) {
    const cluster::Topic* const found = find(call, topic);
    topic.name = found->name;
    topic.topic_id = found->id;
  }
  return request;
}

// The coordinator's answers partition by partition, in the order in which it was asked.
std::vector<ErrorCode> codes(const Request& asked, const Result<Response>& committed) {
  std::vector<ErrorCode> all;
  for (std::size_t i = 0; i < asked.topics.size(); ++i) {
    for (std::size_t k = 0; k < asked.topics[i].partitions.size(); ++k) {
      all.push_back(committed ? committed->topics.at(i).partitions.at(k).error_code
                              : committed.error().code);
    }
  }
  return all;
}

}  // namespace

env::Task<Response> offset_commit(Call& call, Request request) {
  const GroupId group = request.group_id;
  const GroupClient client = group_client(call);
  const Request known = known_part(call, request);
  Result<Response> committed = Response{};
  if (!known.topics.empty()) {
    committed = co_await at_group<Response>(
        call, group,
        [&known, client](GroupCoordinator& groups) { return groups.commit(known, client); });
  }
  const std::vector<ErrorCode> outcomes = codes(known, committed);

  const ErrorCode missing =
      call.version() >= kTopicIds ? ErrorCode::UnknownTopicId : ErrorCode::UnknownTopicOrPartition;
  Response response;
  auto outcome = outcomes.begin();
  for (const auto& topic : request.topics) {
    const cluster::Topic* found = find(call, topic);
    Topic answered;
    answered.name = topic.name;
    answered.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      ErrorCode code = found ? ErrorCode::UnknownTopicOrPartition : missing;
      if (is_known(found, partition.partition_index)) code = *outcome++;
      answered.partitions.push_back({partition.partition_index, code});
    }
    response.topics.push_back(std::move(answered));
  }
  co_return response;
}

}  // namespace broker

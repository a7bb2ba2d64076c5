// Moves the start of partitions forward: what lies below is served no more, and deleted in time.
#include "wire/021_delete_records.h"

#include "broker/at_partition.h"
#include "broker/handlers/handlers.h"
#include "cluster/controller.h"

namespace broker {
namespace {

using Request = wire::DeleteRecordsRequest;
using Response = wire::DeleteRecordsResponse;
using Wanted = Request::DeleteRecordsPartition;
using Answer = Response::DeleteRecordsPartitionResult;

env::Task<Answer> answer_one(Call& call, TopicName topic, Wanted wanted) {
  Answer answer{.partition_index = wanted.partition_index, .low_watermark = Offset{-1}};
  if (cluster::is_internal(topic)) {
    answer.error_code = ErrorCode::InvalidTopicException;
    co_return answer;
  }
  const cluster::Topic* known = call.image().find(topic);
  if (known) {
    // In a compacted topic a record stands for its key's present, however old it is.
    const auto options = call.engine().topic_options(*known);
    if (options->cleanup_compact && !options->cleanup_delete) {
      answer.error_code = ErrorCode::PolicyViolation;
      co_return answer;
    }
  }
  const Offset to = wanted.offset;
  const Result<Offset> start = co_await at_partition<Offset>(
      call, topic, wanted.partition_index,
      [to](std::shared_ptr<Partition> p) { return p->delete_records(to); });
  if (start) {
    answer.low_watermark = *start;
  } else {
    answer.error_code = start.error().code;
  }
  co_return answer;
}

}  // namespace

env::Task<Response> delete_records(Call& call, Request request) {
  std::vector<std::vector<Answer>> answers = co_await ask_partitions<Answer>(
      call, request.topics, [&call](const auto& topic, const Wanted& wanted) {
        return answer_one(call, topic.name, wanted);
      });
  Response response;
  for (std::size_t i = 0; i < request.topics.size(); ++i) {
    response.topics.push_back({request.topics[i].name, std::move(answers[i])});
  }
  co_return response;
}

}  // namespace broker

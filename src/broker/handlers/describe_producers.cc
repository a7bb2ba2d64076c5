// Shows the producers that a partition remembers (KIP-664).
#include "wire/061_describe_producers.h"

#include "broker/at_partition.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

using Request = wire::DescribeProducersRequest;
using Response = wire::DescribeProducersResponse;
using Answer = Response::PartitionResponse;
using States = std::vector<Response::ProducerState>;

env::Task<Result<States>> list(std::shared_ptr<Partition> partition) {
  States states;
  for (const ProducerId id : partition->producers().ids()) {
    const txn::Producer& producer = *partition->producers().find(id);
    states.push_back({.producer_id = id,
                      .producer_epoch = producer.epoch.value,
                      .last_sequence = producer.last_sequence().value,
                      .last_timestamp = producer.last_active,
                      .coordinator_epoch = producer.coordinator_epoch,
                      .current_txn_start_offset = producer.transaction_start.value_or(Offset{-1})});
  }
  co_return states;
}

env::Task<Answer> answer_one(Call& call, TopicName topic, PartitionIndex index) {
  Result<States> states = co_await at_partition<States>(
      call, topic, index, [](std::shared_ptr<Partition> p) { return list(std::move(p)); });
  Answer answer{.partition_index = index};
  if (states) {
    answer.active_producers = std::move(*states);
  } else {
    answer.error_code = states.error().code;
    answer.error_message = states.error().detail;
  }
  co_return answer;
}

}  // namespace

env::Task<Response> describe_producers(Call& call, Request request) {
  Response response;
  for (const Request::TopicRequest& topic : request.topics) {
    std::vector<env::Task<Answer>> tasks;
    for (const PartitionIndex index : topic.partition_indexes) {
      tasks.push_back(answer_one(call, topic.name, index));
    }
    std::vector<Answer> answers = co_await env::all(call.shard(), std::move(tasks));
    response.topics.push_back({topic.name, std::move(answers)});
  }
  co_return response;
}

}  // namespace broker

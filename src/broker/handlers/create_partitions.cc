// Gives topics more partitions.
#include "wire/037_create_partitions.h"

#include "broker/at_controller.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

using Request = wire::CreatePartitionsRequest;
using Response = wire::CreatePartitionsResponse;

cluster::MorePartitions to_request(Request::CreatePartitionsTopic& wanted) {
  cluster::MorePartitions more{.topic = std::move(wanted.name), .count = wanted.count};
  if (wanted.assignments) {
    more.assignments.emplace();
    for (auto& assignment : *wanted.assignments) {
      more.assignments->push_back(std::move(assignment.broker_ids));
    }
  }
  return more;
}

}  // namespace

env::Task<Response> create_partitions(Call& call, Request request) {
  std::vector<cluster::MorePartitions> wanted;
  for (auto& topic : request.topics) wanted.push_back(to_request(topic));
  const std::vector<cluster::MorePartitions>* const topics = &wanted;
  const std::vector<Result<std::monostate>> outcomes = co_await at_controller<std::monostate>(
      call, [topics](const cluster::Context& c) { return cluster::create_partitions(c, *topics); },
      request.validate_only);

  Response response;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Error error = error_of(outcomes[i]);
    response.results.push_back(
        {.name = wanted[i].topic, .error_code = error.code, .error_message = message_of(error)});
  }
  co_return response;
}

}  // namespace broker

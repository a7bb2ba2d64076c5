// Tells which broker coordinates a group, and makes the topic that keeps groups when the first one
// is asked for.
#include "wire/010_find_coordinator.h"

#include "broker/at_controller.h"
#include "broker/at_group.h"
#include "broker/cluster_view.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

using Request = wire::FindCoordinatorRequest;
using Response = wire::FindCoordinatorResponse;
using Coordinator = Response::Coordinator;

constexpr std::int8_t kGroupKey = 0;
constexpr std::int16_t kManyKeys = 4;  // From here on a request names several.

Coordinator refused(std::string key, const Error& why) {
  return {.key = std::move(key),
          .node_id = BrokerId{-1},
          .port = -1,
          .error_code = why.code,
          .error_message = why.detail};
}

env::Task<Result<void>> make_offsets_topic(Call& call) {
  const config::BrokerOptions& options = call.options();
  std::vector<cluster::NewTopic> wanted{
      {.name = cluster::kOffsetsTopic,
       .partitions = options.offsets_partitions,
       .replication_factor = options.offsets_replication_factor,
       .assignments = {},
       .configs = {{"cleanup.policy", "compact"},
                   {"compression.type", "producer"},
                   {"segment.bytes", std::to_string(options.offsets_segment_bytes)}},
       .internal = true}};
  const std::vector<cluster::NewTopic>* const topics = &wanted;
  const std::vector<Result<cluster::CreatedTopic>> made =
      co_await at_controller<cluster::CreatedTopic>(
          call,
          [topics](const cluster::Context& context) {
            return cluster::create_topics(context, *topics);
          },
          false);
  const Result<cluster::CreatedTopic>& outcome = made.at(0);
  if (outcome || outcome.error().code == ErrorCode::TopicAlreadyExists) co_return Result<void>{};
  co_return fail(ErrorCode::CoordinatorNotAvailable, outcome.error().detail);
}

Result<void> check_kind(std::int8_t kind) {
  if (kind == kGroupKey) return {};
  return fail(ErrorCode::InvalidRequest, "this broker coordinates consumer groups only");
}

// All coordinators are here: one broker leads every partition.
env::Task<Result<void>> prepare(Call& call, std::int8_t kind) {
  CO_TRY_VOID(check_kind(kind));
  if (call.engine().image()->find(cluster::kOffsetsTopic)) co_return Result<void>{};
  Result<void> made = co_await make_offsets_topic(call);
  co_return made;
}

Coordinator answer_one(Call& call, const std::string& key) {
  const cluster::Topic* topic = call.engine().image()->find(cluster::kOffsetsTopic);
  const auto count = topic ? static_cast<std::int32_t>(topic->partitions.size()) : 1;
  const cluster::Partition* partition =
      topic ? topic->find(GroupCoordinator::partition_of(GroupId{key}, count)) : nullptr;
  const BrokerId self = call.engine().node().id;
  if (!partition || partition->leader != self) {
    return refused(key, {ErrorCode::CoordinatorNotAvailable, "nobody leads the group's partition"});
  }
  const env::Address address = advertised_to(call);
  return {.key = key, .node_id = self, .host = address.host, .port = address.port};
}

Response with_one(Coordinator coordinator) {
  Response response;
  response.error_code = coordinator.error_code;
  response.error_message = std::move(coordinator.error_message);
  response.node_id = coordinator.node_id;
  response.host = std::move(coordinator.host);
  response.port = coordinator.port;
  return response;
}

}  // namespace

env::Task<Response> find_coordinator(Call& call, Request request) {
  const Result<void> ready = co_await prepare(call, request.key_type);
  const auto answer = [&](const std::string& key) {
    return ready ? answer_one(call, key) : refused(key, ready.error());
  };
  if (call.version() < kManyKeys) co_return with_one(answer(request.key));
  Response response;
  for (const std::string& key : request.coordinator_keys) {
    response.coordinators.push_back(answer(key));
  }
  co_return response;
}

}  // namespace broker

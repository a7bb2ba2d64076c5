// Tells which broker coordinates a group or a transactional id, or keeps the state of a share
// group, and makes the topic for it when the first one is asked for.
#include "wire/010_find_coordinator.h"

#include <charconv>

#include "broker/at_group.h"
#include "broker/cluster_view.h"
#include "broker/handlers/handlers.h"
#include "broker/make_internal_topic.h"
#include "broker/share_coordinator.h"
#include "cluster/names.h"

namespace broker {
namespace {

using Request = wire::FindCoordinatorRequest;
using Response = wire::FindCoordinatorResponse;
using Coordinator = Response::Coordinator;

// Types of keys.
constexpr std::int8_t kGroupKey = 0;
constexpr std::int8_t kTransactionKey = 1;
constexpr std::int8_t kShareKey = 2;   // KIP-932.
constexpr std::int16_t kManyKeys = 4;  // From here on a request names several.

Coordinator refused(std::string key, const Error& why) {
  return {.key = std::move(key),
          .node_id = BrokerId{-1},
          .port = -1,
          .error_code = why.code,
          .error_message = why.detail};
}

// What a kind of key is kept in.
struct Kind {
  const TopicName& topic;
  env::Task<Result<void>> (*make_topic)(Call&);
};
Result<Kind> kind_of(std::int8_t type) {
  if (type == kGroupKey) return Kind{cluster::kOffsetsTopic, &make_offsets_topic};
  if (type == kTransactionKey) return Kind{cluster::kTransactionsTopic, &make_transactions_topic};
  if (type == kShareKey) return Kind{cluster::kShareStateTopic, &make_share_state_topic};
  return fail(
      ErrorCode::InvalidRequest,
      "a coordinator is for a group (0), a transactional id (1) or a share group's state (2)");
}

// "GROUP:TOPIC-ID:PARTITION"; the group's name may have colons too.
std::optional<share::Key> parse_share_key(std::string_view text) {
  const std::size_t last = text.rfind(':');
  if (last == std::string_view::npos || last == 0) return {};
  const std::size_t middle = text.rfind(':', last - 1);
  if (middle == std::string_view::npos || middle == 0) return {};
  const std::optional<Uuid> topic = parse_uuid(text.substr(middle + 1, last - middle - 1));
  const std::string_view digits = text.substr(last + 1);
  std::int32_t partition = -1;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), partition);
  const bool whole = read.ec == std::errc{} && read.ptr == digits.data() + digits.size();
  if (!topic || !whole || partition < 0) return {};
  return share::Key{GroupId{std::string(text.substr(0, middle))}, TopicId{*topic},
                    PartitionIndex{partition}};
}

Result<PartitionIndex> partition_of(std::int8_t type, const std::string& key, std::int32_t count) {
  // By the name's hash, as Kafka has it for both.
  if (type == kGroupKey || type == kTransactionKey) {
    return GroupCoordinator::partition_of(GroupId{key}, count);
  }
  const std::optional<share::Key> parsed = parse_share_key(key);
  if (parsed) return ShareCoordinator::partition_of(*parsed, count);
  return fail(ErrorCode::InvalidRequest, "a share key is GROUP:TOPIC-ID:PARTITION");
}

// All coordinators are here: one broker leads every partition.
env::Task<Result<void>> prepare(Call& call, std::int8_t type) {
  CO_TRY(const Kind kind, kind_of(type));
  if (call.engine().image()->find(kind.topic)) co_return Result<void>{};
  Result<void> made = co_await kind.make_topic(call);
  co_return made;
}

Coordinator answer_one(Call& call, std::int8_t type, const std::string& key) {
  const Result<Kind> kind = kind_of(type);
  const cluster::Topic* topic = kind ? call.engine().image()->find(kind->topic) : nullptr;
  const auto count = topic ? static_cast<std::int32_t>(topic->partitions.size()) : 1;
  const Result<PartitionIndex> index = partition_of(type, key, count);
  if (!index) return refused(key, index.error());
  const cluster::Partition* partition = topic ? topic->find(*index) : nullptr;
  const BrokerId self = call.engine().node().id;
  if (!partition || partition->leader != self) {
    return refused(key, {ErrorCode::CoordinatorNotAvailable, "nobody leads the key's partition"});
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
    return ready ? answer_one(call, request.key_type, key) : refused(key, ready.error());
  };
  if (call.version() < kManyKeys) co_return with_one(answer(request.key));
  Response response;
  for (const std::string& key : request.coordinator_keys) {
    response.coordinators.push_back(answer(key));
  }
  co_return response;
}

}  // namespace broker

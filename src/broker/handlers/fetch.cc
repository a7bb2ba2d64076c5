// Gives consumers record batches, and waits for some where there are none yet (long poll).
//
// All partitions are asked at once, each on the shard that owns it. If too little comes together,
// those that had nothing tell the fetch's watch when they have, and are asked again; the others'
// answers stand. The answer's records are runs of files: their bytes never pass through here.
#include "wire/001_fetch.h"

#include <algorithm>

#include "broker/engine.h"
#include "broker/handlers/handlers.h"
#include "broker/metrics.h"

namespace broker {
namespace {

using Request = wire::FetchRequest;
using Response = wire::FetchResponse;
using Data = Response::PartitionData;

constexpr wire::Version kFirstById = 13;

// What came of asking one partition.
struct Found {
  FetchWanted wanted;
  Isolation isolation = Isolation::ReadUncommitted;
  Engine* owner = nullptr;  // None: the partition is not known here.
  TopicId topic = {};
  ErrorCode error = ErrorCode::None;
  Fetched data{};
};

FetchSessions::Request session_request(const Request& request, wire::Version version) {
  const bool by_id = version >= kFirstById;
  FetchSessions::Request wanted{
      .session_id = request.session_id, .epoch = request.session_epoch, .by_id = by_id};
  for (const Request::FetchTopic& topic : request.topics) {
    for (const Request::FetchPartition& p : topic.partitions) {
      wanted.wanted.push_back({.key = {topic.topic_id, topic.topic, p.partition},
                               .offset = p.fetch_offset,
                               .current_leader_epoch = p.current_leader_epoch,
                               .last_fetched_epoch = p.last_fetched_epoch,
                               .max_bytes = p.partition_max_bytes});
    }
  }
  for (const Request::ForgottenTopic& topic : request.forgotten_topics_data) {
    for (const PartitionIndex index : topic.partitions) {
      wanted.forgotten.push_back({topic.topic_id, topic.topic, index});
    }
  }
  return wanted;
}

Found locate(Call& call, FetchWanted wanted, Isolation isolation) {
  const bool by_id = call.version() >= kFirstById;
  const cluster::Topic* topic =
      by_id ? call.image().find(wanted.key.id) : call.image().find(wanted.key.name);
  Found found{.wanted = std::move(wanted), .isolation = isolation};
  if (!topic) {
    found.error = by_id ? ErrorCode::UnknownTopicId : ErrorCode::UnknownTopicOrPartition;
  } else if (!topic->find(found.wanted.key.partition)) {
    found.error = ErrorCode::UnknownTopicOrPartition;
  } else {
    found.topic = topic->id;
    found.owner = &call.engine().node().owner_of(topic->id, found.wanted.key.partition);
  }
  return found;
}

// Runs on the owner's shard. `found` lives in the handler's frame; only constants of it are read.
env::Task<Result<Fetched>> look(const Found& found, std::shared_ptr<FetchWatch> watch,
                                std::size_t item) {
  const std::shared_ptr<Partition> partition =
      found.owner->find(found.topic, found.wanted.key.partition);
  if (!partition) co_return fail(ErrorCode::UnknownTopicOrPartition);
  const FetchFrom from{.offset = found.wanted.offset,
                       .current_leader_epoch = found.wanted.current_leader_epoch,
                       .max_bytes = static_cast<std::size_t>(std::max(found.wanted.max_bytes, 0)),
                       .isolation = found.isolation};
  co_return co_await partition->fetch(from, std::move(watch), item);
}

env::Task<void> ask_one(Call& call, std::vector<Found>& all, std::size_t item,
                        std::shared_ptr<FetchWatch> watch) {
  const Found* const found = &all[item];
  Result<Fetched> fetched = co_await call.on<Result<Fetched>>(
      found->owner->shard(), [found, watch, item] { return look(*found, watch, item); });
  all[item].error = fetched ? ErrorCode::None : fetched.error().code;
  if (fetched) all[item].data = std::move(*fetched);
}

// Asks the partitions `items` of `all`, each at its owner.
env::Task<void> ask_all(Call& call, std::vector<Found>& all, std::vector<std::size_t> items,
                        std::shared_ptr<FetchWatch> watch) {
  env::Gate gate(call.shard());
  for (const std::size_t item : items) {
    if (all[item].owner) gate.spawn(ask_one(call, all, item, watch));
  }
  co_await gate.drain();
}

// Keeps to the request's byte limit: the first partition with data gives it all the same, or a
// batch larger than the limit could never be read.
std::int64_t trim(std::vector<Found>& all, std::int64_t limit) {
  std::int64_t total = 0;
  for (Found& found : all) {
    const auto size = static_cast<std::int64_t>(found.data.slice.size);
    if (size == 0) continue;
    if (total > 0 && total + size > limit) {
      found.data.slice = {};
      found.data.aborted.clear();
    } else {
      total += size;
    }
  }
  return total;
}

bool is_known(const Found& found) { return found.owner != nullptr; }

// An error of a partition's log is told at once. What is not known here at all is not worth an
// early answer: a client whose metadata is old would ask again and again.
bool any_error(const std::vector<Found>& all) {
  return std::ranges::any_of(
      all, [](const Found& f) { return is_known(f) && f.error != ErrorCode::None; });
}

std::int64_t bytes_of(const std::vector<Found>& all) {
  std::int64_t total = 0;
  for (const Found& found : all) total += static_cast<std::int64_t>(found.data.slice.size);
  return total;
}

struct Patience {
  std::int64_t min_bytes = 0;
  Duration max_wait = {};
};

env::Task<std::vector<Found>> collect(Call& call, std::vector<FetchWanted> wanted,
                                      Isolation isolation, Patience patience) {
  const auto [min_bytes, max_wait] = patience;
  std::vector<Found> all;
  std::vector<std::size_t> items;
  for (FetchWanted& w : wanted) {
    items.push_back(all.size());
    all.push_back(locate(call, std::move(w), isolation));
  }
  const Instant deadline = call.shard().now() + max_wait;
  std::shared_ptr<FetchWatch> watch;
  // With nothing to wait for (a consumer that closes its session asks for nothing) the answer is
  // due at once.
  const bool may_wait = max_wait > Duration{} && min_bytes > 0 && !call.engine().stopping();
  if (may_wait && std::ranges::any_of(all, is_known)) {
    watch = std::make_shared<FetchWatch>(call.shard());
    call.engine().add_watch(call.client().connection, watch);
  }
  co_await ask_all(call, all, items, watch);
  while (watch && bytes_of(all) < min_bytes && !any_error(all)) {
    items = co_await watch->wait_until(deadline);
    if (items.empty()) break;
    co_await ask_all(call, all, items, watch);
  }
  co_return all;
}

Data to_data(Call& call, Found& found) {
  Data data{.partition_index = found.wanted.key.partition};
  data.error_code = found.error;
  data.high_watermark = Offset{-1};
  if (found.error != ErrorCode::None) {
    data.records = wire::Records{};
    return data;
  }
  data.high_watermark = found.data.high_watermark;
  data.last_stable_offset = found.data.last_stable;
  data.log_start_offset = found.data.log_start;
  wire::Records records{.bytes = {}, .elsewhere = found.data.slice.size};
  if (records.elsewhere > 0) records.token = call.attach(std::move(found.data.slice.runs));
  data.records = records;
  if (found.isolation == Isolation::ReadCommitted) {
    data.aborted_transactions.emplace();
    for (const logs::AbortedTxn& txn : found.data.aborted) {
      data.aborted_transactions->push_back(
          {.producer_id = txn.producer, .first_offset = txn.first});
    }
  }
  return data;
}

// Whether an answer within a session has to name this partition.
bool is_news(const FetchSession& session, const Found& found) {
  if (found.error != ErrorCode::None || found.data.slice.size > 0) return true;
  const FetchTold* told = session.find_told(found.wanted.key);
  return !told || *told != FetchTold{found.data.high_watermark, found.data.log_start};
}

void add(Response& response, const FetchKey& key, Data data) {
  const bool same = !response.responses.empty() && response.responses.back().topic == key.name &&
                    response.responses.back().topic_id == key.id;
  if (!same) {
    Response::FetchableTopicResponse topic;
    topic.topic = key.name;
    topic.topic_id = key.id;
    response.responses.push_back(std::move(topic));
  }
  response.responses.back().partitions.push_back(std::move(data));
}

Response compose(Call& call, const FetchScope& scope, std::vector<Found> all) {
  Response response;
  if (scope.session) response.session_id = scope.session->id();
  for (Found& found : all) {
    const bool news = !scope.only_changes || is_news(*scope.session, found);
    if (scope.session && found.error == ErrorCode::None) {
      scope.session->told(found.wanted.key, {found.data.high_watermark, found.data.log_start},
                          found.data.slice.size > 0);
    }
    if (!news) continue;
    const FetchKey key = found.wanted.key;
    Data data = to_data(call, found);
    add(response, key, std::move(data));
  }
  return response;
}

}  // namespace

env::Task<Response> fetch(Call& call, Request request) {
  Engine& engine = call.engine();
  Result<FetchScope> scope = engine.fetch_sessions().open(
      session_request(request, call.version()), call.shard().now(), call.shard().random());
  if (!scope) {
    Response refused;
    refused.error_code = scope.error().code;
    co_return refused;
  }
  const std::int64_t limit =
      std::min<std::int64_t>(request.max_bytes, call.options().max_fetch_bytes);
  const Isolation isolation =
      request.isolation_level == 0 ? Isolation::ReadUncommitted : Isolation::ReadCommitted;
  const Patience patience{.min_bytes = std::min<std::int64_t>(request.min_bytes, limit),
                          .max_wait = Millis(std::max(request.max_wait_ms, 0))};
  std::vector<Found> all = co_await collect(call, std::move(scope->wanted), isolation, patience);
  const std::int64_t total = trim(all, limit);
  engine.metrics().counter(meters::fetched_bytes_total).add(static_cast<std::uint64_t>(total));
  co_return compose(call, *scope, std::move(all));
}

}  // namespace broker

// Acquires records for a member of a share group, and waits for some where there are none yet.
//
// What is acknowledged in the same request is carried out first, so that what a member gives back
// is there to be had. Partitions are asked one after another, each on the shard that owns it: what
// one gives is no longer asked of the next. The answer's records are runs of files.
#include "wire/078_share_fetch.h"

#include <algorithm>

#include "broker/handlers/handlers.h"
#include "broker/metrics.h"
#include "broker/share_leaders.h"
#include "broker/share_requests.h"

namespace broker {
namespace {

using Request = wire::ShareFetchRequest;
using Response = wire::ShareFetchResponse;
using Data = Response::PartitionData;
using Partitions = ShareSessions::Partitions;

constexpr std::int8_t kExactly = 1;  // Of share_acquire_mode.

// What came of asking one partition.
struct Item {
  SharedPartition where;
  Engine* owner = nullptr;  // None: the partition is not known here.
  Error error = {};
  ShareFound found = {};
};

Response refused(const Error& why) {
  Response response;
  response.error_code = why.code;
  response.error_message = why.detail;
  return response;
}

Partitions wanted_of(const Request& request) {
  Partitions all;
  for (const Request::FetchTopic& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      all.push_back({topic.topic_id, partition.partition_index});
    }
  }
  return all;
}

Partitions forgotten_of(const Request& request) {
  Partitions all;
  for (const Request::ForgottenTopic& topic : request.forgotten_topics_data) {
    for (const PartitionIndex index : topic.partitions) all.push_back({topic.topic_id, index});
  }
  return all;
}

// A request that only asks for more time must not ask for records: reading could outlast the lock.
Result<void> check_renewal(const Request& request) {
  if (!request.is_renew_ack) return {};
  const bool fetches = request.max_bytes != 0 || request.min_bytes != 0 ||
                       request.max_records != 0 || request.max_wait_ms != 0;
  if (!fetches) return {};
  return fail(ErrorCode::InvalidRequest, "a request that renews locks cannot fetch too");
}

env::Task<Result<Partitions>> move_session(ShareSessions& sessions, ShareSessionKey key,
                                           std::uint64_t connection, std::int32_t epoch,
                                           Partitions wanted, Partitions forgotten) {
  if (epoch == kEndShareSession) co_return sessions.end(key);
  if (epoch == kBeginShareSession) {
    co_return sessions.begin({key, connection, std::move(wanted)});
  }
  co_return sessions.next({key, epoch, std::move(wanted), std::move(forgotten)});
}

Item locate(Call& call, const SharedPartition& where) {
  Item item{.where = where};
  const cluster::Topic* topic = call.image().find(where.topic);
  if (!topic) {
    item.error = {ErrorCode::UnknownTopicId, "there is no topic of this id"};
  } else if (!topic->find(where.partition)) {
    item.error = {ErrorCode::UnknownTopicOrPartition, "the topic has no such partition"};
  } else {
    item.owner = &call.engine().node().owner_of(where.topic, where.partition);
  }
  return item;
}

// Runs on the owner's shard.
env::Task<Result<ShareFound>> look(Engine& owner, share::Key key, ShareWish wish,
                                   std::shared_ptr<FetchWatch> watch, std::size_t item) {
  std::shared_ptr<Partition> partition = owner.find(key.topic, key.partition);
  if (!partition) co_return fail(ErrorCode::UnknownTopicOrPartition, "the topic was deleted");
  const auto leader = owner.share_leaders().get(key, std::move(partition));
  co_return co_await leader->fetch(std::move(wish), std::move(watch), item);
}

// What of the request's limits is left.
struct Left {
  std::int64_t records = 0;
  std::int64_t bytes = 0;
};

class Collection {
 public:
  Collection(Call& call, const ShareSessionKey& who, const Request& request)
      : call_(call), who_(who), request_(request) {
    left_.records = std::max(request.max_records, 0);
    left_.bytes = std::clamp<std::int64_t>(request.max_bytes, 0, call.options().max_fetch_bytes);
  }

  env::Task<std::vector<Item>> run(Partitions partitions) {
    std::vector<std::size_t> which;
    for (const SharedPartition& where : partitions) {
      which.push_back(items_.size());
      items_.push_back(locate(call_, where));
    }
    const Instant deadline = call_.shard().now() + Millis(std::max(request_.max_wait_ms, 0));
    const bool may_wait = request_.max_wait_ms > 0 && left_.records > 0 &&
                          !call_.engine().stopping() && std::ranges::any_of(items_, is_known);
    std::shared_ptr<FetchWatch> watch;
    if (may_wait) {
      watch = std::make_shared<FetchWatch>(call_.shard());
      call_.engine().add_watch(call_.client().connection, watch);
    }
    co_await ask(std::move(which), watch);
    while (watch && !anything()) {
      which = co_await watch->wait_until(deadline);
      if (which.empty()) break;
      co_await ask(std::move(which), watch);
    }
    co_return std::move(items_);
  }

 private:
  static bool is_known(const Item& item) { return item.owner != nullptr; }
  bool anything() const {
    return std::ranges::any_of(items_, [](const Item& item) {
      return is_known(item) && (!item.found.ranges.empty() || item.error.code != ErrorCode::None);
    });
  }

  env::Task<void> ask(std::vector<std::size_t> which, std::shared_ptr<FetchWatch> watch) {
    for (const std::size_t i : which) {
      if (left_.records <= 0) co_return;
      Item& item = items_[i];
      if (!item.owner || !item.found.ranges.empty()) continue;
      ShareWish wish{.member = who_.member,
                     .most_records = left_.records,
                     .max_bytes = static_cast<std::size_t>(std::max<std::int64_t>(left_.bytes, 0)),
                     .batch_size = request_.batch_size,
                     .exactly = request_.share_acquire_mode == kExactly};
      Engine* const owner = item.owner;
      const share::Key key{who_.group, item.where.topic, item.where.partition};
      Result<ShareFound> found = co_await call_.on<Result<ShareFound>>(
          owner->shard(),
          [owner, key, wish, watch, i] { return look(*owner, key, wish, watch, i); });
      if (found) {
        for (const auto& range : found->ranges) left_.records -= length(range.range);
        left_.bytes -= static_cast<std::int64_t>(found->slice.size);
        item.found = std::move(*found);
      } else {
        item.error = found.error();
      }
    }
  }

  Call& call_;
  const ShareSessionKey& who_;
  const Request& request_;
  Left left_;
  std::vector<Item> items_;
};

class Answer {
 public:
  explicit Answer(Response& response) : response_(response) {}

  // The partition's part, made if there is none.
  Data& of(const SharedPartition& where) {
    auto topic = std::ranges::find(response_.responses, where.topic,
                                   &Response::ShareFetchableTopicResponse::topic_id);
    if (topic == response_.responses.end()) {
      Response::ShareFetchableTopicResponse fresh;
      fresh.topic_id = where.topic;
      topic = response_.responses.insert(response_.responses.end(), std::move(fresh));
    }
    auto data = std::ranges::find(topic->partitions, where.partition, &Data::partition_index);
    if (data == topic->partitions.end()) {
      Data fresh{.partition_index = where.partition};
      fresh.current_leader.leader_id = BrokerId{-1};
      fresh.current_leader.leader_epoch = kNoLeaderEpoch;
      fresh.records = wire::Records{};
      data = topic->partitions.insert(topic->partitions.end(), std::move(fresh));
    }
    return *data;
  }

  void add(const Acknowledged& acknowledged) {
    Data& data = of(acknowledged.where);
    if (acknowledged.error.code == ErrorCode::None) return;
    data.acknowledge_error_code = acknowledged.error.code;
    data.acknowledge_error_message = acknowledged.error.detail;
  }

  void add(Call& call, Item& item) {
    Data& data = of(item.where);
    if (item.error.code != ErrorCode::None) {
      data.error_code = item.error.code;
      data.error_message = item.error.detail;
      return;
    }
    if (item.found.ranges.empty()) return;
    wire::Records records{.bytes = {}, .elsewhere = item.found.slice.size};
    if (records.elsewhere > 0) records.token = call.attach(std::move(item.found.slice.runs));
    data.records = records;
    for (const share::AcquiredRange& acquired : item.found.ranges) {
      data.acquired_records.push_back(
          {acquired.range.first, acquired.range.last, acquired.delivery_count});
    }
  }

 private:
  Response& response_;
};

// Whether an answer has to name the partition.
bool is_news(const Item& item, const Partitions& named) {
  return item.error.code != ErrorCode::None || !item.found.ranges.empty() ||
         std::ranges::find(named, item.where) != named.end();
}

}  // namespace

env::Task<Response> share_fetch(Call& call, Request request) {
  Engine& engine = call.engine();
  const Result<ShareSessionKey> who = share_speaker(request.group_id, request.member_id);
  if (!who) co_return refused(who.error());
  const Result<void> sound = check_renewal(request);
  if (!sound) co_return refused(sound.error());
  std::vector<Acknowledgement> given = acknowledgements(request.topics);
  const std::int32_t epoch = request.share_session_epoch;
  if (epoch == kBeginShareSession && !given.empty()) {
    co_return refused({ErrorCode::InvalidRequest, "a new session has nothing to acknowledge"});
  }

  const Partitions named = wanted_of(request);
  const Partitions forgotten = forgotten_of(request);
  const std::uint64_t connection = call.client().connection;
  const ShareSessionKey& key = *who;
  if (epoch == kBeginShareSession) engine.note_share_session(connection, key);
  const Result<Partitions> session = co_await at_share_session<Partitions>(
      engine, key, [key, connection, epoch, named, forgotten](ShareSessions& sessions) {
        return move_session(sessions, key, connection, epoch, named, forgotten);
      });
  if (!session) co_return refused(session.error());

  Response response;
  response.acquisition_lock_timeout_ms = static_cast<std::int32_t>(
      share_options(call.image(), call.options(), key.group).limits.lock.count());
  Answer answer(response);
  const std::vector<Acknowledged> acknowledged =
      co_await acknowledge_all(engine, key, std::move(given), request.is_renew_ack);
  for (const Acknowledged& one : acknowledged) answer.add(one);
  if (epoch == kEndShareSession) {
    co_await release_all(engine, key, *session);
    co_return response;
  }
  if (request.is_renew_ack) co_return response;

  Collection collection(call, key, request);
  std::vector<Item> items = co_await collection.run(*session);
  std::uint64_t bytes = 0;
  for (Item& item : items) {
    bytes += item.found.slice.size;
    if (is_news(item, named)) answer.add(call, item);
  }
  engine.metrics().counter(meters::fetched_bytes_total).add(bytes);
  co_return response;
}

}  // namespace broker

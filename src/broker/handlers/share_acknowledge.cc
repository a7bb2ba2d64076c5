// Says what became of records that a member of a share group had acquired.
#include "wire/079_share_acknowledge.h"

#include <algorithm>

#include "broker/handlers/handlers.h"
#include "broker/share_options.h"
#include "broker/share_requests.h"

namespace broker {
namespace {

using Request = wire::ShareAcknowledgeRequest;
using Response = wire::ShareAcknowledgeResponse;
using Topic = Response::ShareAcknowledgeTopicResponse;
using Partitions = ShareSessions::Partitions;

Response refused(const Error& why) {
  Response response;
  response.error_code = why.code;
  response.error_message = why.detail;
  return response;
}

// A session begins with a fetch, never with an acknowledgement.
env::Task<Result<Partitions>> move_session(ShareSessions& sessions, ShareSessionKey key,
                                           std::int32_t epoch) {
  if (epoch == kEndShareSession) co_return sessions.end(key);
  if (epoch == kBeginShareSession) {
    co_return fail(ErrorCode::InvalidShareSessionEpoch, "only a fetch begins a share session");
  }
  co_return sessions.next({.key = key, .epoch = epoch});
}

void add(Response& response, const Acknowledged& acknowledged) {
  auto topic = std::ranges::find(response.responses, acknowledged.where.topic, &Topic::topic_id);
  if (topic == response.responses.end()) {
    Topic fresh;
    fresh.topic_id = acknowledged.where.topic;
    topic = response.responses.insert(response.responses.end(), std::move(fresh));
  }
  Response::PartitionData data{.partition_index = acknowledged.where.partition};
  data.current_leader.leader_id = BrokerId{-1};
  data.current_leader.leader_epoch = kNoLeaderEpoch;
  if (acknowledged.error.code != ErrorCode::None) {
    data.error_code = acknowledged.error.code;
    data.error_message = acknowledged.error.detail;
  }
  topic->partitions.push_back(std::move(data));
}

}  // namespace

env::Task<Response> share_acknowledge(Call& call, Request request) {
  Engine& engine = call.engine();
  const Result<ShareSessionKey> who = share_speaker(request.group_id, request.member_id);
  if (!who) co_return refused(who.error());
  const ShareSessionKey& key = *who;
  const std::int32_t epoch = request.share_session_epoch;
  const Result<Partitions> session = co_await at_share_session<Partitions>(
      engine, key,
      [key, epoch](ShareSessions& sessions) { return move_session(sessions, key, epoch); });
  if (!session) co_return refused(session.error());

  Response response;
  response.acquisition_lock_timeout_ms = static_cast<std::int32_t>(
      share_options(call.image(), call.options(), key.group).limits.lock.count());
  const std::vector<Acknowledged> outcomes =
      co_await acknowledge_all(engine, key, acknowledgements(request.topics), request.is_renew_ack);
  for (const Acknowledged& one : outcomes) add(response, one);
  if (epoch == kEndShareSession) co_await release_all(engine, key, *session);
  co_return response;
}

}  // namespace broker

#include "broker/share_requests.h"

#include "broker/node.h"
#include "broker/share_leaders.h"
#include "cluster/image.h"
#include "env/sync.h"

namespace broker {
namespace {

constexpr std::size_t kLongestMember = 36;  // A UUID's text, which clients make up themselves.

// Runs on the shard that owns the partition.
env::Task<Result<void>> acknowledge_here(Engine& owner, ShareSessionKey who, Acknowledgement what,
                                         bool may_renew) {
  const auto leader =
      owner.share_leaders().find({who.group, what.where.topic, what.where.partition});
  if (!leader) {
    co_return fail(ErrorCode::UnknownTopicOrPartition,
                   "nothing of the partition is acquired by the group");
  }
  co_return co_await leader->acknowledge(who.member, std::move(what.batches), may_renew);
}

env::Task<Result<void>> release_here(Engine& owner, ShareSessionKey who, SharedPartition where) {
  const auto leader = owner.share_leaders().find({who.group, where.topic, where.partition});
  if (!leader) co_return Result<void>{};
  co_return co_await leader->release(who.member);
}

env::Task<Acknowledged> acknowledge_one(Engine& here, ShareSessionKey who, Acknowledgement what,
                                        bool may_renew) {
  Acknowledged outcome{what.where};
  const cluster::ImagePtr image = here.image();
  const cluster::Topic* topic = image->find(what.where.topic);
  if (!topic || !topic->find(what.where.partition)) {
    outcome.error = {topic ? ErrorCode::UnknownTopicOrPartition : ErrorCode::UnknownTopicId,
                     "there is no such partition"};
    co_return outcome;
  }
  Engine* const owner = &here.node().owner_of(what.where.topic, what.where.partition);
  const Result<void> done = co_await env::ask<Result<void>>(
      here.shard(), owner->shard(), [owner, who, what = std::move(what), may_renew]() mutable {
        return acknowledge_here(*owner, who, std::move(what), may_renew);
      });
  if (!done) outcome.error = done.error();
  co_return outcome;
}

env::Task<bool> forget_here(Engine& engine, GroupId group) {
  engine.share_leaders().forget_group(group);
  engine.share_sessions().forget_group(group);
  co_return true;
}

env::Task<Result<ShareSessions::Partitions>> end_here(ShareSessions& sessions, ShareSessionKey key,
                                                      std::uint64_t connection) {
  co_return sessions.end_of(key, connection);
}

env::Task<Result<ShareSessions::Partitions>> end_any(ShareSessions& sessions, ShareSessionKey key) {
  co_return sessions.end(key);
}

}  // namespace

Result<ShareSessionKey> share_speaker(const std::optional<GroupId>& group,
                                      const std::optional<MemberId>& member) {
  if (!group || group->value.empty()) {
    return fail(ErrorCode::InvalidRequest, "the request names no group");
  }
  if (!member || member->value.empty() || member->value.size() > kLongestMember) {
    return fail(ErrorCode::InvalidRequest, "a member's id has 1 to 36 characters");
  }
  return ShareSessionKey{*group, *member};
}

Engine& session_home(const Node& node, const ShareSessionKey& key) {
  const std::size_t spread =
      std::hash<GroupId>{}(key.group) * 31 + std::hash<MemberId>{}(key.member);
  return *node.engines[spread % node.engines.size()];
}

env::Task<std::vector<Acknowledged>> acknowledge_all(Engine& here, ShareSessionKey who,
                                                     std::vector<Acknowledgement> all,
                                                     bool may_renew) {
  std::vector<env::Task<Acknowledged>> tasks;
  for (Acknowledgement& one : all) {
    tasks.push_back(acknowledge_one(here, who, std::move(one), may_renew));
  }
  co_return co_await env::all(here.shard(), std::move(tasks));
}

env::Task<void> release_all(Engine& here, ShareSessionKey who, ShareSessions::Partitions from) {
  for (const SharedPartition& where : from) {
    Engine* const owner = &here.node().owner_of(where.topic, where.partition);
    // What cannot be written stays acquired until its lock runs out.
    const Result<void> released = co_await env::ask<Result<void>>(
        here.shard(), owner->shard(),
        [owner, who, where] { return release_here(*owner, who, where); });
    if (!released) co_return;
  }
}

env::Task<void> end_share_session(Engine& here, ShareSessionKey key, std::uint64_t connection) {
  if (here.stopping()) co_return;
  const Result<ShareSessions::Partitions> had =
      co_await at_share_session<ShareSessions::Partitions>(
          here, key, [key, connection](ShareSessions& sessions) {
            return end_here(sessions, key, connection);
          });
  if (had) co_await release_all(here, key, *had);
}

env::Task<void> end_share_member(Engine& here, ShareSessionKey key) {
  const Result<ShareSessions::Partitions> had =
      co_await at_share_session<ShareSessions::Partitions>(
          here, key, [key](ShareSessions& sessions) { return end_any(sessions, key); });
  if (had) co_await release_all(here, key, *had);
}

env::Task<void> forget_share_group(Engine& here, GroupId group) {
  for (const auto& engine : here.node().engines) {
    Engine* const at = engine.get();
    const bool forgotten = co_await env::ask<bool>(here.shard(), at->shard(),
                                                   [at, group] { return forget_here(*at, group); });
    if (!forgotten) co_return;
  }
}

}  // namespace broker

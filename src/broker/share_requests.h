// What the share APIs have in common: who speaks, what was acknowledged, and sessions that end.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "broker/call.h"
#include "broker/engine.h"
#include "broker/share_sessions.h"
#include "share/share_partition.h"

namespace broker {

// InvalidRequest where a request does not say, or not in Kafka's form, whose it is.
Result<ShareSessionKey> share_speaker(const std::optional<GroupId>& group,
                                      const std::optional<MemberId>& member);

// The engine that has a member's session.
Engine& session_home(const Node& node, const ShareSessionKey& key);

// Asks a share session, wherever it lives.
template <class T, class Use>
env::Task<Result<T>> at_share_session(Engine& here, ShareSessionKey key, Use use) {
  Engine* const home = &session_home(here.node(), key);
  Result<T> answer = co_await env::ask<Result<T>>(
      here.shard(), home->shard(),
      [home, use = std::move(use)]() mutable { return use(home->share_sessions()); });
  co_return answer;
}

struct Acknowledgement {
  SharedPartition where;
  std::vector<share::AcknowledgeBatch> batches = {};
};

// What a request acknowledges; ShareFetch and ShareAcknowledge say it alike.
template <class Topics>
std::vector<Acknowledgement> acknowledgements(Topics& topics) {
  std::vector<Acknowledgement> all;
  for (auto& topic : topics) {
    for (auto& partition : topic.partitions) {
      if (partition.acknowledgement_batches.empty()) continue;
      Acknowledgement& one =
          all.emplace_back(SharedPartition{topic.topic_id, partition.partition_index});
      for (auto& batch : partition.acknowledgement_batches) {
        one.batches.push_back(
            {{batch.first_offset, batch.last_offset}, std::move(batch.acknowledge_types)});
      }
    }
  }
  return all;
}

struct Acknowledged {
  SharedPartition where;
  Error error = {};
};
// Carries all of it out, each where its partition lives, and returns when it is durable.
env::Task<std::vector<Acknowledged>> acknowledge_all(Engine& here, ShareSessionKey who,
                                                     std::vector<Acknowledgement> all,
                                                     bool may_renew);

// Frees what a member has of the partitions.
env::Task<void> release_all(Engine& here, ShareSessionKey who, ShareSessions::Partitions from);
// The connection that a session began on has ended.
env::Task<void> end_share_session(Engine& here, ShareSessionKey key, std::uint64_t connection);
// A member has left its group.
env::Task<void> end_share_member(Engine& here, ShareSessionKey key);
// Has every shard begin the group anew from what is stored.
env::Task<void> forget_share_group(Engine& here, GroupId group);

}  // namespace broker

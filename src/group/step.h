// What moves a group, and what it wants done. The runtime (broker/coordinator_partition.h) feeds
// events and carries out effects; its duties are:
//
//   1. append `records` as one batch, before anything of a later step;
//   2. arm and cancel `timers` at once: a key has one timer, arming replaces it. When one fires, it
//      comes back as TimerFired with the same key;
//   3. hold `replies` back until the records of this step, and of earlier steps of the same group,
//      are durable. A reply may answer a request that has waited since an earlier step;
//   4. if an append fails, drop the partition's groups, answer everyone who waits
//      NotCoordinator, and load the groups again from the log: nothing is undone in memory.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "cluster/image.h"
#include "group/classic_events.h"
#include "group/consumer_events.h"
#include "group/happening.h"
#include "group/record.h"
#include "group/share_events.h"
#include "group/terms.h"

namespace group {

enum class TimerKind : std::uint8_t {
  Session,     // A member has been silent.
  JoinPhase,   // The members had long enough to join.
  SyncPhase,   // The members had long enough to take up their assignments.
  Revocation,  // A member had long enough to let go of partitions.
  Assignment,  // The work may be shared out again.
};
struct TimerKey {
  TimerKind kind;
  MemberId member = {};  // Of a session or a revocation.
  auto operator<=>(const TimerKey&) const = default;
};
struct TimerFired {
  TimerKey key;
};

// Topics of these names came, went, or are others than they were.
struct TopicsChanged {
  std::set<TopicName> names;
};

// The first are for classic groups, then those for consumer and share groups; the last are for all.
using Event = std::variant<Join, Sync, Heartbeat, Leave, ConsumerHeartbeat, ShareHeartbeat,
                           ShareBegun, TimerFired, TopicsChanged>;

using Answer =
    std::variant<JoinReply, SyncReply, HeartbeatReply, LeaveReply, ConsumerReply, ShareReply>;

struct Reply {
  Token to;
  Answer answer;
};

// Arms the key's timer to fire after a while, or cancels it.
struct TimerChange {
  TimerKey key;
  std::optional<Millis> after = {};
};

struct Effects {
  std::vector<Record> records = {};
  std::vector<TimerChange> timers = {};
  std::vector<Reply> replies = {};
  std::vector<Happening> happened = {};  // For people to read.
};

// Over which way groups may go while they have members (migrate.h).
enum class Migration : std::uint8_t { Disabled, Upgrade, Downgrade, Bidirectional };

// The options that bound groups of the consumer protocol.
struct ConsumerLimits {
  Millis session{45'000};                 // group.consumer.session.timeout.ms
  Millis heartbeat{5'000};                // group.consumer.heartbeat.interval.ms
  Millis soonest_heartbeat{250};          // While the group is in motion.
  std::size_t most_members = 2147483647;  // group.consumer.max.size
  // The first is for members that do not choose.
  std::vector<std::string> assignors = {"uniform", "range"};  // group.consumer.assignors
  Migration migration = Migration::Bidirectional;             // group.consumer.migration.policy
  Millis regex_refresh{600'000};   // group.consumer.regex.refresh.interval.ms
  std::size_t most_regexes = 100;  // Different ones, of a group.
  // How long a group rests after its work was shared out, so that many who come at once do not cost
  // a whole assignment each.
  Millis rest_per_member{1};
  Millis most_rest{1'000};
};

// The options that bound share groups.
struct ShareLimits {
  Millis session{45'000};          // group.share.session.timeout.ms
  Millis heartbeat{5'000};         // group.share.heartbeat.interval.ms
  std::size_t most_members = 200;  // group.share.max.size
};

// The options that bound groups.
struct Limits {
  Millis least_session{6'000};            // group.min.session.timeout.ms
  Millis most_session{1'800'000};         // group.max.session.timeout.ms
  Millis initial_delay{3'000};            // group.initial.rebalance.delay.ms
  std::size_t most_members = 2147483647;  // group.max.size
  // How long an unanswered join of a new member is kept: it cannot send heartbeats yet.
  Millis new_member_join{300'000};
  // Ids given out and not used yet, so that asking for ids cannot fill the memory.
  std::size_t most_reserved = 10'000;
  std::size_t most_metadata = 4'096;         // offset.metadata.max.bytes
  Millis retention{7LL * 24 * 3600 * 1000};  // offsets.retention.minutes
  Millis expiry_check{600'000};              // offsets.retention.check.interval.ms
  ConsumerLimits consumer = {};
  ShareLimits share = {};
};

// What a step may look at beside the group.
struct World {
  const cluster::Image& image;
  const Limits& limits;
  Timestamp now;
};

}  // namespace group

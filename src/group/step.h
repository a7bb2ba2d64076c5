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
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/named.h"
#include "base/result.h"
#include "base/time.h"
#include "group/record.h"

namespace group {

// Names a request until it is answered.
using Token = Named<std::uint64_t, struct TokenTag>;

struct Protocol {
  std::string name;
  ByteVector metadata;
  bool operator==(const Protocol&) const = default;
};

// Who speaks: a member by its id and, if it keeps its place over restarts, its instance.
struct Identity {
  MemberId member;
  std::optional<InstanceId> instance = {};
};

struct Join {
  Token token;
  Identity who;       // An empty member id asks for one.
  MemberId fresh_id;  // What the member gets to be called, should it need an id.
  std::string client_id = {};
  std::string client_host = {};
  Millis session_timeout{};
  Millis rebalance_timeout{};
  std::string protocol_type = {};
  std::vector<Protocol> protocols = {};  // The one it likes best first.
  // What the version of the request implies.
  bool must_know_its_id = false;     // v4 on (KIP-394): an unknown member is told its id first.
  bool can_skip_assignment = false;  // v9 on: a leader can be told not to assign.
};

struct Assignment {
  MemberId member;
  ByteVector bytes;
};

struct Sync {
  Token token;
  Identity who;
  Generation generation;
  std::optional<std::string> protocol_type = {};  // None: the client is too old to say.
  std::optional<std::string> protocol = {};
  std::vector<Assignment> assignments = {};  // From the leader only.
};

struct Heartbeat {
  Token token;
  Identity who;
  Generation generation;
};

struct Leave {
  Token token;
  std::vector<Identity> members;  // An empty member id takes the instance out, whoever it is.
};

enum class TimerKind : std::uint8_t {
  Session,    // A member has been silent.
  JoinPhase,  // The members had long enough to join.
  SyncPhase,  // The members had long enough to take up their assignments.
};
struct TimerKey {
  TimerKind kind;
  MemberId member = {};  // Of a session.
  auto operator<=>(const TimerKey&) const = default;
};
struct TimerFired {
  TimerKey key;
};

using Event = std::variant<Join, Sync, Heartbeat, Leave, TimerFired>;

struct JoinedMember {
  MemberId id;
  std::optional<InstanceId> instance = {};
  ByteVector metadata = {};
};
struct JoinReply {
  ErrorCode error = ErrorCode::None;
  Generation generation = kNoGeneration;
  std::optional<std::string> protocol_type = {};
  std::optional<std::string> protocol = {};
  MemberId leader = {};
  bool skip_assignment = false;
  MemberId member = {};
  std::vector<JoinedMember> members = {};  // For the leader.
};
struct SyncReply {
  ErrorCode error = ErrorCode::None;
  std::optional<std::string> protocol_type = {};
  std::optional<std::string> protocol = {};
  ByteVector assignment = {};
};
struct HeartbeatReply {
  ErrorCode error = ErrorCode::None;
};
struct LeaveReply {
  struct Left {
    Identity who;
    ErrorCode error = ErrorCode::None;
  };
  std::vector<Left> members = {};
};
using Answer = std::variant<JoinReply, SyncReply, HeartbeatReply, LeaveReply>;

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
};

}  // namespace group

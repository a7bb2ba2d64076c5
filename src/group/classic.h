// A classic consumer group: the members agree on a protocol, one of them (the leader) assigns the
// work, and whenever someone comes or goes all join again.
//
//   Empty ──join──> PreparingRebalance ──all joined, or time over──> CompletingRebalance
//     ^                 ^  |                                           |        |
//     |                 |  └─nobody is left─> Empty                    |        └─leader's sync─>
//     Stable |                 └─────member joins anew, leaves,
//     fails─────────┴──────────────────────────┘
//
// Durable is a generation, as a whole: the log gets a StoredGeneration when the leader has
// assigned, when a static member takes its old place, and when the group becomes empty. Who is
// joining, who waits for what, and the timers are transient: after a restart a group is Stable in
// its last stored generation (or Empty), and everyone else joins again. So `step` changes the group
// in place rather than through records; `restore` is its counterpart at loading. What was stored
// comes back whole: stored(restore(id, s)) == s.
//
// Invariants: `instances`, `support` and `joining` follow from `members`; only members wait for
// joins and syncs; a group without members has no leader; a waiting request is answered exactly
// once, also when its member leaves or fails.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "group/step.h"

namespace group {

enum class State : std::uint8_t { Empty, PreparingRebalance, CompletingRebalance, Stable };
std::string_view to_text(State state);

inline constexpr std::string_view kConsumerProtocol = "consumer";

struct Member {
  MemberId id;
  std::optional<InstanceId> instance = {};
  std::string client_id = {};
  std::string client_host = {};
  Millis session_timeout{};
  Millis rebalance_timeout{};
  std::vector<Protocol> protocols = {};
  ByteVector assignment = {};

  std::optional<Token> joining = {};  // Its join waits for the others.
  std::optional<Token> syncing = {};  // Its sync waits for the leader.
  bool fresh = false;                 // Never was in a generation: it may not know its id.

  Bytes metadata(const std::string& protocol) const;  // Empty if it does not speak the protocol.
};

struct Classic {
  GroupId id;
  State state = State::Empty;
  Timestamp since = kNoTimestamp;  // When it took up its state.
  Generation generation{0};
  std::optional<std::string> protocol_type = {};  // None: it only stores offsets.
  std::optional<std::string> protocol = {};  // None before the first generation and when empty.
  std::optional<MemberId> leader = {};
  std::map<MemberId, Member> members = {};
  std::map<InstanceId, MemberId> instances = {};

  std::map<std::string, std::size_t> support = {};  // By how many members a protocol is spoken.
  std::size_t joining = 0;                          // Members whose join waits.
  std::set<MemberId> reserved = {};                 // Ids given out, not joined with yet.
  std::set<MemberId> unsynced = {};  // Members of the generation that have not synced.

  // While the first members gather: how much longer the delay may be drawn out, and whether
  // somebody has come since it was last drawn out.
  std::optional<Millis> gathering = {};
  bool grew = false;

  const Member* find(const MemberId& member) const;
  bool is_leader(const MemberId& member) const { return leader && *leader == member; }
  bool speaks_consumer() const { return protocol_type && *protocol_type == kConsumerProtocol; }
};

// Moves the group by one event at `now`. Every request in an event is answered, then or later.
Effects step(Classic& group, const Event& event, const Limits& limits, Timestamp now);

// What the log has to know of the group as it stands.
StoredGeneration stored(const Classic& group);
// The group that wrote `generation`.
Classic restore(const GroupId& id, const StoredGeneration& generation);
// Takes up its work: the timers of its members. A group that is larger than it may be by now is
// rebalanced.
Effects resume(Classic& group, const Limits& limits, Timestamp now);

// Why `who` may not commit offsets. A generation of -1 comes from clients that assign themselves.
std::optional<ErrorCode> refuse_commit(const Classic& group, const Identity& who,
                                       Generation generation);
// A commit is a sign of life.
Effects hear_from(const Classic& group, const MemberId& member);

// The topics that members of a consumer group subscribe to; none where that cannot be told.
std::optional<std::set<TopicName>> subscriptions(const Classic& group);

}  // namespace group

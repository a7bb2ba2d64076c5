// A group of the consumer protocol (KIP-848): each member tells in heartbeats what it subscribes to
// and what it owns, and the coordinator brings everyone, each at its own pace, to a target.
//
//   group epoch    grows when members, subscriptions or topics change.
//   target         who shall have which partitions in the end; made for a group epoch.
//   member epoch   the last target epoch to which a member has given up all it had to give up.
//
// All of it is in the log: state moves by `apply` alone, live and at loading, and after a restart
// the group goes on where it was. A step decides in phases, each of which sees what the one before
// has applied (consumer_turn.h).
//
// Invariants: a partition has one holder at most, and what a member has yet to let go of counts as
// held; `instances`, `holders`, `settled`, `subscribers` and `regex_users` follow from what is
// stored. `apply` takes whatever a log may say.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "group/consumer_record.h"
#include "group/regex.h"
#include "group/step.h"

namespace group {

struct ConsumerMember {
  MemberFacts facts = {};
  Holding holding = {};
  bool operator==(const ConsumerMember&) const = default;
};

// Who holds a partition: one member at most.
class Holders {
 public:
  // None: it is free.
  const MemberId* find(const TopicId& topic, PartitionIndex partition) const;
  void add(const MemberId& member, const Assigned& assigned);
  void remove(const MemberId& member, const Assigned& assigned);
  bool operator==(const Holders&) const = default;

 private:
  std::unordered_map<TopicId, std::unordered_map<PartitionIndex, MemberId>> by_topic_;
};

// What is not stored, and so does not tell groups apart.
struct Passing {
  std::optional<Timestamp> assigned_at = {};  // When work was last shared out.
  // When the group took up its epoch. Of one without members: when it became empty.
  Timestamp epoch_since = kNoTimestamp;
  std::set<MemberId> rejoining = {};                // Classic members that were told to join again.
  std::map<std::string, TopicRegex> compiled = {};  // The regular expressions in use.
  std::optional<Timestamp> resolved_at = {};        // When all of them were last looked at.
  friend bool operator==(const Passing&, const Passing&) { return true; }
};

enum class ConsumerState : std::uint8_t { Empty, Assigning, Reconciling, Stable };
std::string_view to_text(ConsumerState state);

struct Consumer {
  GroupId id;
  GroupEpoch epoch = {};
  Epoch target_epoch = {};
  std::map<MemberId, ConsumerMember> members = {};
  std::map<MemberId, Assigned> target = {};
  std::map<std::string, Resolved> regexes = {};

  std::map<InstanceId, MemberId> instances = {};
  Holders holders = {};
  std::size_t settled = 0;                              // Members that have all of the target's.
  std::map<TopicName, std::size_t> subscribers = {};    // Of topics by name.
  std::map<std::string, std::size_t> regex_users = {};  // Of regular expressions.
  Passing passing = {};

  const ConsumerMember* find(const MemberId& member) const;
  const Assigned& target_of(const MemberId& member) const;
  ConsumerState state() const;
  bool is_settled(const ConsumerMember& member) const;
  // Nothing of it is in the log.
  bool is_blank() const;
  bool operator==(const Consumer&) const = default;
};

// Moves the group by one event. Every request is answered at once.
Effects step(Consumer& group, const Event& event, const World& world);
void apply(Consumer& group, const ConsumerChange& change);

// What is wrong with a request, whatever the group. Errors: InvalidRequest.
std::optional<ConsumerReply> refuse_request(const ConsumerHeartbeat& beat);
// And with one to join or to stay, in this group.
std::optional<ConsumerReply> refuse_request(const Consumer& group, const ConsumerHeartbeat& beat,
                                            const ConsumerLimits& limits);

// Takes up the work of a group that has been loaded: timers, and what changed in the meantime.
Effects resume(Consumer& group, const World& world);

// How its work is shared out: as most members ask for.
const std::string& preferred_assignor(const Consumer& group, const ConsumerLimits& limits);

// The topics that members subscribe to, by name or by what their regular expressions match.
std::set<TopicName> subscriptions(const Consumer& group);

// Why `who` may not commit or fetch offsets. Errors: UnknownMemberId, StaleMemberEpoch,
// UnsupportedVersion for a member whose client is too old to know of epochs.
std::optional<ErrorCode> refuse_commit(const Consumer& group, const Identity& who, Epoch epoch,
                                       bool knows_epochs);
std::optional<ErrorCode> refuse_fetch(const Consumer& group, const MemberId& member, Epoch epoch);

// What takes a group without members out of the log.
std::vector<Record> farewell(const Consumer& group);

}  // namespace group

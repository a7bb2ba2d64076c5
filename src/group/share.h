// A share group (KIP-932): several members may work on one partition, so nobody waits for anybody
// to let go of anything. What each may read is shared out anew whenever members, subscriptions or
// topics change, and a member takes it up with its next heartbeat.
//
// Members only get partitions whose state the share coordinator has begun. A heartbeat that finds
// others names them (ShareReply::to_begin); whoever asked has their state begun and tells the group
// (ShareBegun).
//
// All of it is in the log: state moves by `apply` alone, live and at loading.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "group/share_record.h"
#include "group/step.h"

namespace group {

struct ShareMember {
  ShareFacts facts = {};
  ShareHolding holding = {};
  bool operator==(const ShareMember&) const = default;
};

// Whose state is being begun just now: not stored, and so does not tell groups apart.
struct ShareBeginning {
  Assigned partitions = {};
  friend bool operator==(const ShareBeginning&, const ShareBeginning&) { return true; }
};

enum class ShareState : std::uint8_t { Empty, Stable };
std::string_view to_text(ShareState state);

struct Share {
  GroupId id;
  GroupEpoch epoch = {};
  Epoch target_epoch = {};
  std::map<MemberId, ShareMember> members = {};
  std::map<MemberId, Assigned> target = {};
  ShareStates states = {};
  ShareBeginning beginning = {};

  const ShareMember* find(const MemberId& member) const;
  const Assigned& target_of(const MemberId& member) const;
  ShareState state() const;
  bool is_blank() const;
  bool operator==(const Share&) const = default;
};

// Moves the group by one event. Every request is answered at once.
Effects step(Share& group, const Event& event, const World& world);
void apply(Share& group, const ShareChange& change);

// What is wrong with a request, whatever the group. Errors: InvalidRequest.
std::optional<ShareReply> refuse_request(const ShareHeartbeat& beat);

// Takes up the work of a group that has been loaded: timers, and what changed in the meantime.
Effects resume(Share& group, const World& world);

std::set<TopicName> subscriptions(const Share& group);

// What takes a group without members out of the log.
std::vector<Record> farewell(const Share& group);

// --- What administrators do; the state itself is changed with the share coordinator
// ---------------

// Goes on to the next epoch, which is the state's from then on, as begun for these partitions too.
// Errors: NonEmptyGroup.
Result<std::vector<Record>> decide_reset(const Share& group, const ShareStates& with);
// Forgets that there is state for these topics. Errors: NonEmptyGroup.
Result<std::vector<Record>> decide_forget_states(const Share& group,
                                                 const std::set<TopicId>& topics);

}  // namespace group

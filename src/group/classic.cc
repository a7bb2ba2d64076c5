#include "group/classic.h"

#include <algorithm>

#include "base/check.h"
#include "base/probe.h"
#include "group/membership.h"
#include "group/subscription.h"

namespace group {

std::string_view to_text(State state) {
  switch (state) {
    case State::Empty:
      return "Empty";
    case State::PreparingRebalance:
      return "PreparingRebalance";
    case State::CompletingRebalance:
      return "CompletingRebalance";
    case State::Stable:
      return "Stable";
  }
  return "Unknown";
}

Bytes Member::metadata(const std::string& protocol) const {
  const auto at = std::ranges::find(protocols, protocol, &Protocol::name);
  return at == protocols.end() ? Bytes{} : Bytes(at->metadata);
}

const Member* Classic::find(const MemberId& member) const {
  const auto at = members.find(member);
  return at == members.end() ? nullptr : &at->second;
}

Effects step(Classic& group, const Event& event, const Limits& limits, Timestamp now) {
  Effects out;
  std::visit(overloaded{
                 [&](const ConsumerHeartbeat&) { check(false, "not for a classic group"); },
                 [&](const ShareHeartbeat&) { check(false, "not for a classic group"); },
                 [&](const ShareBegun&) { check(false, "not for a classic group"); },
                 [&](const TopicsChanged&) {},  // Its members look after that themselves.
                 [&](const auto& what) { on(group, what, limits, now, out); },
             },
             event);
  return out;
}

StoredGeneration stored(const Classic& group) {
  StoredGeneration generation{.protocol_type = group.protocol_type.value_or(""),
                              .generation = group.generation,
                              .protocol = group.protocol,
                              .leader = group.leader,
                              .since = group.since};
  generation.members.reserve(group.members.size());
  for (const auto& [id, member] : group.members) {
    generation.members.push_back(
        {.id = id,
         .instance = member.instance,
         .client_id = member.client_id,
         .client_host = member.client_host,
         .rebalance_timeout = member.rebalance_timeout,
         .session_timeout = member.session_timeout,
         .subscription = to_vector(member.metadata(group.protocol.value_or(""))),
         .assignment = member.assignment});
  }
  return generation;
}

Classic restore(const GroupId& id, const StoredGeneration& generation) {
  Classic group{.id = id, .since = generation.since, .generation = generation.generation};
  if (!generation.protocol_type.empty()) group.protocol_type = generation.protocol_type;
  group.protocol = generation.protocol;
  if (!generation.members.empty() && !group.protocol) group.protocol = "";
  for (const StoredMember& member : generation.members) {
    // A log that names a member or an instance twice was not written by a coordinator in its wits;
    // the first stands.
    const bool twice = group.members.contains(member.id) ||
                       (member.instance && group.instances.contains(*member.instance));
    if (twice) continue;
    add(group, {.id = member.id,
                .instance = member.instance,
                .client_id = member.client_id,
                .client_host = member.client_host,
                .session_timeout = member.session_timeout,
                .rebalance_timeout = member.rebalance_timeout,
                .protocols = {{*group.protocol, member.subscription}},
                .assignment = member.assignment});
  }
  if (generation.leader && group.find(*generation.leader)) group.leader = generation.leader;
  group.state = group.members.empty() ? State::Empty : State::Stable;
  return group;
}

Effects resume(Classic& group, const Limits& limits, Timestamp now) {
  Effects out;
  for (const auto& [id, member] : group.members) arm_session(member, out);
  if (group.members.size() > limits.most_members) {
    // The first to join again stay; the others are told that there is no room.
    prepare_rebalance(group, limits, now, out,
                      "it was loaded with " + std::to_string(group.members.size()) +
                          " members, and may have " + std::to_string(limits.most_members) +
                          " (group.max.size)");
  }
  return out;
}

std::optional<ErrorCode> refuse_commit(const Classic& group, const Identity& who,
                                       Generation generation) {
  if (generation.value < 0 && group.state == State::Empty) return {};
  if (generation.value < 0 && who.member.value.empty() && !who.instance) {
    return ErrorCode::UnknownMemberId;  // Members own these offsets, and this is none of them.
  }
  if (const auto refused = refuse_identity(group, who)) return refused;
  if (probe::planted<"a fenced member may commit">()) return {};
  if (generation != group.generation) return ErrorCode::IllegalGeneration;
  // It knows the generation, so it has joined, but does not know yet what it is to do.
  if (group.state == State::CompletingRebalance) return ErrorCode::RebalanceInProgress;
  return {};
}

Effects hear_from(const Classic& group, const MemberId& member) {
  Effects out;
  const Member* found = group.find(member);
  if (found && group.state != State::CompletingRebalance) arm_session(*found, out);
  return out;
}

std::optional<std::set<TopicName>> subscriptions(const Classic& group) {
  if (!group.speaks_consumer()) return {};
  std::set<TopicName> topics;
  for (const auto& [id, member] : group.members) {
    if (!group.protocol) return {};
    const auto subscribed = read_subscribed_topics(member.metadata(*group.protocol));
    if (!subscribed) return {};
    topics.insert(subscribed->begin(), subscribed->end());
  }
  return topics;
}

}  // namespace group

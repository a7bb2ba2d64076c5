// Joining a classic group: a newcomer, one that was told its id first (KIP-394), a static member
// coming back under a new id (KIP-345), and a member that joins again.
#include <algorithm>

#include "base/probe.h"
#include "group/membership.h"

namespace group {
namespace {

void refuse(const Join& join, ErrorCode error, MemberId named, Effects& out) {
  out.replies.push_back({join.token, JoinReply{.error = error, .member = std::move(named)}});
}

// While members gather, those that wait count: a group that is too large loses its last to come.
bool has_room(const Classic& group, const MemberId& id, const Limits& limits) {
  const Member* member = group.find(id);
  switch (group.state) {
    case State::Empty:
      return true;
    case State::PreparingRebalance:
      return (member && member->joining) || group.joining < limits.most_members;
    case State::CompletingRebalance:
    case State::Stable:
      return member || group.members.size() < limits.most_members;
  }
  return false;
}

void take_terms(Classic& group, Member& member, const Join& join) {
  set_protocols(group, member, join.protocols);
  member.session_timeout = join.session_timeout;
  member.rebalance_timeout = join.rebalance_timeout;
  member.client_id = join.client_id;
  member.client_host = join.client_host;
}

void join_anew(Classic& group, Member& member, const Join& join, const Limits& limits,
               Timestamp now, Effects& out) {
  const bool changed = member.protocols != join.protocols;
  if (changed && group.state != State::PreparingRebalance) {
    tell(out, HappeningKind::SubscriptionChanged, member.id,
         "its topics, its protocols or what it owns are others now");
  }
  take_terms(group, member, join);
  wait_for_join(group, member, join.token, out);
  rebalance(group, limits, now, out,
            changed ? "a member's subscription changed" : "the leader asked for a new assignment");
}

void add_newcomer(Classic& group, const Join& join, const MemberId& id, const Limits& limits,
                  Timestamp now, Effects& out) {
  if (group.members.empty()) group.protocol_type = join.protocol_type;
  if (group.gathering) group.grew = true;
  Member& member = add(group, {.id = id,
                               .instance = join.who.instance,
                               .client_id = join.client_id,
                               .client_host = join.client_host,
                               .session_timeout = join.session_timeout,
                               .rebalance_timeout = join.rebalance_timeout,
                               .protocols = join.protocols,
                               .fresh = true});
  out.timers.push_back({{TimerKind::Session, id}, limits.new_member_join});
  tell(out, HappeningKind::Joined, id,
       place_of(join.client_id, join.client_host, join.who.instance));
  wait_for_join(group, member, join.token, out);
  rebalance(group, limits, now, out, "a member joined");
}

void reserve_id(Classic& group, const Join& join, const Limits& limits, Effects& out) {
  if (group.reserved.size() >= limits.most_reserved) {
    refuse(join, ErrorCode::GroupMaxSizeReached, {}, out);
    return;
  }
  group.reserved.insert(join.fresh_id);
  out.timers.push_back({{TimerKind::Session, join.fresh_id}, join.session_timeout});
  refuse(join, ErrorCode::MemberIdRequired, join.fresh_id, out);
}

// Nothing changes for the others, so they need not know. The leader's successor gets what it needs
// to lead, but is told not to assign; an older client cannot be told, and hears of its predecessor
// as the leader.
void take_place_quietly(Classic& group, Member& member, const Join& join,
                        const MemberId& old_leader, Effects& out) {
  probe::reached<"classic: a static member came back unnoticed">();
  JoinReply reply = joined(group, member.id);
  if (join.can_skip_assignment) {
    reply.skip_assignment = group.is_leader(member.id);
  } else {
    reply.leader = old_leader;
    reply.members.clear();
  }
  answer_join(group, member, std::move(reply), out);
  out.records.emplace_back(GroupStored{group.id, stored(group)});
}

void come_back(Classic& group, const Join& join, const Limits& limits, Timestamp now,
               Effects& out) {
  const MemberId old_id = group.instances.at(*join.who.instance);
  const MemberId old_leader = group.leader.value_or(MemberId{});
  Member& member = replace(group, old_id, join.fresh_id, out);
  tell(out, HappeningKind::Replaced, member.id,
       "instance " + join.who.instance->value + " came back, and " + old_id.value + " is fenced");
  take_terms(group, member, join);
  arm_session(member, out);
  wait_for_join(group, member, join.token, out);

  if (group.state == State::Stable && select_protocol(group) == group.protocol) {
    take_place_quietly(group, member, join, old_leader, out);
  } else {
    // The leader may have seen the old id already and would assign to it: all join again.
    rebalance(group, limits, now, out, "a member came back that the leader may not know");
  }
}

void join_without_id(Classic& group, const Join& join, const Limits& limits, Timestamp now,
                     Effects& out) {
  if (!understands(group, join.protocol_type, join.protocols)) {
    refuse(join, ErrorCode::InconsistentGroupProtocol, {}, out);
  } else if (join.who.instance && group.instances.contains(*join.who.instance)) {
    come_back(group, join, limits, now, out);
  } else if (!join.who.instance && join.must_know_its_id) {
    reserve_id(group, join, limits, out);
  } else {
    add_newcomer(group, join, join.fresh_id, limits, now, out);
  }
}

void join_again(Classic& group, const Join& join, const Limits& limits, Timestamp now,
                Effects& out) {
  Member& member = group.members.at(join.who.member);
  const bool changed = member.protocols != join.protocols;
  // A leader that joins while all is well wants a new assignment, for topics that have changed.
  const bool wants_assignment = group.state == State::Stable && group.is_leader(member.id);
  if (group.state == State::PreparingRebalance || changed || wants_assignment) {
    join_anew(group, member, join, limits, now, out);
  } else {
    // It has missed the answer to its last join.
    probe::reached<"classic: the answer to a join was lost">();
    out.replies.push_back({join.token, joined(group, member.id)});
  }
}

void join_with_id(Classic& group, const Join& join, const Limits& limits, Timestamp now,
                  Effects& out) {
  const MemberId& id = join.who.member;
  const bool nobody_ever_came = group.state == State::Empty && group.reserved.empty() &&
                                !group.protocol_type && group.generation == Generation{0};
  if (nobody_ever_came) {
    refuse(join, ErrorCode::UnknownMemberId, id, out);
  } else if (!understands(group, join.protocol_type, join.protocols)) {
    refuse(join, ErrorCode::InconsistentGroupProtocol, id, out);
  } else if (group.reserved.contains(id) && !join.who.instance) {
    add_newcomer(group, join, id, limits, now, out);
  } else if (const auto refused = refuse_identity(group, join.who)) {
    refuse(join, *refused, id, out);
  } else {
    join_again(group, join, limits, now, out);
  }
}

}  // namespace

void on(Classic& group, const Join& join, const Limits& limits, Timestamp now, Effects& out) {
  if (join.session_timeout < limits.least_session || join.session_timeout > limits.most_session) {
    refuse(join, ErrorCode::InvalidSessionTimeout, join.who.member, out);
  } else if (!has_room(group, join.who.member, limits)) {
    if (group.find(join.who.member)) {
      tell(out, HappeningKind::Fenced, join.who.member, "the group is full (group.max.size)");
      remove(group, join.who.member, ErrorCode::GroupMaxSizeReached, out);
    }
    refuse(join, ErrorCode::GroupMaxSizeReached, {}, out);
    complete_join_if_all_joined(group, now, out);
  } else if (join.who.member.value.empty()) {
    join_without_id(group, join, limits, now, out);
  } else {
    join_with_id(group, join, limits, now, out);
  }
}

}  // namespace group

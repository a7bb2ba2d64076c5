#include "group/membership.h"

#include <algorithm>
#include <ranges>

#include "base/check.h"

namespace group {
namespace {

void count_support(Classic& group, const Member& member, bool more) {
  // A member that names a protocol twice still speaks it once.
  std::set<std::string_view> names;
  for (const Protocol& protocol : member.protocols) names.insert(protocol.name);
  for (const std::string_view name : names) {
    const auto at = group.support.try_emplace(std::string(name), 0).first;
    at->second = more ? at->second + 1 : at->second - 1;
    if (at->second == 0) group.support.erase(at);
  }
}

bool spoken_by_all(const Classic& group, const std::string& protocol) {
  const auto at = group.support.find(protocol);
  return (at == group.support.end() ? 0 : at->second) == group.members.size();
}

void forget_leader(Classic& group, const MemberId& member) {
  if (!group.is_leader(member)) return;
  group.leader.reset();
  if (!group.members.empty()) group.leader = group.members.begin()->first;
}

void refuse_waiting(Classic& group, Member& member, ErrorCode why, MemberId named, Effects& out) {
  if (member.joining) {
    out.replies.push_back({*member.joining, JoinReply{.error = why, .member = std::move(named)}});
    member.joining.reset();
    --group.joining;
  }
  if (member.syncing) {
    out.replies.push_back({*member.syncing, SyncReply{.error = why}});
    member.syncing.reset();
  }
}

}  // namespace

void tell(Effects& out, HappeningKind kind, std::optional<MemberId> member, std::string cause) {
  out.happened.push_back({kind, std::move(member), std::move(cause)});
}

std::string in_words(Millis duration) {
  const auto ms = duration.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

void enter(Classic& group, State state, Timestamp now) {
  group.state = state;
  group.since = now;
}

Member& add(Classic& group, Member member) {
  check(!group.members.contains(member.id));
  if (member.instance) {
    check(!group.instances.contains(*member.instance));
    group.instances.emplace(*member.instance, member.id);
  }
  if (!group.leader) group.leader = member.id;
  group.reserved.erase(member.id);
  count_support(group, member, true);
  const MemberId id = member.id;
  return group.members.emplace(id, std::move(member)).first->second;
}

void remove(Classic& group, const MemberId& member, ErrorCode why, Effects& out) {
  const auto at = group.members.find(member);
  check(at != group.members.end());
  const MemberId id = at->first;  // `member` may be a part of what is erased.
  refuse_waiting(group, at->second, why, {}, out);
  count_support(group, at->second, false);
  if (at->second.instance) group.instances.erase(*at->second.instance);
  group.members.erase(at);
  group.unsynced.erase(id);
  forget_leader(group, id);
  out.timers.push_back({{TimerKind::Session, id}, std::nullopt});
}

Member& replace(Classic& group, const MemberId& old_id, const MemberId& new_id, Effects& out) {
  auto node = group.members.extract(old_id);
  check(!node.empty());
  const MemberId old = node.key();
  refuse_waiting(group, node.mapped(), ErrorCode::FencedInstanceId, old, out);
  node.key() = new_id;
  node.mapped().id = new_id;
  node.mapped().fresh = false;  // Its instance shows that it is no stranger.
  group.instances[*node.mapped().instance] = new_id;
  if (group.is_leader(old)) group.leader = new_id;
  if (group.unsynced.erase(old) > 0) group.unsynced.insert(new_id);
  out.timers.push_back({{TimerKind::Session, old}, std::nullopt});
  return group.members.insert(std::move(node)).position->second;
}

void set_protocols(Classic& group, Member& member, std::vector<Protocol> protocols) {
  count_support(group, member, false);
  member.protocols = std::move(protocols);
  count_support(group, member, true);
}

void wait_for_join(Classic& group, Member& member, Token token, Effects& out) {
  if (member.joining) {
    out.replies.push_back(
        {*member.joining, JoinReply{.error = ErrorCode::RebalanceInProgress, .member = member.id}});
  } else {
    ++group.joining;
  }
  member.joining = token;
}

void wait_for_sync(Member& member, Token token, Effects& out) {
  if (member.syncing) {
    out.replies.push_back({*member.syncing, SyncReply{.error = ErrorCode::RebalanceInProgress}});
  }
  member.syncing = token;
}

void answer_join(Classic& group, Member& member, JoinReply reply, Effects& out) {
  arm_session(member, out);
  member.fresh = false;
  if (!member.joining) return;
  out.replies.push_back({*member.joining, std::move(reply)});
  member.joining.reset();
  --group.joining;
}

void answer_sync(Member& member, SyncReply reply, Effects& out) {
  if (!member.syncing) return;
  arm_session(member, out);
  out.replies.push_back({*member.syncing, std::move(reply)});
  member.syncing.reset();
}

void arm_session(const Member& member, Effects& out) {
  out.timers.push_back({{TimerKind::Session, member.id}, member.session_timeout});
}

bool all_joined(const Classic& group) {
  return group.joining == group.members.size() && group.reserved.empty();
}

Millis rebalance_timeout(const Classic& group) {
  Millis longest{0};
  for (const auto& [id, member] : group.members) {
    longest = std::max(longest, member.rebalance_timeout);
  }
  return longest;
}

std::optional<ErrorCode> refuse_identity(const Classic& group, const Identity& who) {
  if (who.instance) {
    const auto holder = group.instances.find(*who.instance);
    if (holder == group.instances.end()) return ErrorCode::UnknownMemberId;
    if (holder->second != who.member) return ErrorCode::FencedInstanceId;
  }
  if (!group.find(who.member)) return ErrorCode::UnknownMemberId;
  return {};
}

bool understands(const Classic& group, const std::string& type,
                 const std::vector<Protocol>& protocols) {
  if (group.state == State::Empty) return !type.empty() && !protocols.empty();
  return group.protocol_type == type &&
         std::ranges::any_of(protocols, [&](const Protocol& protocol) {
           return spoken_by_all(group, protocol.name);
         });
}

std::string select_protocol(const Classic& group) {
  std::map<std::string_view, std::size_t> votes;
  for (const auto& [id, member] : group.members) {
    const auto choice = std::ranges::find_if(member.protocols, [&](const Protocol& protocol) {
      return spoken_by_all(group, protocol.name);
    });
    check(choice != member.protocols.end(), "members of a group without a common protocol");
    ++votes[choice->name];
  }
  check(!votes.empty());
  const auto winner =
      std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return std::string(winner->first);
}

std::vector<JoinedMember> joined_members(const Classic& group) {
  std::vector<JoinedMember> members;
  members.reserve(group.members.size());
  for (const auto& [id, member] : group.members) {
    members.push_back({id, member.instance, to_vector(member.metadata(*group.protocol))});
  }
  return members;
}

JoinReply joined(const Classic& group, const MemberId& member) {
  return {.generation = group.generation,
          .protocol_type = group.protocol_type,
          .protocol = group.protocol,
          .leader = group.leader.value_or(MemberId{}),
          .member = member,
          .members = group.is_leader(member) ? joined_members(group) : std::vector<JoinedMember>{}};
}

}  // namespace group

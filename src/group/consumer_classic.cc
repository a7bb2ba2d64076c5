// Members of a consumer group that still speak the classic protocol: those of a group that went
// over to the newer one while they ran, and those that come to it late. To each of them the group
// looks like a classic one in which somebody else is the leader. A generation is the member's
// epoch, and whenever there is something to do for it, its heartbeat is answered with a rebalance:
// it joins anew, telling what it owns, and a sync gives it what it may have by now.
#include <algorithm>

#include "group/consumer_turn.h"
#include "group/subscription.h"

namespace group {
namespace {

constexpr std::string_view kProtocolType = "consumer";

const ClassicSide* classic_side(const Consumer& group, const MemberId& id) {
  const ConsumerMember* member = group.find(id);
  return member && member->facts.classic ? &*member->facts.classic : nullptr;
}

bool speaks(const ClassicSide& classic, const std::string& protocol) {
  return std::ranges::find(classic.protocols, protocol, &Protocol::name) != classic.protocols.end();
}

// Whether a member with these protocols would understand what the other classic members do: the
// group may have to go back.
bool understands(const Consumer& group, const Join& join) {
  if (join.protocol_type != kProtocolType || join.protocols.empty()) return false;
  const auto is_itself = [&](const MemberId& id, const MemberFacts& facts) {
    return id == join.who.member || (join.who.instance && facts.instance == join.who.instance);
  };
  return std::ranges::any_of(join.protocols, [&](const Protocol& protocol) {
    return std::ranges::all_of(group.members, [&](const auto& entry) {
      const MemberFacts& facts = entry.second.facts;
      return !facts.classic || is_itself(entry.first, facts) ||
             speaks(*facts.classic, protocol.name);
    });
  });
}

std::optional<ErrorCode> refuse(const Consumer& group, const Join& join, const Limits& limits) {
  if (join.session_timeout < limits.least_session || join.session_timeout > limits.most_session) {
    return ErrorCode::InvalidSessionTimeout;
  }
  const MemberId& id = join.who.member;
  const bool has_a_place =
      group.find(id) || (join.who.instance && group.instances.contains(*join.who.instance));
  if (group.members.size() >= limits.consumer.most_members && !has_a_place) {
    return ErrorCode::GroupMaxSizeReached;
  }
  if (!understands(group, join)) return ErrorCode::InconsistentGroupProtocol;
  if (!join.who.instance || id.value.empty()) return {};
  const auto holder = group.instances.find(*join.who.instance);
  if (holder == group.instances.end()) return ErrorCode::UnknownMemberId;
  if (holder->second != id) return ErrorCode::FencedInstanceId;
  return {};
}

void answer(Turn& turn, const Join& join, ErrorCode error, MemberId named) {
  turn.out.replies.push_back({join.token, JoinReply{.error = error, .member = std::move(named)}});
}

MemberFacts facts_of(const Join& join, Subscription subscription) {
  MemberFacts facts{.instance = join.who.instance,
                    .rack = std::move(subscription.rack),
                    .client_id = join.client_id,
                    .client_host = join.client_host,
                    .rebalance_timeout = join.rebalance_timeout,
                    .classic = ClassicSide{join.session_timeout, join.protocols}};
  facts.topics.insert(subscription.topics.begin(), subscription.topics.end());
  return facts;
}

Assigned by_id(const NamedPartitions& partitions, const cluster::Image& image) {
  Assigned assigned;
  for (const auto& [name, list] : partitions) {
    if (const cluster::Topic* topic = image.find(name)) add(assigned, topic->id, list);
  }
  return assigned;
}

NamedPartitions by_name(const Assigned& assigned, const cluster::Image& image) {
  NamedPartitions partitions;
  for (const auto& [id, list] : assigned) {
    if (const cluster::Topic* topic = image.find(id)) partitions.emplace(topic->name, list);
  }
  return partitions;
}

void admit(Turn& turn, const Join& join, const MemberId& id) {
  const Consumer& group = turn.group();
  if (join.who.instance) {
    const auto holder = group.instances.find(*join.who.instance);
    if (holder != group.instances.end() && holder->second != id) {
      replace(turn, holder->second, id);
      return;
    }
  }
  if (!group.find(id)) {
    turn.tell(HappeningKind::Joined, id,
              place_of(join.client_id, join.client_host, join.who.instance) +
                  ", by the classic protocol");
  }
}

void join_as(Turn& turn, const Join& join, const MemberId& id, Subscription subscription) {
  const Assigned owned = by_id(subscription.owned, turn.world.image);
  admit(turn, join, id);
  take_up_facts(turn, id, facts_of(join, std::move(subscription)));
  assign_if_due(turn);
  reconcile(turn, id, owned);
  turn.expect_no_join(id);
  turn.arm(TimerKind::Session, id, join.session_timeout);
  turn.arm(TimerKind::SyncPhase, id, join.rebalance_timeout);
  turn.out.replies.push_back(
      {join.token, JoinReply{.generation = Generation{turn.group().find(id)->holding.epoch.value},
                             .protocol_type = std::string(kProtocolType),
                             .protocol = join.protocols.front().name,
                             .member = id}});
}

// The member that a request is from, of those that speak the classic protocol.
Result<const ConsumerMember*> speaker(const Consumer& group, const Identity& who,
                                      Generation generation) {
  if (who.instance) {
    const auto holder = group.instances.find(*who.instance);
    if (holder == group.instances.end()) return fail(ErrorCode::UnknownMemberId);
    if (holder->second != who.member) return fail(ErrorCode::FencedInstanceId);
  }
  const ConsumerMember* member = group.find(who.member);
  if (!member || !member->facts.classic) return fail(ErrorCode::UnknownMemberId);
  if (member->holding.epoch.value != generation.value) return fail(ErrorCode::IllegalGeneration);
  return member;
}

// What it waits for is there, all of it.
bool can_get_the_rest(const Consumer& group, const MemberId& id, const ConsumerMember& member) {
  if (member.holding.state != MemberState::UnreleasedPartitions) return false;
  const Assigned rest = without(group.target_of(id), member.holding.assigned);
  return std::ranges::all_of(rest, [&](const auto& entry) {
    return std::ranges::all_of(entry.second, [&](PartitionIndex partition) {
      const MemberId* holder = group.holders.find(entry.first, partition);
      return !holder || *holder == id;
    });
  });
}

bool contradicts(const std::optional<std::string>& said, std::string_view known) {
  return said && *said != known;
}

ErrorCode check_sync(Turn& turn, const Sync& sync) {
  const Result<const ConsumerMember*> from = speaker(turn.group(), sync.who, sync.generation);
  if (!from) return from.error().code;
  const ConsumerMember& member = **from;
  if (contradicts(sync.protocol_type, kProtocolType) ||
      contradicts(sync.protocol, member.facts.classic->protocols.front().name)) {
    return ErrorCode::InconsistentGroupProtocol;
  }
  // One that has to let go of something has joined already: this answer tells it of what.
  if (turn.group().epoch.epoch > member.holding.epoch &&
      member.holding.state != MemberState::UnrevokedPartitions) {
    turn.expect_join(sync.who.member, member.facts.rebalance_timeout);
    return ErrorCode::RebalanceInProgress;
  }
  return ErrorCode::None;
}

ErrorCode check_heartbeat(Turn& turn, const Heartbeat& beat) {
  const Consumer& group = turn.group();
  const Result<const ConsumerMember*> from = speaker(group, beat.who, beat.generation);
  if (!from) return from.error().code;
  const ConsumerMember& member = **from;
  turn.arm(TimerKind::Session, beat.who.member, member.facts.classic->session_timeout);
  const bool is_behind = member.holding.epoch < group.epoch.epoch;
  const bool has_to_let_go = member.holding.state == MemberState::UnrevokedPartitions;
  if (!is_behind && !has_to_let_go && !can_get_the_rest(group, beat.who.member, member)) {
    return ErrorCode::None;
  }
  turn.expect_join(beat.who.member, member.facts.rebalance_timeout);
  return ErrorCode::RebalanceInProgress;
}

ErrorCode take_out(Turn& turn, const Identity& who) {
  const Consumer& group = turn.group();
  MemberId id = who.member;
  if (who.instance) {
    const auto holder = group.instances.find(*who.instance);
    if (holder == group.instances.end()) return ErrorCode::UnknownMemberId;
    if (id.value.empty()) id = holder->second;
    if (holder->second != id) return ErrorCode::FencedInstanceId;
  }
  if (!classic_side(group, id)) return ErrorCode::UnknownMemberId;
  turn.tell(HappeningKind::Left, id, "it said so");
  remove(turn, id, "a member left");
  return ErrorCode::None;
}

}  // namespace

void on(Turn& turn, const Join& join) {
  const MemberId& asked = join.who.member;
  if (const auto refused = refuse(turn.group(), join, turn.world.limits)) {
    return answer(turn, join, *refused, asked);
  }
  Result<Subscription> subscription = read_subscription(join.protocols.front().metadata);
  if (!subscription) return answer(turn, join, ErrorCode::InconsistentGroupProtocol, asked);
  if (asked.value.empty() && !join.who.instance && join.must_know_its_id) {
    // Nothing is kept of it: a classic member of any name may come.
    return answer(turn, join, ErrorCode::MemberIdRequired, join.fresh_id);
  }
  join_as(turn, join, asked.value.empty() ? join.fresh_id : asked, *std::move(subscription));
}

void on(Turn& turn, const Sync& sync) {
  const ErrorCode error = check_sync(turn, sync);
  if (error != ErrorCode::None) {
    turn.out.replies.push_back({sync.token, SyncReply{.error = error}});
    return;
  }
  const ConsumerMember& member = *turn.group().find(sync.who.member);
  const Protocol& protocol = member.facts.classic->protocols.front();
  const Result<Subscription> subscription = read_subscription(protocol.metadata);
  turn.cancel(TimerKind::SyncPhase, sync.who.member);
  turn.arm(TimerKind::Session, sync.who.member, member.facts.classic->session_timeout);
  turn.out.replies.push_back(
      {sync.token,
       SyncReply{.protocol_type = std::string(kProtocolType),
                 .protocol = protocol.name,
                 .assignment = write_assignment(by_name(member.holding.assigned, turn.world.image),
                                                subscription ? subscription->version : 0)}});
}

void on(Turn& turn, const Heartbeat& beat) {
  const ErrorCode error = check_heartbeat(turn, beat);
  turn.out.replies.push_back({beat.token, HeartbeatReply{error}});
}

void on(Turn& turn, const Leave& leave) {
  LeaveReply reply;
  for (const Identity& who : leave.members) reply.members.push_back({who, take_out(turn, who)});
  turn.out.replies.push_back({leave.token, std::move(reply)});
}

}  // namespace group

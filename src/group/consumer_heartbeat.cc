// The one request that members of a consumer group make: to come, to stay, to tell what they want
// and own, and to go. Whatever is wrong with it is found before anything changes.
#include <fmt/ranges.h>

#include <algorithm>

#include "base/check.h"
#include "base/probe.h"
#include "group/consumer_turn.h"
#include "group/metadata.h"
#include "group/regex.h"

namespace group {
namespace {

struct Refusal {
  ErrorCode error;
  std::string message;
};
using MaybeRefused = std::optional<Refusal>;

ConsumerReply to_reply(const ConsumerHeartbeat& beat, Refusal refusal) {
  return {.error = refusal.error,
          .message = std::move(refusal.message),
          .member = beat.who.member,
          .epoch = beat.epoch};
}

Refusal invalid(std::string message) { return {ErrorCode::InvalidRequest, std::move(message)}; }

MaybeRefused refuse_form(const ConsumerHeartbeat& beat) {
  const bool may_ask_for_id = beat.epoch == kJoining && !beat.fresh_id.value.empty();
  if (beat.who.member.value.empty() && !may_ask_for_id) return invalid("the member id is empty");
  if (beat.who.instance && beat.who.instance->value.empty()) {
    return invalid("the instance id is empty: leave it out");
  }
  if (beat.rack && beat.rack->empty()) return invalid("the rack id is empty: leave it out");
  if (beat.epoch < kLeavingForAWhile) return invalid("there is no such member epoch");
  if (beat.epoch == kLeavingForAWhile && !beat.who.instance) {
    return invalid("only a member with an instance id can leave for a while");
  }
  if (beat.epoch != kJoining) return {};
  if (!beat.rebalance_timeout) return invalid("a member that joins tells its rebalance timeout");
  if (!beat.owned || !beat.owned->empty()) {
    return invalid("a member that joins owns no partitions, and says so");
  }
  if (!beat.topics && !beat.regex) {
    return invalid("a member that joins tells its topics, or a regular expression for them");
  }
  return {};
}

MaybeRefused refuse_assignor(const ConsumerHeartbeat& beat, const ConsumerLimits& limits) {
  if (!beat.assignor) return {};
  if (std::ranges::find(limits.assignors, *beat.assignor) != limits.assignors.end()) return {};
  return Refusal{ErrorCode::UnsupportedAssignor,
                 fmt::format("there is no assignor '{}' here; there are: {}", *beat.assignor,
                             fmt::join(limits.assignors, ", "))};
}

MaybeRefused refuse_epoch(const ConsumerMember& member, const ConsumerHeartbeat& beat) {
  const Holding& holding = member.holding;
  const bool owns_nothing = beat.owned && beat.owned->empty();
  if (holding.state == MemberState::Unknown && !owns_nothing) {
    return Refusal{ErrorCode::FencedMemberEpoch,
                   "a newer broker has left the member in a state that this one does not know: let "
                   "go of all partitions and join again"};
  }
  if (beat.epoch == kJoining || beat.epoch == holding.epoch) return {};
  // The answer that told the new epoch may have been lost.
  const bool missed_answer = beat.epoch < holding.epoch && beat.epoch == holding.previous &&
                             beat.owned && is_subset(*beat.owned, holding.assigned);
  if (missed_answer) {
    probe::reached<"consumer: the answer to a heartbeat was lost">();
    return {};
  }
  return Refusal{ErrorCode::FencedMemberEpoch,
                 fmt::format("the member's epoch is {}, not {}: let go of all partitions and join "
                             "again",
                             holding.epoch.value, beat.epoch.value)};
}

MaybeRefused refuse_instance(const Consumer& group, const ConsumerHeartbeat& beat) {
  const auto holder = group.instances.find(*beat.who.instance);
  const bool is_joining = beat.epoch == kJoining;
  if (holder == group.instances.end()) {
    if (is_joining) return {};
    return Refusal{ErrorCode::UnknownMemberId, "the instance is not in the group: join again"};
  }
  const ConsumerMember& member = group.members.at(holder->second);
  if (holder->second == beat.who.member) return refuse_epoch(member, beat);
  if (!is_joining) {
    return Refusal{ErrorCode::FencedInstanceId,
                   "a newer member has taken the place of the instance"};
  }
  if (member.holding.epoch == kLeavingForAWhile || member.facts.classic) return {};
  return Refusal{ErrorCode::UnreleasedInstanceId,
                 "another member still has the place of the instance: stop it, or wait until its "
                 "session has run out"};
}

MaybeRefused refuse_member(const Consumer& group, const ConsumerHeartbeat& beat) {
  if (beat.who.instance) return refuse_instance(group, beat);
  const ConsumerMember* member = group.find(beat.who.member);
  if (member) return refuse_epoch(*member, beat);
  if (beat.epoch == kJoining) return {};
  return Refusal{ErrorCode::UnknownMemberId, "the member is not in the group: join again"};
}

// Each costs memory, and time whenever topics change.
bool may_add_regex(const Consumer& group, const MemberId& id, std::size_t most) {
  if (group.regex_users.size() < most) return true;
  const ConsumerMember* member = group.find(id);
  const bool replaces_its_own =
      member && member->facts.regex && group.regex_users.at(*member->facts.regex) == 1;
  return replaces_its_own && group.regex_users.size() == most;
}

MaybeRefused refuse_regex(const Consumer& group, const ConsumerHeartbeat& beat,
                          const ConsumerLimits& limits) {
  if (!beat.regex || beat.regex->empty() || group.regexes.contains(*beat.regex)) return {};
  if (!may_add_regex(group, beat.who.member, limits.most_regexes)) {
    return Refusal{ErrorCode::InvalidRegularExpression,
                   fmt::format("the group subscribes by {} regular expressions, and may not by "
                               "more: use one of them, or name the topics",
                               group.regex_users.size())};
  }
  const auto compiled = TopicRegex::compile(*beat.regex);
  if (compiled) return {};
  return Refusal{compiled.error().code, compiled.error().detail};
}

MaybeRefused refuse(const Consumer& group, const ConsumerHeartbeat& beat,
                    const ConsumerLimits& limits) {
  if (auto refused = refuse_form(beat)) return refused;
  if (auto refused = refuse_assignor(beat, limits)) return refused;
  const bool has_a_place = group.find(beat.who.member) ||
                           (beat.who.instance && group.instances.contains(*beat.who.instance));
  if (group.members.size() >= limits.most_members && !has_a_place) {
    return Refusal{
        ErrorCode::GroupMaxSizeReached,
        fmt::format("the group has {} members, and may not have more", group.members.size())};
  }
  if (auto refused = refuse_member(group, beat)) return refused;
  return refuse_regex(group, beat, limits);
}

// Lets a member in, if it is not in yet, and says under which id.
MemberId admit(Turn& turn, const ConsumerHeartbeat& beat) {
  const Consumer& group = turn.group();
  const MemberId id = beat.who.member.value.empty() ? beat.fresh_id : beat.who.member;
  if (beat.epoch != kJoining) return id;
  if (beat.who.instance) {
    const auto holder = group.instances.find(*beat.who.instance);
    if (holder != group.instances.end() && holder->second != id) {
      probe::reached<"consumer: an instance came back under another id">();
      replace(turn, holder->second, id);
      return id;
    }
  }
  const ConsumerMember* member = group.find(id);
  if (!member) {
    turn.tell(HappeningKind::Joined, id,
              place_of(beat.client_id, beat.client_host, beat.who.instance));
  } else if (member->holding.epoch == kLeavingForAWhile) {
    Holding holding = member->holding;
    holding.epoch = holding.previous = kJoining;
    turn.put(HoldingSet{id, std::move(holding)});
  }
  return id;
}

MemberFacts updated(MemberFacts facts, const ConsumerHeartbeat& beat) {
  if (beat.who.instance) facts.instance = beat.who.instance;
  if (beat.rack) facts.rack = beat.rack;
  if (beat.rebalance_timeout) facts.rebalance_timeout = *beat.rebalance_timeout;
  if (beat.topics) facts.topics = *beat.topics;
  if (beat.regex) facts.regex = beat.regex->empty() ? std::nullopt : beat.regex;
  if (beat.assignor) facts.assignor = beat.assignor;
  facts.client_id = beat.client_id;
  facts.client_host = beat.client_host;
  facts.classic.reset();  // It speaks the newer protocol.
  return facts;
}

bool is_full(const ConsumerHeartbeat& beat) {
  return beat.rebalance_timeout && (beat.topics || beat.regex) && beat.owned;
}

void stay(Turn& turn, const ConsumerHeartbeat& beat) {
  const ConsumerMember* known = turn.group().find(beat.who.member);
  const Assigned before = known ? known->holding.assigned : Assigned{};

  const MemberId id = admit(turn, beat);
  const ConsumerMember* member = turn.group().find(id);
  take_up_facts(turn, id, updated(member ? member->facts : MemberFacts{}, beat));
  renew_regexes_if_due(turn);
  assign_if_due(turn);
  reconcile(turn, id, beat.owned);

  turn.arm(TimerKind::Session, id, session_timeout(turn.group(), turn.world));
  const Holding& holding = turn.group().find(id)->holding;
  ConsumerReply reply{.member = id,
                      .epoch = holding.epoch,
                      .heartbeat_interval = heartbeat_interval(turn.group(), id, turn.world)};
  if (is_full(beat) || holding.assigned != before) reply.assignment = holding.assigned;
  turn.out.replies.push_back({beat.token, std::move(reply)});
}

}  // namespace

std::optional<ConsumerReply> refuse_request(const ConsumerHeartbeat& beat) {
  auto refused = refuse_form(beat);
  if (!refused) return {};
  return to_reply(beat, *std::move(refused));
}

std::optional<ConsumerReply> refuse_request(const Consumer& group, const ConsumerHeartbeat& beat,
                                            const ConsumerLimits& limits) {
  auto refused = refuse(group, beat, limits);
  if (!refused) return {};
  return to_reply(beat, *std::move(refused));
}

void replace(Turn& turn, MemberId old, const MemberId& new_id) {
  // By that id there may be a member already, of another instance or of none. It says that it owns
  // nothing, so what it had goes back to the group.
  if (turn.group().find(new_id)) remove(turn, new_id, "a member took an instance's place");
  ConsumerMember member = *turn.group().find(old);
  const Assigned target = turn.group().target_of(old);
  turn.put(HoldingSet{.member = old});
  turn.put(TargetSet{.member = old});
  turn.put(MemberSet{.member = old});
  member.holding.epoch = member.holding.previous = kJoining;
  turn.put(MemberSet{new_id, std::move(member.facts)});
  turn.put(TargetSet{new_id, target});
  turn.put(HoldingSet{new_id, std::move(member.holding)});
  stop_timers(turn, old);
  turn.tell(HappeningKind::Replaced, new_id, "its instance came back; it was " + old.value);
}

void take_up_facts(Turn& turn, const MemberId& id, MemberFacts after) {
  const Consumer& group = turn.group();
  const ConsumerMember* member = group.find(id);
  const MemberFacts before = member ? member->facts : MemberFacts{};
  if (member && after == before) return;

  const bool other_topics = after.topics != before.topics || after.regex != before.regex;
  const std::string cause = member ? "a member subscribes to other topics" : "a member joined";
  turn.put(MemberSet{id, std::move(after)});
  if (!other_topics && group.epoch.epoch != Epoch{0}) return;
  if (member) turn.tell(HappeningKind::SubscriptionChanged, id, "it wants other topics");
  renew_regexes(turn);
  bump_epoch(turn, cause);
}

void on(Turn& turn, const ConsumerHeartbeat& beat) {
  auto refused = beat.epoch < kJoining ? refuse_form(beat)
                                       : refuse(turn.group(), beat, turn.world.limits.consumer);
  if (refused) {
    if (refused->error == ErrorCode::FencedMemberEpoch) {
      turn.tell(HappeningKind::Fenced, beat.who.member, refused->message);
    }
    turn.out.replies.push_back({beat.token, to_reply(beat, *std::move(refused))});
  } else if (beat.epoch < kJoining) {
    leave(turn, beat);
  } else {
    stay(turn, beat);
  }
}

Effects step(Consumer& group, const Event& event, const World& world) {
  Turn turn(group, world);
  std::visit(overloaded{
                 [](const ShareHeartbeat&) { check(false, "not for a consumer group"); },
                 [](const ShareBegun&) { check(false, "not for a consumer group"); },
                 [&](const auto& what) { on(turn, what); },
             },
             event);
  return std::move(turn.out);
}

Millis session_timeout(const Consumer& group, const World& world) {
  return own_setting(group.id, world.image, "consumer.session.timeout.ms")
      .value_or(world.limits.consumer.session);
}

Millis heartbeat_interval(const Consumer& group, const MemberId& member, const World& world) {
  const Millis usual = own_setting(group.id, world.image, "consumer.heartbeat.interval.ms")
                           .value_or(world.limits.consumer.heartbeat);
  // Who just learned of its work may soon have to share it with the next that joins.
  const auto& assigned_at = group.passing.assigned_at;
  const Millis passed{assigned_at ? world.now.value - assigned_at->value : -1};
  const bool shared_out_lately = passed >= Millis{0} && passed < usual;
  const bool in_motion = shared_out_lately || group.target_epoch != group.epoch.epoch ||
                         !group.is_settled(*group.find(member));
  if (!in_motion) return usual;
  // Of all members together a thousand heartbeats a second, however many they are.
  const Millis each{static_cast<std::int64_t>(group.members.size())};
  return std::min(usual, std::max(world.limits.consumer.soonest_heartbeat, each));
}

}  // namespace group

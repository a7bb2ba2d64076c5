// The one request that members of a share group make: to come, to stay, and to go.
#include <fmt/format.h>

#include <algorithm>

#include "group/metadata.h"
#include "group/share_turn.h"

namespace group {
namespace {

ShareReply refusal(const ShareHeartbeat& beat, ErrorCode error, std::string message) {
  return {
      .error = error, .message = std::move(message), .member = beat.member, .epoch = beat.epoch};
}

std::optional<ShareReply> refuse(const Share& group, const ShareHeartbeat& beat,
                                 const ShareLimits& limits) {
  if (auto refused = refuse_request(beat)) return refused;
  const ShareMember* member = group.find(beat.member);
  if (beat.epoch == kJoining) {
    if (member || group.members.size() < limits.most_members) return {};
    return refusal(
        beat, ErrorCode::GroupMaxSizeReached,
        fmt::format("the group has {} members, and may not have more", group.members.size()));
  }
  if (!member) {
    return refusal(beat, ErrorCode::UnknownMemberId, "the member is not in the group: join again");
  }
  const ShareHolding& holding = member->holding;
  const bool known = beat.epoch == kLeaving || beat.epoch == holding.epoch ||
                     (beat.epoch < holding.epoch && beat.epoch == holding.previous);
  if (known) return {};
  return refusal(beat, ErrorCode::FencedMemberEpoch,
                 fmt::format("the member's epoch is {}, not {}: join again", holding.epoch.value,
                             beat.epoch.value));
}

void remove(ShareTurn& turn, const MemberId& id, const std::string& cause) {
  const MemberId member = id;  // `id` may be a part of what goes.
  turn.put(ShareHoldingSet{.member = member});
  turn.put(ShareTargetSet{.member = member});
  turn.put(ShareMemberSet{.member = member});
  turn.cancel_session(member);
  share_out(turn, cause);
  if (turn.group().members.empty()) turn.tell(HappeningKind::BecameEmpty, {}, cause);
}

// What the member is after this heartbeat.
ShareFacts facts_after(const Share& group, const ShareHeartbeat& beat) {
  const ShareMember* member = group.find(beat.member);
  ShareFacts facts = member ? member->facts : ShareFacts{};
  facts.client_id = beat.client_id;
  facts.client_host = beat.client_host;
  if (beat.rack) facts.rack = beat.rack;
  if (beat.topics) facts.topics = *beat.topics;
  return facts;
}

// Takes in what the member says, and the group on if that concerns the others.
void hear(ShareTurn& turn, const ShareHeartbeat& beat) {
  const Share& group = turn.group();
  const ShareMember* member = group.find(beat.member);
  const bool is_new = !member;
  ShareFacts facts = facts_after(group, beat);
  const bool other_topics = is_new || member->facts.topics != facts.topics;
  if (is_new || member->facts != facts) turn.put(ShareMemberSet{beat.member, std::move(facts)});
  if (is_new) {
    turn.tell(HappeningKind::Joined, beat.member, place_of(beat.client_id, beat.client_host, {}));
    share_out(turn, "a member joined");
  } else if (other_topics) {
    turn.tell(HappeningKind::SubscriptionChanged, beat.member, "it subscribes to other topics");
    share_out(turn, "a member changed its subscription");
  }
}

// Gives the member what the group has for it. Nobody has to let go first.
bool take_up(ShareTurn& turn, const MemberId& id) {
  const Share& group = turn.group();
  const ShareHolding before = group.find(id)->holding;
  if (before.epoch == group.target_epoch) return false;
  const Assigned& target = group.target_of(id);
  turn.put(ShareHoldingSet{
      id, ShareHolding{.epoch = group.target_epoch, .previous = before.epoch, .assigned = target}});
  const bool other_work = before.assigned != target;
  if (other_work) {
    turn.tell(HappeningKind::AssignmentChanged, id, describe_change(before.assigned, target));
  }
  const bool all = std::ranges::all_of(group.members, [&](const auto& member) {
    return member.second.holding.epoch == group.target_epoch;
  });
  if (all) turn.tell(HappeningKind::Rebalanced, {}, "every member has what it is meant to read");
  return other_work;
}

}  // namespace

void ShareTurn::arm_session(const MemberId& member) {
  const std::optional<Millis> own = own_setting(group_.id, world.image, "share.session.timeout.ms");
  out.timers.push_back({{TimerKind::Session, member}, own.value_or(world.limits.share.session)});
}

std::optional<ShareReply> refuse_request(const ShareHeartbeat& beat) {
  const auto invalid = [&](std::string message) {
    return refusal(beat, ErrorCode::InvalidRequest, std::move(message));
  };
  if (beat.member.value.empty()) return invalid("the member id is empty");
  if (beat.epoch < kLeaving) return invalid("there is no such member epoch");
  if (beat.rack && beat.rack->empty()) return invalid("the rack id is empty: leave it out");
  if (beat.epoch == kJoining && (!beat.topics || beat.topics->empty())) {
    return invalid("a member that joins tells its topics");
  }
  return {};
}

void on(ShareTurn& turn, const ShareHeartbeat& beat) {
  if (auto refused = refuse(turn.group(), beat, turn.world.limits.share)) {
    if (refused->error == ErrorCode::FencedMemberEpoch) {
      turn.tell(HappeningKind::Fenced, beat.member, refused->message);
    }
    turn.out.replies.push_back({beat.token, *std::move(refused)});
    return;
  }
  if (beat.epoch == kLeaving) {
    turn.tell(HappeningKind::Left, beat.member, "it said so");
    remove(turn, beat.member, "a member left");
    turn.out.replies.push_back({beat.token, ShareReply{.member = beat.member, .epoch = kLeaving}});
    return;
  }
  hear(turn, beat);
  const bool other_work = take_up(turn, beat.member);
  turn.arm_session(beat.member);

  const Share& group = turn.group();
  const ShareHolding& holding = group.find(beat.member)->holding;
  ShareReply reply{
      .member = beat.member,
      .epoch = holding.epoch,
      .heartbeat_interval = own_setting(group.id, turn.world.image, "share.heartbeat.interval.ms")
                                .value_or(turn.world.limits.share.heartbeat)};
  // Also where the answer that told of it may have been lost.
  if (other_work || beat.epoch != holding.epoch) reply.assignment = holding.assigned;
  reply.to_begin = take_what_is_to_begin(turn);
  reply.state_epoch = group.epoch.epoch;
  turn.out.replies.push_back({beat.token, std::move(reply)});
}

void on(ShareTurn& turn, const TimerFired& fired) {
  if (fired.key.kind != TimerKind::Session || !turn.group().find(fired.key.member)) return;
  turn.tell(HappeningKind::TimedOut, fired.key.member,
            "it was not heard of for its session timeout");
  remove(turn, fired.key.member, "a member timed out");
}

}  // namespace group

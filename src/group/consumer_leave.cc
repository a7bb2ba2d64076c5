// How members leave a consumer group: by their own wish, or because they are not heard of.
#include "base/probe.h"
#include "group/consumer_turn.h"

namespace group {
namespace {

void refuse(Turn& turn, const ConsumerHeartbeat& beat, ErrorCode error, std::string message) {
  turn.out.replies.push_back({beat.token, ConsumerReply{.error = error,
                                                        .message = std::move(message),
                                                        .member = beat.who.member,
                                                        .epoch = beat.epoch}});
}

// Its instance keeps its place, and its partitions, until it is back or its session has run out.
void leave_for_a_while(Turn& turn, const MemberId& id) {
  Holding holding = turn.group().find(id)->holding;
  holding.previous = holding.epoch;
  holding.epoch = kLeavingForAWhile;
  holding.state = MemberState::Stable;  // Whoever comes back in its place owns nothing yet.
  holding.revoking.clear();
  turn.put(HoldingSet{id, std::move(holding)});
  turn.cancel(TimerKind::Revocation, id);
  turn.tell(HappeningKind::Left, id, "it left for a while and keeps its instance's place");
}

void time_out(Turn& turn, const MemberId& id, const std::string& cause) {
  turn.tell(HappeningKind::TimedOut, id, cause);
  remove(turn, id, "a member timed out");
}

}  // namespace

void leave(Turn& turn, const ConsumerHeartbeat& beat) {
  const Consumer& group = turn.group();
  if (beat.who.instance) {
    const auto holder = group.instances.find(*beat.who.instance);
    if (holder == group.instances.end()) {
      return refuse(turn, beat, ErrorCode::UnknownMemberId, "the instance is not in the group");
    }
    if (holder->second != beat.who.member) {
      return refuse(turn, beat, ErrorCode::FencedInstanceId,
                    "another member has the instance's place");
    }
  } else if (!group.find(beat.who.member)) {
    return refuse(turn, beat, ErrorCode::UnknownMemberId, "the member is not in the group");
  }
  if (beat.epoch == kLeavingForAWhile) {
    leave_for_a_while(turn, beat.who.member);
  } else {
    turn.tell(HappeningKind::Left, beat.who.member, "it said so");
    remove(turn, beat.who.member, "a member left");
  }
  turn.out.replies.push_back(
      {beat.token, ConsumerReply{.member = beat.who.member, .epoch = beat.epoch}});
}

void stop_timers(Turn& turn, const MemberId& id) {
  turn.expect_no_join(id);
  for (const TimerKind kind : {TimerKind::Session, TimerKind::Revocation, TimerKind::SyncPhase}) {
    turn.cancel(kind, id);
  }
}

void remove(Turn& turn, MemberId id, const std::string& cause) {
  turn.put(HoldingSet{.member = id});
  turn.put(TargetSet{.member = id});
  turn.put(MemberSet{.member = id});
  renew_regexes(turn);
  bump_epoch(turn, cause);
  stop_timers(turn, id);
  if (turn.group().members.empty()) {
    turn.tell(HappeningKind::BecameEmpty, {}, cause);
  } else {
    assign_if_due(turn);
  }
}

void on(Turn& turn, const TimerFired& fired) {
  const ConsumerMember* member = turn.group().find(fired.key.member);
  switch (fired.key.kind) {
    case TimerKind::Session:
      if (member) time_out(turn, fired.key.member, "it was not heard of for its session timeout");
      return;
    case TimerKind::Revocation:
      if (member && member->holding.state == MemberState::UnrevokedPartitions) {
        probe::reached<"consumer: a member did not let go in time">();
        time_out(turn, fired.key.member, "it did not let go of partitions in time");
      }
      return;
    case TimerKind::Assignment:
      return assign_if_due(turn);
    case TimerKind::JoinPhase:
    case TimerKind::SyncPhase:
      // Without a member, it was of the classic group that there was under this name.
      if (member && member->facts.classic) {
        time_out(turn, fired.key.member, "it did not join or sync in time");
      }
      return;
  }
}

}  // namespace group

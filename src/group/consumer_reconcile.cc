// How a member gets from what it holds to what the target gives it, one heartbeat at a time:
//
//   Stable ──new target──> has it to let go of something?
//     ^                       yes: UnrevokedPartitions, in its old epoch, until it says it has
//     │                       no:  the target's epoch, with all that is free already
//     └──all is there── UnreleasedPartitions <──others hold some of it yet──┘
//
// A partition is given to a member only when nobody else holds it, and is held until the holder has
// said that it let go, or is gone. So no two members ever own a partition, whatever they miss.
#include "base/probe.h"
#include "group/consumer_turn.h"

namespace group {
namespace {

bool may_still_own(const std::optional<Assigned>& owned, const Assigned& revoking) {
  return !owned || overlap(*owned, revoking);
}

Holding in_epoch(const Holding& before, Epoch epoch) {
  return {.epoch = epoch, .previous = before.epoch};
}

// The part of `wanted` that nobody but the member holds.
Assigned free_part(const Consumer& group, const MemberId& id, const Assigned& wanted) {
  if (probe::planted<"a partition is given before it is let go">()) return wanted;
  Assigned free;
  for (const auto& [topic, partitions] : wanted) {
    std::vector<PartitionIndex> nobodys;
    for (const PartitionIndex partition : partitions) {
      const MemberId* holder = group.holders.find(topic, partition);
      if (!holder || *holder == id) nobodys.push_back(partition);
    }
    if (!nobodys.empty()) free.emplace_hint(free.end(), topic, std::move(nobodys));
  }
  return free;
}

// While the target is of an older epoch, it may have topics that the member has turned away from.
Assigned target_now(const Turn& turn, const MemberId& id, const ConsumerMember& member) {
  const Consumer& group = turn.group();
  const Assigned& target = group.target_of(id);
  if (group.epoch.epoch == group.target_epoch) return target;
  const std::set<TopicId> topics = topics_of(group, member.facts, turn.world.image);
  Assigned still;
  for (const auto& [topic, partitions] : target) {
    if (topics.contains(topic)) still.emplace_hint(still.end(), topic, partitions);
  }
  return still;
}

void watch_revocation(Turn& turn, const MemberId& id, const ConsumerMember& member,
                      MemberState before) {
  if (member.facts.classic) return;  // Joining and syncing in time is watched instead.
  if (member.holding.state == MemberState::UnrevokedPartitions) {
    turn.arm(TimerKind::Revocation, id, member.facts.rebalance_timeout);
  } else if (before == MemberState::UnrevokedPartitions) {
    turn.cancel(TimerKind::Revocation, id);
  }
}

}  // namespace

Holding next_holding(const Consumer& group, const MemberId& id, const ConsumerMember& member,
                     const Assigned& target, const std::optional<Assigned>& owned) {
  const Holding& now = member.holding;
  if (now.state == MemberState::UnrevokedPartitions && may_still_own(owned, now.revoking)) {
    return now;
  }
  const Assigned kept = common(now.assigned, target);
  const Assigned revoking = without(now.assigned, kept);
  if (!revoking.empty() && may_still_own(owned, revoking)) {
    // What it has let go of already may be another's by now. In the next epoch its late commits for
    // that are known as such.
    const bool let_go = now.state == MemberState::UnrevokedPartitions;
    if (let_go) probe::reached<"consumer: a member lets go, and is to let go of more">();
    Holding next =
        in_epoch(now, let_go ? std::min(next_of(now.epoch), group.target_epoch) : now.epoch);
    next.state = MemberState::UnrevokedPartitions;
    next.assigned = kept;
    next.revoking = revoking;
    return next;
  }
  const Assigned wanted = without(target, kept);
  const Assigned free = free_part(group, id, wanted);
  Holding next = in_epoch(now, group.target_epoch);
  next.state =
      count(free) == count(wanted) ? MemberState::Stable : MemberState::UnreleasedPartitions;
  next.assigned = together(kept, free);
  return next;
}

void reconcile(Turn& turn, const MemberId& id, const std::optional<Assigned>& owned) {
  const ConsumerMember& member = *turn.group().find(id);
  const bool is_current = turn.group().epoch.epoch == turn.group().target_epoch;
  if (is_current && turn.group().is_settled(member)) return;

  const Holding before = member.holding;
  const Holding next = next_holding(turn.group(), id, member, target_now(turn, id, member), owned);
  const bool is_same = next.epoch == before.epoch && next.state == before.state &&
                       next.assigned == before.assigned && next.revoking == before.revoking;
  if (is_same) return;
  turn.put(HoldingSet{id, next});
  watch_revocation(turn, id, member, before.state);
  if (next.assigned != before.assigned) {
    turn.tell(HappeningKind::AssignmentChanged, id,
              describe_change(before.assigned, next.assigned));
  }
  if (turn.group().state() == ConsumerState::Stable) {
    turn.tell(HappeningKind::Rebalanced, {},
              "every member has what epoch " + std::to_string(turn.group().target_epoch.value) +
                  " gives it");
  }
}

}  // namespace group

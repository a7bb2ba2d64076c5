// Takes a consumer group up after it was loaded: its timers, what changed in the meantime, and what
// the log has left out. A coordinator writes what belongs together at once, but a log may have been
// taken over from another, or have lost its end.
#include <algorithm>

#include "group/consumer_turn.h"

namespace group {
namespace {

void arm_timers(Turn& turn) {
  const Consumer& group = turn.group();
  for (const auto& [id, member] : group.members) {
    const auto& classic = member.facts.classic;
    turn.arm(TimerKind::Session, id,
             classic ? classic->session_timeout : session_timeout(group, turn.world));
    if (member.holding.state != MemberState::UnrevokedPartitions) continue;
    if (classic) {
      turn.expect_join(id, member.facts.rebalance_timeout);
    } else {
      turn.arm(TimerKind::Revocation, id, member.facts.rebalance_timeout);
    }
  }
}

// What is meant for members that are not there.
void drop_lost_targets(Turn& turn) {
  std::vector<MemberId> lost;
  for (const auto& [id, target] : turn.group().target) {
    if (!turn.group().find(id)) lost.push_back(id);
  }
  for (MemberId& id : lost) turn.put(TargetSet{.member = std::move(id)});
}

// The group's epoch is the latest of all, or nothing that it decides from now on would count.
void catch_up_with_epochs(Turn& turn) {
  const Consumer& group = turn.group();
  Epoch latest = std::max(group.epoch.epoch, group.target_epoch);
  for (const auto& [id, member] : group.members) latest = std::max(latest, member.holding.epoch);
  if (latest == group.epoch.epoch) return;
  turn.put(GroupEpochSet{GroupEpoch{latest, group.epoch.metadata_hash}});
  if (!group.members.empty()) bump_epoch(turn, "the log told of a later epoch than the group's");
}

// Every partition of the topics is some member's, and no more than one's.
bool is_target_whole(const Consumer& group, const cluster::Image& image) {
  std::map<TopicId, std::vector<bool>> given;
  std::size_t missing = 0;
  for (const TopicName& name : subscriptions(group)) {
    const cluster::Topic* topic = image.find(name);
    if (!topic) continue;
    given.emplace(topic->id, topic->partitions.size());
    missing += topic->partitions.size();
  }
  for (const auto& [id, target] : group.target) {
    for (const auto& [topic, partitions] : target) {
      const auto at = given.find(topic);
      if (at == given.end()) return false;
      for (const PartitionIndex partition : partitions) {
        const auto index = static_cast<std::size_t>(partition.value);
        if (partition.value < 0 || index >= at->second.size() || at->second[index]) return false;
        at->second[index] = true;
        --missing;
      }
    }
  }
  return missing == 0;
}

}  // namespace

Effects resume(Consumer& group, const World& world) {
  Turn turn(group, world);
  arm_timers(turn);
  drop_lost_targets(turn);
  catch_up_with_epochs(turn);
  look_at_topics_again(turn);
  if (group.members.empty() || group.epoch.epoch != group.target_epoch) return std::move(turn.out);
  if (!is_target_whole(group, world.image)) {
    bump_epoch(turn, "the log told only a part of who is to have what");
    assign_if_due(turn);
  }
  return std::move(turn.out);
}

}  // namespace group

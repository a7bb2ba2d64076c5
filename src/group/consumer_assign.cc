// When work is shared out anew, by which assignor, and what comes of it.
#include <algorithm>

#include "group/assign.h"
#include "group/consumer_turn.h"

namespace group {
namespace {

// The more members, the longer it takes to share out, and the longer the group rests afterwards.
Millis rest(const Consumer& group, const ConsumerLimits& limits) {
  const auto members = static_cast<std::int64_t>(group.members.size());
  return std::min(limits.most_rest, limits.rest_per_member * members);
}

// How long until work may be shared out again; 0 is now. A clock that was set back says nothing.
Millis still_resting(const Consumer& group, const World& world) {
  if (!group.passing.assigned_at) return Millis{0};
  const Millis passed{world.now.value - group.passing.assigned_at->value};
  if (passed < Millis{0}) return Millis{0};
  return std::max(Millis{0}, rest(group, world.limits.consumer) - passed);
}

TopicShape shape_of(const cluster::Topic& topic, const cluster::Image& image, bool with_racks) {
  TopicShape shape{.partitions = static_cast<std::int32_t>(topic.partitions.size())};
  if (!with_racks) return shape;
  for (const cluster::Partition& partition : topic.partitions) {
    auto& racks = shape.racks.emplace_back();
    for (const BrokerId replica : partition.replicas) {
      const cluster::Broker* broker = image.find(replica);
      if (broker && broker->rack) racks.insert(*broker->rack);
    }
  }
  return shape;
}

AssignmentTask task_for(const Consumer& group, const cluster::Image& image) {
  AssignmentTask task;
  const bool with_racks = std::ranges::any_of(
      group.members, [](const auto& member) { return member.second.facts.rack.has_value(); });
  for (const TopicName& name : subscriptions(group)) {
    const cluster::Topic* topic = image.find(name);
    if (topic) task.topics.emplace(topic->id, shape_of(*topic, image, with_racks));
  }
  task.members.reserve(group.members.size());
  for (const auto& [id, member] : group.members) {
    task.members.push_back({.id = id,
                            .instance = member.facts.instance,
                            .rack = member.facts.rack,
                            .topics = topics_of(group, member.facts, image),
                            .has = group.target_of(id)});
  }
  return task;
}

Target assign(const std::string& assignor, const AssignmentTask& task) {
  return assignor == "range" ? assign_range(task) : assign_uniform(task);
}

void share_out(Turn& turn) {
  const Consumer& group = turn.group();
  const Epoch epoch = group.epoch.epoch;
  Target target = assign(preferred_assignor(group, turn.world.limits.consumer),
                         task_for(group, turn.world.image));
  for (auto& [member, assigned] : target) {
    const auto before = group.target.find(member);
    if (before != group.target.end() && before->second == assigned) continue;
    turn.put(TargetSet{member, std::move(assigned)});
  }
  turn.put(TargetEpochSet{epoch});
  turn.note_assigned();
}

}  // namespace

// Of several that as many ask for it is the one that is named first in the options, and the first
// of all where nobody asks.
const std::string& preferred_assignor(const Consumer& group, const ConsumerLimits& limits) {
  std::map<std::string_view, std::size_t> votes;
  for (const auto& [id, member] : group.members) {
    if (member.facts.assignor) ++votes[*member.facts.assignor];
  }
  const auto of = [&](const std::string& name) {
    const auto at = votes.find(name);
    return at == votes.end() ? std::size_t{0} : at->second;
  };
  return *std::ranges::max_element(limits.assignors, {}, of);
}

void assign_if_due(Turn& turn) {
  const Consumer& group = turn.group();
  if (group.members.empty() || group.epoch.epoch <= group.target_epoch) return;
  const Millis wait = still_resting(group, turn.world);
  if (wait > Millis{0}) {
    turn.arm(TimerKind::Assignment, {}, wait);
  } else {
    share_out(turn);
  }
}

}  // namespace group

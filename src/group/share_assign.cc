// What a share group subscribes to, which of it has state, and who reads what.
#include <algorithm>

#include "group/assign_share.h"
#include "group/metadata.h"
#include "group/share_turn.h"

namespace group {
namespace {

void merge(std::map<TopicId, ShareStates::Topic>& into, const TopicId& id, const TopicName& name,
           const std::vector<PartitionIndex>& partitions) {
  ShareStates::Topic& topic = into[id];
  topic.name = name;
  Assigned all{{id, topic.partitions}};
  add(all, id, partitions);
  topic.partitions = std::move(all[id]);
}

void take_out(std::map<TopicId, ShareStates::Topic>& from, const Assigned& what) {
  for (const auto& [id, partitions] : what) {
    const auto at = from.find(id);
    if (at == from.end()) continue;
    std::erase_if(at->second.partitions, [&](PartitionIndex partition) {
      return std::ranges::binary_search(partitions, partition);
    });
    if (at->second.partitions.empty()) from.erase(at);
  }
}

Assigned begun_of(const ShareStates& states) {
  Assigned begun;
  for (const auto& [id, topic] : states.begun) begun.emplace(id, topic.partitions);
  return begun;
}

ShareTask task_for(const Share& group, const cluster::Image& image) {
  ShareTask task;
  for (const TopicName& name : subscriptions(group)) {
    const cluster::Topic* topic = image.find(name);
    const auto begun = topic ? group.states.begun.find(topic->id) : group.states.begun.end();
    if (begun != group.states.begun.end()) task.topics[topic->id] = begun->second.partitions;
  }
  for (const auto& [id, member] : group.members) {
    ShareTask::Member& one = task.members[id];
    one.has = group.target_of(id);
    for (const TopicName& name : member.facts.topics) {
      if (const cluster::Topic* topic = image.find(name)) one.topics.insert(topic->id);
    }
  }
  return task;
}

}  // namespace

void share_out(ShareTurn& turn, const std::string& cause) {
  const Share& group = turn.group();
  const Epoch next = next_of(group.epoch.epoch);
  turn.put(ShareEpochSet{GroupEpoch{next, metadata_hash(subscriptions(group), turn.world.image)}});
  turn.tell(HappeningKind::Rebalancing, {}, cause);
  for (auto& [member, assigned] : assign_share(task_for(group, turn.world.image))) {
    const auto before = group.target.find(member);
    if (before != group.target.end() && before->second == assigned) continue;
    turn.put(ShareTargetSet{member, std::move(assigned)});
  }
  turn.put(ShareTargetEpochSet{next});
}

void look_at_topics_again(ShareTurn& turn, const std::string& cause) {
  const Share& group = turn.group();
  if (group.members.empty()) return;
  if (metadata_hash(subscriptions(group), turn.world.image) == group.epoch.metadata_hash) return;
  turn.tell(HappeningKind::TopicsChanged, {}, cause);
  share_out(turn, cause);
}

void on(ShareTurn& turn, const TopicsChanged& changed) {
  const std::set<TopicName> topics = subscriptions(turn.group());
  const bool any = std::ranges::any_of(
      changed.names, [&](const TopicName& name) { return topics.contains(name); });
  if (any) look_at_topics_again(turn, "topics came, grew or went");
}

Assigned take_what_is_to_begin(ShareTurn& turn) {
  const Share& group = turn.group();
  const Assigned known = together(begun_of(group.states), group.beginning.partitions);
  ShareStates states = group.states;
  Assigned missing;
  for (const TopicName& name : subscriptions(group)) {
    const cluster::Topic* topic = turn.world.image.find(name);
    if (!topic) continue;
    std::vector<PartitionIndex> all;
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      const PartitionIndex index{static_cast<std::int32_t>(i)};
      if (!contains(known, topic->id, index)) all.push_back(index);
    }
    if (all.empty()) continue;
    merge(states.beginning, topic->id, name, all);
    add(missing, topic->id, std::move(all));
  }
  if (missing.empty()) return missing;
  turn.set_beginning(together(group.beginning.partitions, missing));
  if (states != group.states) turn.put(ShareStatesSet{std::move(states)});
  return missing;
}

void on(ShareTurn& turn, const ShareBegun& begun) {
  const Share& group = turn.group();
  turn.set_beginning(without(without(group.beginning.partitions, begun.begun), begun.failed));
  ShareStates states = group.states;
  for (const auto& [id, partitions] : begun.begun) {
    const auto at = states.beginning.find(id);
    if (at != states.beginning.end()) merge(states.begun, id, at->second.name, partitions);
  }
  take_out(states.beginning, begun.begun);
  if (states != group.states) {
    turn.put(ShareStatesSet{std::move(states)});
    if (!group.members.empty()) share_out(turn, "the state of partitions was begun");
  }
  turn.out.replies.push_back({begun.token, ShareReply{}});
}

}  // namespace group

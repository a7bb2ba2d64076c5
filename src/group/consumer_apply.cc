#include "group/consumer.h"

namespace group {
namespace {

template <class Counts, class Name>
void count(Counts& counts, const Name& name, bool more) {
  const auto at = counts.try_emplace(name, 0).first;
  at->second = more ? at->second + 1 : at->second - 1;
  if (at->second == 0) counts.erase(at);
}

// Takes what follows from a member's facts into the group, or out of it.
void count_facts(Consumer& group, const MemberId& id, const MemberFacts& facts, bool more) {
  for (const TopicName& topic : facts.topics) count(group.subscribers, topic, more);
  if (facts.regex) count(group.regex_users, *facts.regex, more);
  if (!facts.instance) return;
  if (more) {
    group.instances[*facts.instance] = id;
    return;
  }
  const auto at = group.instances.find(*facts.instance);
  if (at != group.instances.end() && at->second == id) group.instances.erase(at);
}

void let_go(Consumer& group, const MemberId& id, const ConsumerMember& member) {
  group.holders.remove(id, member.holding.assigned);
  group.holders.remove(id, member.holding.revoking);
  if (group.is_settled(member)) --group.settled;
}

void hold(Consumer& group, const MemberId& id, ConsumerMember& member, Holding holding) {
  member.holding = std::move(holding);
  group.holders.add(id, member.holding.assigned);
  group.holders.add(id, member.holding.revoking);
  if (group.is_settled(member)) ++group.settled;
}

// The member, made if there is none: in a compacted log its parts come in any order.
ConsumerMember& member_of(Consumer& group, const MemberId& id) {
  const auto [at, is_new] = group.members.try_emplace(id);
  if (is_new && group.is_settled(at->second)) ++group.settled;
  return at->second;
}

void set(Consumer& group, const MemberSet& change) {
  const auto at = group.members.find(change.member);
  if (at != group.members.end()) count_facts(group, at->first, at->second.facts, false);
  if (change.value) {
    ConsumerMember& member = member_of(group, change.member);
    member.facts = *change.value;
    count_facts(group, change.member, member.facts, true);
  } else if (at != group.members.end()) {
    let_go(group, at->first, at->second);
    group.members.erase(at);
  }
}

void set(Consumer& group, const HoldingSet& change) {
  if (!change.value && !group.members.contains(change.member)) return;
  ConsumerMember& member = member_of(group, change.member);
  let_go(group, change.member, member);
  hold(group, change.member, member, change.value.value_or(Holding{}));
}

void set(Consumer& group, const TargetEpochSet& change) {
  group.target_epoch = change.value.value_or(Epoch{});
  group.settled = 0;
  for (const auto& [id, member] : group.members)
    group.settled += group.is_settled(member) ? 1U : 0U;
}

template <class Map, class Key, class Value>
void set_or_erase(Map& map, const Key& key, const std::optional<Value>& value) {
  if (value) {
    map.insert_or_assign(key, *value);
  } else {
    map.erase(key);
  }
}

}  // namespace

const MemberId* Holders::find(const TopicId& topic, PartitionIndex partition) const {
  const auto of_topic = by_topic_.find(topic);
  if (of_topic == by_topic_.end()) return nullptr;
  const auto at = of_topic->second.find(partition);
  return at == of_topic->second.end() ? nullptr : &at->second;
}

void Holders::add(const MemberId& member, const Assigned& assigned) {
  for (const auto& [topic, partitions] : assigned) {
    auto& of_topic = by_topic_[topic];
    for (const PartitionIndex partition : partitions) of_topic[partition] = member;
  }
}

void Holders::remove(const MemberId& member, const Assigned& assigned) {
  for (const auto& [topic, partitions] : assigned) {
    const auto of_topic = by_topic_.find(topic);
    if (of_topic == by_topic_.end()) continue;
    for (const PartitionIndex partition : partitions) {
      const auto at = of_topic->second.find(partition);
      if (at != of_topic->second.end() && at->second == member) of_topic->second.erase(at);
    }
    if (of_topic->second.empty()) by_topic_.erase(of_topic);
  }
}

void apply(Consumer& group, const ConsumerChange& change) {
  std::visit(overloaded{
                 [&](const GroupEpochSet& s) { group.epoch = s.value.value_or(GroupEpoch{}); },
                 [&](const TopicMetadataDropped&) {},
                 [&](const MemberSet& s) { set(group, s); },
                 [&](const TargetEpochSet& s) { set(group, s); },
                 [&](const TargetSet& s) { set_or_erase(group.target, s.member, s.value); },
                 [&](const HoldingSet& s) { set(group, s); },
                 [&](const RegexSet& s) { set_or_erase(group.regexes, s.regex, s.value); },
             },
             change);
}

}  // namespace group

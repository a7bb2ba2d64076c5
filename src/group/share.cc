#include "group/share.h"

#include <algorithm>

#include "group/share_turn.h"

namespace group {
namespace {

template <class Map, class Key, class Value>
void set_or_erase(Map& map, const Key& key, const std::optional<Value>& value) {
  if (value) {
    map.insert_or_assign(key, *value);
  } else {
    map.erase(key);
  }
}

void set(Share& group, const ShareMemberSet& change) {
  if (change.value) {
    group.members[change.member].facts = *change.value;
  } else {
    group.members.erase(change.member);
  }
}

// In a compacted log a member's parts come in any order.
void set(Share& group, const ShareHoldingSet& change) {
  if (!change.value && !group.members.contains(change.member)) return;
  group.members[change.member].holding = change.value.value_or(ShareHolding{});
}

std::unexpected<Error> not_empty() {
  return fail(ErrorCode::NonEmptyGroup, "the group has members: stop them first");
}

}  // namespace

std::string_view to_text(ShareState state) {
  return state == ShareState::Empty ? "Empty" : "Stable";
}

const ShareMember* Share::find(const MemberId& member) const {
  const auto at = members.find(member);
  return at == members.end() ? nullptr : &at->second;
}

const Assigned& Share::target_of(const MemberId& member) const {
  static const Assigned kNothing;
  const auto at = target.find(member);
  return at == target.end() ? kNothing : at->second;
}

ShareState Share::state() const { return members.empty() ? ShareState::Empty : ShareState::Stable; }

bool Share::is_blank() const {
  return epoch == GroupEpoch{} && target_epoch == Epoch{} && members.empty() && target.empty() &&
         states == ShareStates{};
}

void apply(Share& group, const ShareChange& change) {
  std::visit(
      overloaded{
          [&](const ShareEpochSet& s) { group.epoch = s.value.value_or(GroupEpoch{}); },
          [&](const ShareMemberSet& s) { set(group, s); },
          [&](const ShareTargetEpochSet& s) { group.target_epoch = s.value.value_or(Epoch{}); },
          [&](const ShareTargetSet& s) { set_or_erase(group.target, s.member, s.value); },
          [&](const ShareHoldingSet& s) { set(group, s); },
          [&](const ShareStatesSet& s) { group.states = s.value.value_or(ShareStates{}); },
      },
      change);
}

Effects step(Share& group, const Event& event, const World& world) {
  ShareTurn turn(group, world);
  std::visit(overloaded{
                 [&](const ShareHeartbeat& beat) { on(turn, beat); },
                 [&](const ShareBegun& begun) { on(turn, begun); },
                 [&](const TimerFired& fired) { on(turn, fired); },
                 [&](const TopicsChanged& changed) { on(turn, changed); },
                 [](const auto&) {},  // For groups of other kinds.
             },
             event);
  return std::move(turn.out);
}

Effects resume(Share& group, const World& world) {
  ShareTurn turn(group, world);
  for (const auto& [id, member] : group.members) turn.arm_session(id);
  look_at_topics_again(turn, "topics came, grew or went while the coordinator was away");
  return std::move(turn.out);
}

std::set<TopicName> subscriptions(const Share& group) {
  std::set<TopicName> topics;
  for (const auto& [id, member] : group.members) {
    topics.insert(member.facts.topics.begin(), member.facts.topics.end());
  }
  return topics;
}

std::vector<Record> farewell(const Share& group) {
  std::vector<Record> records;
  const auto forget = [&](ShareChange change) {
    records.emplace_back(ShareRecord{group.id, std::move(change)});
  };
  for (const auto& [member, target] : group.target) forget(ShareTargetSet{.member = member});
  forget(ShareStatesSet{});
  forget(ShareTargetEpochSet{});
  forget(ShareEpochSet{});
  return records;
}

Result<std::vector<Record>> decide_reset(const Share& group, const ShareStates& with) {
  if (!group.members.empty()) return not_empty();
  ShareStates states = group.states;
  for (const auto& [id, topic] : with.begun) {
    const auto at = states.begun.try_emplace(id, ShareStates::Topic{topic.name, {}}).first;
    Assigned all{{id, at->second.partitions}};
    add(all, id, topic.partitions);
    at->second.partitions = all[id];
  }
  GroupEpoch epoch = group.epoch;
  epoch.epoch = next_of(epoch.epoch);
  return std::vector<Record>{ShareRecord{group.id, ShareEpochSet{epoch}},
                             ShareRecord{group.id, ShareStatesSet{std::move(states)}}};
}

Result<std::vector<Record>> decide_forget_states(const Share& group,
                                                 const std::set<TopicId>& topics) {
  if (!group.members.empty()) return not_empty();
  ShareStates states = group.states;
  for (const TopicId& topic : topics) {
    states.beginning.erase(topic);
    states.begun.erase(topic);
    states.deleting.erase(topic);
  }
  if (states == group.states) return std::vector<Record>{};
  return std::vector<Record>{ShareRecord{group.id, ShareStatesSet{std::move(states)}}};
}

}  // namespace group

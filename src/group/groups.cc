#include "group/groups.h"

#include "base/check.h"

namespace group {
namespace {

void drop_offset(Groups& groups, const GroupId& id, const TopicPartition& partition) {
  const auto group = groups.by_id.find(id);
  if (group == groups.by_id.end()) return;
  Offsets& offsets = group->second.offsets;
  const auto topic = offsets.find(partition.topic);
  if (topic == offsets.end()) return;
  topic->second.erase(partition.partition);
  if (topic->second.empty()) offsets.erase(topic);
  groups.drop_if_blank(id);
}

void drop_group(Groups& groups, const GroupId& id) {
  const auto group = groups.by_id.find(id);
  if (group == groups.by_id.end()) return;
  group->second.classic = Classic{.id = id};
  groups.drop_if_blank(id);
}

// From when on an offset's time runs; none while somebody may need it.
std::optional<Timestamp> unused_since(const Classic& group, const Committed& committed) {
  if (!group.protocol_type) return committed.at;  // Nobody ever joined.
  if (group.state == State::Empty) {
    return group.since == kNoTimestamp ? committed.at : group.since;
  }
  if (group.speaks_consumer() && group.state == State::Stable) return committed.at;
  return {};
}

bool is_expired(const Classic& group, const Committed& committed, const Limits& limits,
                Timestamp now) {
  const auto since = unused_since(group, committed);
  if (!since) return false;
  if (committed.expires) return now >= *committed.expires;
  return now.value - since->value >= limits.retention.count();
}

// Where the group cannot tell what it subscribes to, it may be anything.
bool subscribes(const Classic& group, const std::optional<std::set<TopicName>>& topics,
                const TopicName& topic) {
  return topics ? topics->contains(topic) : group.speaks_consumer();
}

}  // namespace

bool Group::is_blank() const {
  return offsets.empty() && classic.members.empty() && classic.reserved.empty() &&
         classic.state == State::Empty && classic.generation == Generation{0} &&
         !classic.protocol_type;
}

const Group* Groups::find(const GroupId& id) const {
  const auto at = by_id.find(id);
  return at == by_id.end() ? nullptr : &at->second;
}

Group& Groups::get(const GroupId& id) {
  return by_id.try_emplace(id, Group{.classic = {.id = id}}).first->second;
}

void Groups::drop_if_blank(const GroupId& id) {
  const auto at = by_id.find(id);
  if (at != by_id.end() && at->second.is_blank()) by_id.erase(at);
}

const Committed* find_offset(const Group& group, const TopicPartition& partition) {
  const auto topic = group.offsets.find(partition.topic);
  if (topic == group.offsets.end()) return nullptr;
  const auto at = topic->second.find(partition.partition);
  return at == topic->second.end() ? nullptr : &at->second;
}

void apply(Groups& groups, const Record& record) {
  std::visit(overloaded{
                 [](const GroupStored&) {},
                 [&](const GroupDropped& r) { drop_group(groups, r.group); },
                 [&](const OffsetStored& r) {
                   groups.get(r.group).offsets[r.partition.topic][r.partition.partition] =
                       r.committed;
                 },
                 [&](const OffsetDropped& r) { drop_offset(groups, r.group, r.partition); },
             },
             record);
}

void load(Groups& groups, const Record& record) {
  if (const auto* r = std::get_if<GroupStored>(&record)) {
    groups.get(r->group).classic = restore(r->group, r->generation);
  } else {
    apply(groups, record);
  }
}

Result<Outcome> decide_commit(const Groups& groups, const Commit& commit, const Limits& limits) {
  if (const Group* group = groups.find(commit.group)) {
    const auto refused = refuse_commit(group->classic, commit.who, commit.generation);
    if (refused) return fail(*refused);
  } else if (commit.generation.value >= 0) {
    return fail(commit.knows_missing_groups ? ErrorCode::GroupIdNotFound
                                            : ErrorCode::IllegalGeneration);
  }
  Outcome outcome;
  outcome.outcomes.reserve(commit.items.size());
  outcome.records.reserve(commit.items.size());
  for (const Commit::Item& item : commit.items) {
    if (item.committed.metadata.size() > limits.most_metadata) {
      outcome.outcomes.push_back(ErrorCode::OffsetMetadataTooLarge);
    } else {
      outcome.outcomes.push_back(ErrorCode::None);
      outcome.records.emplace_back(OffsetStored{commit.group, item.partition, item.committed});
    }
  }
  return outcome;
}

Result<Outcome> decide_delete_offsets(const Groups& groups, const GroupId& id,
                                      const std::vector<TopicPartition>& partitions) {
  const Group* group = groups.find(id);
  if (!group) return fail(ErrorCode::GroupIdNotFound);
  const Classic& classic = group->classic;
  if (classic.state != State::Empty && !classic.speaks_consumer()) {
    return fail(ErrorCode::NonEmptyGroup);
  }
  const auto topics = subscriptions(classic);
  Outcome outcome;
  for (const TopicPartition& partition : partitions) {
    const bool needed = subscribes(classic, topics, partition.topic);
    outcome.outcomes.push_back(needed ? ErrorCode::GroupSubscribedToTopic : ErrorCode::None);
    if (!needed && find_offset(*group, partition)) {
      outcome.records.emplace_back(OffsetDropped{id, partition});
    }
  }
  return outcome;
}

Result<std::vector<Record>> decide_erase(const Groups& groups, const GroupId& id) {
  const Group* group = groups.find(id);
  if (!group) return fail(ErrorCode::GroupIdNotFound);
  if (group->classic.state != State::Empty) return fail(ErrorCode::NonEmptyGroup);
  std::vector<Record> records;
  for (const auto& [topic, partitions] : group->offsets) {
    for (const auto& [partition, committed] : partitions) {
      records.emplace_back(OffsetDropped{id, {topic, partition}});
    }
  }
  records.emplace_back(GroupDropped{id});
  return records;
}

std::vector<Record> decide_expiry(const Group& group, const Limits& limits, Timestamp now) {
  const Classic& classic = group.classic;
  const auto topics = subscriptions(classic);
  std::vector<Record> records;
  bool all_gone = true;
  for (const auto& [topic, partitions] : group.offsets) {
    const bool needed = subscribes(classic, topics, topic);
    for (const auto& [partition, committed] : partitions) {
      if (!needed && is_expired(classic, committed, limits, now)) {
        records.emplace_back(OffsetDropped{classic.id, {topic, partition}});
      } else {
        all_gone = false;
      }
    }
  }
  const bool unused = classic.state == State::Empty && classic.reserved.empty();
  if (all_gone && unused) records.emplace_back(GroupDropped{classic.id});
  return records;
}

std::vector<Record> decide_topic_gone(const Groups& groups, const TopicName& topic) {
  std::vector<Record> records;
  for (const auto& [id, group] : groups.by_id) {
    const auto at = group.offsets.find(topic);
    if (at == group.offsets.end()) continue;
    for (const auto& [partition, committed] : at->second) {
      records.emplace_back(OffsetDropped{id, {topic, partition}});
    }
  }
  return records;
}

}  // namespace group

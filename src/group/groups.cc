#include "group/groups.h"

#include <algorithm>

#include "base/check.h"
#include "base/utf16.h"

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
  if (group == groups.by_id.end() || !group->second.as<Classic>()) return;
  group->second.membership = Classic{.id = id};
  groups.drop_if_blank(id);
}

bool is_farewell(const ConsumerChange& change) {
  return std::visit(overloaded{[](const TopicMetadataDropped&) { return true; },
                               [](const auto& set) { return !set.value; }},
                    change);
}
bool is_farewell(const ShareChange& change) {
  return std::visit([](const auto& set) { return !set.value; }, change);
}

// Changes a group of a newer protocol. The first record makes it, and with the last it is gone.
template <class Kind, class NewRecord>
void change(Groups& groups, const NewRecord& record) {
  const bool is_over = is_farewell(record.change);
  if (is_over && !groups.find(record.group)) return;
  Group& group = groups.get(record.group);
  if (!group.as<Kind>()) {
    if (is_over) return;
    group.membership = Kind{.id = record.group};
  }
  Kind& kind = *group.as<Kind>();
  group::apply(kind, record.change);
  if (!is_over || !kind.is_blank()) return;
  group.membership = Classic{.id = record.group};
  groups.drop_if_blank(record.group);
}

// From when on an offset's time runs; none while somebody may need it. In a group without members
// it is from when the last of them went, or from a later commit from outside.
std::optional<Timestamp> unused_since(const Group& any, const Committed& committed) {
  if (const auto* consumer = any.as<Consumer>(); consumer && consumer->members.empty()) {
    return std::max(committed.at, consumer->passing.epoch_since);
  }
  if (!any.as<Classic>()) return committed.at;
  const Classic& group = *any.as<Classic>();
  if (!group.protocol_type) return committed.at;  // Nobody ever joined.
  if (group.state == State::Empty) return std::max(committed.at, group.since);
  if (group.speaks_consumer() && group.state == State::Stable) return committed.at;
  return {};
}

bool is_expired(const Group& group, const Committed& committed, const Limits& limits,
                Timestamp now) {
  const auto since = unused_since(group, committed);
  if (!since) return false;
  if (committed.expires) return now >= *committed.expires;
  return now.value - since->value >= limits.retention.count();
}

// Nobody is in the group, or about to be. A share group goes when an administrator says so: where
// it has got to is not among the offsets.
bool is_unused(const Group& group) {
  if (group.as<Share>()) return false;
  const auto* classic = group.as<Classic>();
  return group.is_empty() && (!classic || classic->reserved.empty());
}

bool speaks_consumer(const Group& group) {
  const auto* classic = group.as<Classic>();
  return !classic || classic->speaks_consumer();
}

// Where the group cannot tell what it subscribes to, it may be anything.
bool subscribes(const Group& group, const std::optional<std::set<TopicName>>& topics,
                const TopicName& topic) {
  return topics ? topics->contains(topic) : speaks_consumer(group);
}

std::optional<ErrorCode> refuse_commit(const Group& group, const Commit& commit) {
  const bool names_none =
      commit.generation.value < 0 && commit.who.member.value.empty() && !commit.who.instance;
  if (commit.transactional && names_none && !group.as<Share>()) return {};
  return std::visit(
      overloaded{
          [&](const Classic& g) { return refuse_commit(g, commit.who, commit.generation); },
          [&](const Consumer& g) {
            return refuse_commit(g, commit.who, Epoch{commit.generation.value},
                                 commit.knows_epochs);
          },
          // Where a share group has got to is not in offsets of this kind.
          [](const Share&) -> std::optional<ErrorCode> { return ErrorCode::GroupIdNotFound; },
      },
      group.membership);
}

}  // namespace

const Group* Groups::find(const GroupId& id) const {
  const auto at = by_id.find(id);
  return at == by_id.end() ? nullptr : &at->second;
}

Group& Groups::get(const GroupId& id) {
  return by_id.try_emplace(id, Group{.membership = Classic{.id = id}}).first->second;
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
                   groups.pending.overrule(r.group, r.partition);
                   groups.get(r.group).offsets[r.partition.topic][r.partition.partition] =
                       r.committed;
                 },
                 [&](const OffsetDropped& r) {
                   groups.pending.overrule(r.group, r.partition);
                   drop_offset(groups, r.group, r.partition);
                 },
                 [&](const ConsumerRecord& r) { change<Consumer>(groups, r); },
                 [&](const ShareRecord& r) { change<Share>(groups, r); },
             },
             record);
}

void load(Groups& groups, const Record& record, Timestamp written) {
  if (const auto* r = std::get_if<GroupStored>(&record)) {
    groups.get(r->group).membership = restore(r->group, r->generation);
    return;
  }
  apply(groups, record);
  const auto* r = std::get_if<ConsumerRecord>(&record);
  if (!r || !std::holds_alternative<GroupEpochSet>(r->change)) return;
  const auto group = groups.by_id.find(r->group);
  if (group == groups.by_id.end()) return;
  if (auto* consumer = group->second.as<Consumer>()) consumer->passing.epoch_since = written;
}

std::set<GroupId> end_transaction(Groups& groups, ProducerId producer, bool commits) {
  std::set<GroupId> changed;
  if (!commits) groups.pending.abort(producer);
  for (OffsetStored& r : groups.pending.commit(producer)) {
    groups.get(r.group).offsets[r.partition.topic][r.partition.partition] = std::move(r.committed);
    changed.insert(std::move(r.group));
  }
  return changed;
}

Result<Outcome> decide_commit(const Groups& groups, const Commit& commit, const Limits& limits) {
  if (const Group* group = groups.find(commit.group)) {
    const auto refused = refuse_commit(*group, commit);
    if (refused) return fail(*refused);
  } else if (commit.generation.value >= 0) {
    return fail(commit.knows_epochs ? ErrorCode::GroupIdNotFound : ErrorCode::IllegalGeneration);
  }
  Outcome outcome;
  outcome.outcomes.reserve(commit.items.size());
  outcome.records.reserve(commit.items.size());
  for (const Commit::Item& item : commit.items) {
    if (utf16_length(item.committed.metadata) > limits.most_metadata) {
      outcome.outcomes.push_back(ErrorCode::OffsetMetadataTooLarge);
    } else {
      outcome.outcomes.push_back(ErrorCode::None);
      outcome.records.emplace_back(OffsetStored{commit.group, item.partition, item.committed});
    }
  }
  return outcome;
}

std::optional<ErrorCode> refuse_fetch(const Group& group, const MemberId& member, Epoch epoch) {
  const auto* consumer = group.as<Consumer>();
  return consumer ? refuse_fetch(*consumer, member, epoch) : std::nullopt;
}

Result<Outcome> decide_delete_offsets(const Groups& groups, const GroupId& id,
                                      const std::vector<TopicPartition>& partitions) {
  const Group* group = groups.find(id);
  if (!group || group->as<Share>()) return fail(ErrorCode::GroupIdNotFound);
  if (!group->is_empty() && !speaks_consumer(*group)) return fail(ErrorCode::NonEmptyGroup);
  const auto topics = subscriptions(*group);
  Outcome outcome;
  for (const TopicPartition& partition : partitions) {
    const bool needed = subscribes(*group, topics, partition.topic);
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
  if (!group->is_empty()) return fail(ErrorCode::NonEmptyGroup);
  std::vector<Record> records;
  for (const auto& [topic, partitions] : group->offsets) {
    for (const auto& [partition, committed] : partitions) {
      records.emplace_back(OffsetDropped{id, {topic, partition}});
    }
  }
  for (Record& record : farewell(*group)) records.push_back(std::move(record));
  return records;
}

std::vector<Record> decide_expiry(const Group& group, const Limits& limits, Timestamp now) {
  const auto topics = subscriptions(group);
  std::vector<Record> records;
  bool all_gone = true;
  for (const auto& [topic, partitions] : group.offsets) {
    const bool needed = subscribes(group, topics, topic);
    for (const auto& [partition, committed] : partitions) {
      if (!needed && is_expired(group, committed, limits, now)) {
        records.emplace_back(OffsetDropped{group.id(), {topic, partition}});
      } else {
        all_gone = false;
      }
    }
  }
  if (!all_gone || !is_unused(group)) return records;
  for (Record& record : farewell(group)) records.push_back(std::move(record));
  return records;
}

bool is_of_former_topic(const TopicName& name, const Committed& committed,
                        const cluster::Image& image) {
  const cluster::Topic* topic = image.find(name);
  return topic && committed.topic_id != TopicId{} && committed.topic_id != topic->id;
}

std::vector<Record> decide_former_topics(const Groups& groups, const std::set<TopicName>& names,
                                         const cluster::Image& image) {
  std::vector<Record> records;
  for (const TopicName& name : names) {
    for (Record& record : decide_topic_gone(groups, name)) {
      const auto& [id, partition] = std::get<OffsetDropped>(record);
      const Committed& committed = *find_offset(*groups.find(id), partition);
      if (is_of_former_topic(name, committed, image)) records.push_back(std::move(record));
    }
  }
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

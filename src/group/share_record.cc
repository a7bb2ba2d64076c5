#include "group/share_record.h"

#include "group/record_bytes.h"
#include "wire/state/share_group.h"

namespace group {
namespace {

constexpr std::int8_t kStable = 0;  // Members of share groups have no other state.

using States = wire::ShareGroupStatePartitionMetadataValue;

std::vector<States::TopicPartitionsInfo> to_infos(
    const std::map<TopicId, ShareStates::Topic>& topics) {
  std::vector<States::TopicPartitionsInfo> infos;
  for (const auto& [id, topic] : topics) infos.push_back({id, topic.name, topic.partitions});
  return infos;
}

std::map<TopicId, ShareStates::Topic> from_infos(std::vector<States::TopicPartitionsInfo>& infos) {
  std::map<TopicId, ShareStates::Topic> topics;
  for (auto& info : infos) {
    Assigned sorted;
    add(sorted, info.topic_id, std::move(info.partitions));
    if (sorted.empty()) continue;
    topics[info.topic_id] = {std::move(info.topic_name), std::move(sorted.begin()->second)};
  }
  return topics;
}

// Messages and what they mean: for each kind of record a `to_message` and a `to_meaning`.

wire::ShareGroupMetadataValue to_message(const GroupEpoch& epoch) {
  return {.epoch = epoch.epoch.value, .metadata_hash = epoch.metadata_hash};
}
GroupEpoch to_meaning(const wire::ShareGroupMetadataValue& value) {
  return {Epoch{value.epoch}, value.metadata_hash};
}

wire::ShareGroupMemberMetadataValue to_message(const ShareFacts& facts) {
  return {.rack_id = facts.rack,
          .client_id = facts.client_id,
          .client_host = facts.client_host,
          .subscribed_topic_names = {facts.topics.begin(), facts.topics.end()}};
}
ShareFacts to_meaning(wire::ShareGroupMemberMetadataValue value) {
  ShareFacts facts{.rack = std::move(value.rack_id),
                   .client_id = std::move(value.client_id),
                   .client_host = std::move(value.client_host)};
  facts.topics.insert(value.subscribed_topic_names.begin(), value.subscribed_topic_names.end());
  return facts;
}

wire::ShareGroupTargetAssignmentMetadataValue to_message(const Epoch& epoch) {
  return {.assignment_epoch = epoch.value};
}
Epoch to_meaning(const wire::ShareGroupTargetAssignmentMetadataValue& value) {
  return Epoch{value.assignment_epoch};
}

wire::ShareGroupTargetAssignmentMemberValue to_message(const Assigned& assigned) {
  using Value = wire::ShareGroupTargetAssignmentMemberValue;
  return {.topic_partitions = to_list<Value::TopicPartition>(assigned)};
}
Assigned to_meaning(wire::ShareGroupTargetAssignmentMemberValue value) {
  return gather(value.topic_partitions);
}

wire::ShareGroupCurrentMemberAssignmentValue to_message(const ShareHolding& holding) {
  using Entry = wire::ShareGroupCurrentMemberAssignmentValue::TopicPartitions;
  return {.member_epoch = holding.epoch.value,
          .previous_member_epoch = holding.previous.value,
          .state = kStable,
          .assigned_partitions = to_list<Entry>(holding.assigned)};
}
ShareHolding to_meaning(wire::ShareGroupCurrentMemberAssignmentValue value) {
  return {.epoch = Epoch{value.member_epoch},
          .previous = Epoch{value.previous_member_epoch},
          .assigned = gather(value.assigned_partitions)};
}

States to_message(const ShareStates& states) {
  States value{.initializing_topics = to_infos(states.beginning),
               .initialized_topics = to_infos(states.begun),
               .deleting_topics = {}};
  for (const auto& [id, name] : states.deleting) value.deleting_topics.push_back({id, name});
  return value;
}
ShareStates to_meaning(States value) {
  ShareStates states{.beginning = from_infos(value.initializing_topics),
                     .begun = from_infos(value.initialized_topics)};
  for (auto& topic : value.deleting_topics) {
    states.deleting.emplace(topic.topic_id, std::move(topic.topic_name));
  }
  return states;
}

template <class Key, class Meaning>
wire::CoordinatorRecord encoded(const Key& key, const std::optional<Meaning>& set) {
  return encode_set(key, set, [](const Meaning& meaning) { return to_message(meaning); });
}

template <class Set, class Key, class Value>
Result<std::optional<ShareRecord>> decoded(const SetBytes& bytes,
                                           Result<Key> (*read_key)(Bytes, wire::Version),
                                           Result<Value> (*read_value)(Bytes, wire::Version)) {
  return decode_set<ShareRecord, Set>(bytes, read_key, read_value,
                                      [](Value value) { return to_meaning(std::move(value)); });
}

}  // namespace

wire::CoordinatorRecord encode(const ShareRecord& record) {
  const GroupId& group = record.group;
  return std::visit(
      overloaded{
          [&](const ShareEpochSet& s) {
            return encoded(wire::ShareGroupMetadataKey{.group_id = group}, s.value);
          },
          [&](const ShareMemberSet& s) {
            return encoded(
                wire::ShareGroupMemberMetadataKey{.group_id = group, .member_id = s.member},
                s.value);
          },
          [&](const ShareTargetEpochSet& s) {
            return encoded(wire::ShareGroupTargetAssignmentMetadataKey{.group_id = group}, s.value);
          },
          [&](const ShareTargetSet& s) {
            return encoded(
                wire::ShareGroupTargetAssignmentMemberKey{.group_id = group, .member_id = s.member},
                s.value);
          },
          [&](const ShareHoldingSet& s) {
            return encoded(wire::ShareGroupCurrentMemberAssignmentKey{.group_id = group,
                                                                      .member_id = s.member},
                           s.value);
          },
          [&](const ShareStatesSet& s) {
            return encoded(wire::ShareGroupStatePartitionMetadataKey{.group_id = group}, s.value);
          },
      },
      record.change);
}

Result<std::optional<ShareRecord>> decode_share(std::int16_t kind, Bytes key,
                                                std::optional<Bytes> value) {
  const SetBytes bytes{key, value};
  switch (kind) {
    case wire::ShareGroupMetadataKey::kKey:
      return decoded<ShareEpochSet>(bytes, wire::read_share_group_metadata_key,
                                    wire::read_share_group_metadata_value);
    case wire::ShareGroupMemberMetadataKey::kKey:
      return decoded<ShareMemberSet>(bytes, wire::read_share_group_member_metadata_key,
                                     wire::read_share_group_member_metadata_value);
    case wire::ShareGroupTargetAssignmentMetadataKey::kKey:
      return decoded<ShareTargetEpochSet>(bytes,
                                          wire::read_share_group_target_assignment_metadata_key,
                                          wire::read_share_group_target_assignment_metadata_value);
    case wire::ShareGroupTargetAssignmentMemberKey::kKey:
      return decoded<ShareTargetSet>(bytes, wire::read_share_group_target_assignment_member_key,
                                     wire::read_share_group_target_assignment_member_value);
    case wire::ShareGroupCurrentMemberAssignmentKey::kKey:
      return decoded<ShareHoldingSet>(bytes, wire::read_share_group_current_member_assignment_key,
                                      wire::read_share_group_current_member_assignment_value);
    case wire::ShareGroupStatePartitionMetadataKey::kKey:
      return decoded<ShareStatesSet>(bytes, wire::read_share_group_state_partition_metadata_key,
                                     wire::read_share_group_state_partition_metadata_value);
    default:
      return std::nullopt;
  }
}

}  // namespace group

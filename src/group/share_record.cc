#include "group/share_record.h"

#include "group/record.h"
#include "group/record_bytes.h"
#include "wire/state/share_group.h"

namespace group {
namespace {

constexpr wire::Version kVersion{0};  // The only one of all of these, as of Kafka 4.2.
constexpr std::int8_t kStable = 0;    // Members of share groups have no other state.

template <class List>
List to_list(const Assigned& assigned) {
  List list;
  list.reserve(assigned.size());
  for (const auto& [topic, partitions] : assigned) list.push_back({topic, partitions});
  return list;
}

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
  return {.topic_partitions = to_list<std::vector<Value::TopicPartition>>(assigned)};
}
Assigned to_meaning(wire::ShareGroupTargetAssignmentMemberValue value) {
  return gather(value.topic_partitions);
}

wire::ShareGroupCurrentMemberAssignmentValue to_message(const ShareHolding& holding) {
  using List = std::vector<wire::ShareGroupCurrentMemberAssignmentValue::TopicPartitions>;
  return {.member_epoch = holding.epoch.value,
          .previous_member_epoch = holding.previous.value,
          .state = kStable,
          .assigned_partitions = to_list<List>(holding.assigned)};
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

template <class Key, class Value>
Encoded encoded(const Key& key, const std::optional<Value>& value) {
  Encoded encoded{.key = key_bytes(key), .value = {}};
  if (value) encoded.value = value_bytes(to_message(*value), kVersion);
  return encoded;
}

// The value of a record, if it has one.
template <class Meaning, class Value>
Result<std::optional<Meaning>> read_value(std::optional<Bytes> bytes,
                                          Result<Value> (*read)(Bytes, wire::Version)) {
  if (!bytes) return std::nullopt;
  const Prefixed versioned = TRY(read_prefix(*bytes));
  auto value = TRY(read(versioned.rest, versioned.prefix));
  return to_meaning(std::move(value));
}

using Decoded = Result<std::optional<ShareRecord>>;

Decoded decode_epoch(Bytes key_bytes, std::optional<Bytes> value) {
  auto key = TRY(wire::read_share_group_metadata_key(key_bytes, 0));
  auto read = TRY(read_value<GroupEpoch>(value, wire::read_share_group_metadata_value));
  return ShareRecord{std::move(key.group_id), ShareEpochSet{read}};
}
Decoded decode_member(Bytes key_bytes, std::optional<Bytes> value) {
  auto key = TRY(wire::read_share_group_member_metadata_key(key_bytes, 0));
  auto read = TRY(read_value<ShareFacts>(value, wire::read_share_group_member_metadata_value));
  return ShareRecord{std::move(key.group_id), ShareMemberSet{std::move(key.member_id), read}};
}
Decoded decode_target_epoch(Bytes key_bytes, std::optional<Bytes> value) {
  auto key = TRY(wire::read_share_group_target_assignment_metadata_key(key_bytes, 0));
  auto read =
      TRY(read_value<Epoch>(value, wire::read_share_group_target_assignment_metadata_value));
  return ShareRecord{std::move(key.group_id), ShareTargetEpochSet{read}};
}
Decoded decode_target(Bytes key_bytes, std::optional<Bytes> value) {
  auto key = TRY(wire::read_share_group_target_assignment_member_key(key_bytes, 0));
  auto read =
      TRY(read_value<Assigned>(value, wire::read_share_group_target_assignment_member_value));
  return ShareRecord{std::move(key.group_id), ShareTargetSet{std::move(key.member_id), read}};
}
Decoded decode_holding(Bytes key_bytes, std::optional<Bytes> value) {
  auto key = TRY(wire::read_share_group_current_member_assignment_key(key_bytes, 0));
  auto read =
      TRY(read_value<ShareHolding>(value, wire::read_share_group_current_member_assignment_value));
  return ShareRecord{std::move(key.group_id), ShareHoldingSet{std::move(key.member_id), read}};
}
Decoded decode_states(Bytes key_bytes, std::optional<Bytes> value) {
  auto key = TRY(wire::read_share_group_state_partition_metadata_key(key_bytes, 0));
  auto read =
      TRY(read_value<ShareStates>(value, wire::read_share_group_state_partition_metadata_value));
  return ShareRecord{std::move(key.group_id), ShareStatesSet{read}};
}

}  // namespace

Encoded encode(const ShareRecord& record) {
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
  switch (kind) {
    case wire::ShareGroupMetadataKey::kKey:
      return decode_epoch(key, value);
    case wire::ShareGroupMemberMetadataKey::kKey:
      return decode_member(key, value);
    case wire::ShareGroupTargetAssignmentMetadataKey::kKey:
      return decode_target_epoch(key, value);
    case wire::ShareGroupTargetAssignmentMemberKey::kKey:
      return decode_target(key, value);
    case wire::ShareGroupCurrentMemberAssignmentKey::kKey:
      return decode_holding(key, value);
    case wire::ShareGroupStatePartitionMetadataKey::kKey:
      return decode_states(key, value);
    default:
      return std::nullopt;
  }
}

}  // namespace group

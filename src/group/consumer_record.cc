#include "group/consumer_record.h"

#include "group/record_bytes.h"
#include "wire/state/consumer_group.h"

namespace group {
namespace {

MemberState to_state(std::int8_t number) {
  switch (number) {
    case 0:
    case 1:
    case 2:
      return static_cast<MemberState>(number);
    default:
      return MemberState::Unknown;
  }
}

// Messages and what they mean: for each kind of record a `to_message` and a `to_meaning`.

wire::ConsumerGroupMetadataValue to_message(const GroupEpoch& epoch) {
  return {.epoch = epoch.epoch.value, .metadata_hash = epoch.metadata_hash};
}
GroupEpoch to_meaning(const wire::ConsumerGroupMetadataValue& value) {
  return {Epoch{value.epoch}, value.metadata_hash};
}

wire::ConsumerGroupMemberMetadataValue to_message(const MemberFacts& facts) {
  wire::ConsumerGroupMemberMetadataValue value{
      .instance_id = facts.instance,
      .rack_id = facts.rack,
      .client_id = facts.client_id,
      .client_host = facts.client_host,
      .subscribed_topic_names = {facts.topics.begin(), facts.topics.end()},
      .subscribed_topic_regex = facts.regex,
      .rebalance_timeout_ms = to_int32(facts.rebalance_timeout),
      .server_assignor = facts.assignor,
      .classic_member_metadata = std::nullopt,
  };
  if (!facts.classic) return value;
  wire::ConsumerGroupMemberMetadataValue::ClassicMemberMetadata classic;
  classic.session_timeout_ms = to_int32(facts.classic->session_timeout);
  for (const Protocol& protocol : facts.classic->protocols) {
    classic.supported_protocols.push_back({protocol.name, protocol.metadata});
  }
  value.classic_member_metadata = std::move(classic);
  return value;
}
MemberFacts to_meaning(wire::ConsumerGroupMemberMetadataValue value) {
  MemberFacts facts{.instance = std::move(value.instance_id),
                    .rack = std::move(value.rack_id),
                    .client_id = std::move(value.client_id),
                    .client_host = std::move(value.client_host),
                    .regex = std::move(value.subscribed_topic_regex),
                    .rebalance_timeout = Millis{value.rebalance_timeout_ms},
                    .assignor = std::move(value.server_assignor)};
  facts.topics.insert(value.subscribed_topic_names.begin(), value.subscribed_topic_names.end());
  if (facts.regex && facts.regex->empty()) facts.regex.reset();
  if (!value.classic_member_metadata) return facts;
  auto& classic = facts.classic.emplace();
  classic.session_timeout = Millis{value.classic_member_metadata->session_timeout_ms};
  for (auto& protocol : value.classic_member_metadata->supported_protocols) {
    classic.protocols.push_back({std::move(protocol.name), std::move(protocol.metadata)});
  }
  if (classic.protocols.empty()) facts.classic.reset();  // It would have nothing to say.
  return facts;
}

wire::ConsumerGroupTargetAssignmentMetadataValue to_message(const Epoch& epoch) {
  return {.assignment_epoch = epoch.value};
}
Epoch to_meaning(const wire::ConsumerGroupTargetAssignmentMetadataValue& value) {
  return Epoch{value.assignment_epoch};
}

wire::ConsumerGroupTargetAssignmentMemberValue to_message(const Assigned& assigned) {
  using Value = wire::ConsumerGroupTargetAssignmentMemberValue;
  return {.topic_partitions = to_list<Value::TopicPartition>(assigned)};
}
Assigned to_meaning(wire::ConsumerGroupTargetAssignmentMemberValue value) {
  return gather(value.topic_partitions);
}

wire::ConsumerGroupCurrentMemberAssignmentValue to_message(const Holding& holding) {
  using Entry = wire::ConsumerGroupCurrentMemberAssignmentValue::TopicPartitions;
  return {.member_epoch = holding.epoch.value,
          .previous_member_epoch = holding.previous.value,
          .state = static_cast<std::int8_t>(holding.state),
          .assigned_partitions = to_list<Entry>(holding.assigned),
          .partitions_pending_revocation = to_list<Entry>(holding.revoking)};
}
Holding to_meaning(wire::ConsumerGroupCurrentMemberAssignmentValue value) {
  return {.epoch = Epoch{value.member_epoch},
          .previous = Epoch{value.previous_member_epoch},
          .state = to_state(value.state),
          .assigned = gather(value.assigned_partitions),
          .revoking = gather(value.partitions_pending_revocation)};
}

wire::ConsumerGroupRegularExpressionValue to_message(const Resolved& resolved) {
  return {.topics = {resolved.topics.begin(), resolved.topics.end()},
          .version = resolved.version,
          .timestamp = resolved.at};
}
Resolved to_meaning(const wire::ConsumerGroupRegularExpressionValue& value) {
  return {.topics = {value.topics.begin(), value.topics.end()},
          .version = value.version,
          .at = value.timestamp};
}

template <class Key, class Meaning>
wire::CoordinatorRecord encoded(const Key& key, const std::optional<Meaning>& set) {
  return encode_set(key, set, [](const Meaning& meaning) { return to_message(meaning); });
}

template <class Set, class Key, class Value>
Result<std::optional<ConsumerRecord>> decoded(const SetBytes& bytes,
                                              Result<Key> (*read_key)(Bytes, wire::Version),
                                              Result<Value> (*read_value)(Bytes, wire::Version)) {
  return decode_set<ConsumerRecord, Set>(bytes, read_key, read_value,
                                         [](Value value) { return to_meaning(std::move(value)); });
}

// An old log may have a value here; all that is taken from it is that there was a group.
Result<std::optional<ConsumerRecord>> decode_topic_metadata(Bytes key_bytes) {
  auto key = TRY(wire::read_consumer_group_partition_metadata_key(key_bytes, 0));
  return ConsumerRecord{std::move(key.group_id), TopicMetadataDropped{}};
}

}  // namespace

wire::CoordinatorRecord encode(const ConsumerRecord& record) {
  const GroupId& group = record.group;
  return std::visit(
      overloaded{
          [&](const GroupEpochSet& set) {
            return encoded(wire::ConsumerGroupMetadataKey{.group_id = group}, set.value);
          },
          [&](const TopicMetadataDropped&) {
            return wire::CoordinatorRecord{
                .key = wire::key_bytes(wire::ConsumerGroupPartitionMetadataKey{.group_id = group})};
          },
          [&](const MemberSet& set) {
            return encoded(wire::ConsumerGroupMemberMetadataKey{group, set.member}, set.value);
          },
          [&](const TargetEpochSet& set) {
            return encoded(wire::ConsumerGroupTargetAssignmentMetadataKey{.group_id = group},
                           set.value);
          },
          [&](const TargetSet& set) {
            return encoded(wire::ConsumerGroupTargetAssignmentMemberKey{group, set.member},
                           set.value);
          },
          [&](const HoldingSet& set) {
            return encoded(wire::ConsumerGroupCurrentMemberAssignmentKey{group, set.member},
                           set.value);
          },
          [&](const RegexSet& set) {
            return encoded(wire::ConsumerGroupRegularExpressionKey{group, set.regex}, set.value);
          },
      },
      record.change);
}

Result<std::optional<ConsumerRecord>> decode_consumer(std::int16_t kind, Bytes key,
                                                      std::optional<Bytes> value) {
  const SetBytes bytes{key, value};
  switch (kind) {
    case wire::ConsumerGroupMetadataKey::kKey:
      return decoded<GroupEpochSet>(bytes, wire::read_consumer_group_metadata_key,
                                    wire::read_consumer_group_metadata_value);
    case wire::ConsumerGroupPartitionMetadataKey::kKey:
      return decode_topic_metadata(key);
    case wire::ConsumerGroupMemberMetadataKey::kKey:
      return decoded<MemberSet>(bytes, wire::read_consumer_group_member_metadata_key,
                                wire::read_consumer_group_member_metadata_value);
    case wire::ConsumerGroupTargetAssignmentMetadataKey::kKey:
      return decoded<TargetEpochSet>(bytes,
                                     wire::read_consumer_group_target_assignment_metadata_key,
                                     wire::read_consumer_group_target_assignment_metadata_value);
    case wire::ConsumerGroupTargetAssignmentMemberKey::kKey:
      return decoded<TargetSet>(bytes, wire::read_consumer_group_target_assignment_member_key,
                                wire::read_consumer_group_target_assignment_member_value);
    case wire::ConsumerGroupCurrentMemberAssignmentKey::kKey:
      return decoded<HoldingSet>(bytes, wire::read_consumer_group_current_member_assignment_key,
                                 wire::read_consumer_group_current_member_assignment_value);
    case wire::ConsumerGroupRegularExpressionKey::kKey:
      return decoded<RegexSet>(bytes, wire::read_consumer_group_regular_expression_key,
                               wire::read_consumer_group_regular_expression_value);
    default:
      return std::nullopt;
  }
}

}  // namespace group

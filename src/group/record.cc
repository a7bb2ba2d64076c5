#include "group/record.h"

#include "group/record_bytes.h"
#include "wire/state/group.h"

namespace group {
namespace {

// The versions that Kafka 4.2 writes, so that it can take our log over.
constexpr wire::Version kOffsetVersion{4};
constexpr wire::Version kExpiringOffsetVersion{1};  // The only one with an expiry of its own.
constexpr wire::Version kGroupVersion{3};

ByteVector offset_key(const GroupId& group, const TopicPartition& partition) {
  const wire::OffsetCommitKey key{
      .group = group, .topic = partition.topic, .partition = partition.partition};
  return wire::key_bytes(key);
}

ByteVector group_key(const GroupId& group) {
  return wire::key_bytes(wire::GroupMetadataKey{.group = group});
}

ByteVector offset_value(const Committed& committed) {
  const wire::OffsetCommitValue value{
      .offset = committed.offset,
      .leader_epoch = committed.leader_epoch,
      .metadata = committed.metadata,
      .commit_timestamp = committed.at,
      .expire_timestamp = committed.expires.value_or(kNoTimestamp),
      .topic_id = committed.topic_id,
  };
  const wire::Version version = committed.expires ? kExpiringOffsetVersion : kOffsetVersion;
  return wire::value_bytes(value, version);
}

ByteVector group_value(const StoredGeneration& generation) {
  wire::GroupMetadataValue value{
      .protocol_type = generation.protocol_type,
      .generation = generation.generation.value,
      .protocol = generation.protocol,
      .current_state_timestamp = generation.since,
  };
  if (generation.leader) value.leader = generation.leader->value;
  value.members.reserve(generation.members.size());
  for (const StoredMember& member : generation.members) {
    value.members.push_back({.member_id = member.id,
                             .group_instance_id = member.instance,
                             .client_id = member.client_id,
                             .client_host = member.client_host,
                             .rebalance_timeout = to_int32(member.rebalance_timeout),
                             .session_timeout = to_int32(member.session_timeout),
                             .subscription = member.subscription,
                             .assignment = member.assignment});
  }
  return wire::value_bytes(value, kGroupVersion);
}

Result<Committed> read_committed(Bytes bytes, wire::Version version) {
  auto value = TRY(wire::read_offset_commit_value(bytes, version));
  Committed committed{.offset = value.offset,
                      .leader_epoch = value.leader_epoch,
                      .metadata = std::move(value.metadata),
                      .at = value.commit_timestamp,
                      .topic_id = value.topic_id};
  if (value.expire_timestamp != kNoTimestamp) committed.expires = value.expire_timestamp;
  return committed;
}

Result<StoredGeneration> read_generation(Bytes bytes, wire::Version version) {
  auto value = TRY(wire::read_group_metadata_value(bytes, version));
  StoredGeneration generation{.protocol_type = std::move(value.protocol_type),
                              .generation = Generation{value.generation},
                              .protocol = std::move(value.protocol),
                              .since = value.current_state_timestamp};
  if (value.leader) generation.leader = MemberId{std::move(*value.leader)};
  generation.members.reserve(value.members.size());
  for (auto& member : value.members) {
    const std::int32_t rebalance =
        member.rebalance_timeout < 0 ? member.session_timeout : member.rebalance_timeout;
    generation.members.push_back({.id = std::move(member.member_id),
                                  .instance = std::move(member.group_instance_id),
                                  .client_id = std::move(member.client_id),
                                  .client_host = std::move(member.client_host),
                                  .rebalance_timeout = Millis{rebalance},
                                  .session_timeout = Millis{member.session_timeout},
                                  .subscription = std::move(member.subscription),
                                  .assignment = std::move(member.assignment)});
  }
  return generation;
}

Result<Record> decode_offset(Bytes key_bytes, std::optional<Bytes> value) {
  auto key = TRY(wire::read_offset_commit_key(key_bytes, 0));
  const TopicPartition partition{std::move(key.topic), key.partition};
  if (!value) return OffsetDropped{std::move(key.group), partition};
  const wire::Prefixed versioned = TRY(wire::read_prefix(*value));
  return OffsetStored{std::move(key.group), partition,
                      TRY(read_committed(versioned.rest, versioned.prefix))};
}

Result<Record> decode_group(Bytes key_bytes, std::optional<Bytes> value) {
  auto key = TRY(wire::read_group_metadata_key(key_bytes, 0));
  if (!value) return GroupDropped{std::move(key.group)};
  const wire::Prefixed versioned = TRY(wire::read_prefix(*value));
  return GroupStored{std::move(key.group), TRY(read_generation(versioned.rest, versioned.prefix))};
}

Result<std::optional<Record>> decode_by_kind(Bytes key, std::optional<Bytes> value) {
  const wire::Prefixed kind = TRY(wire::read_prefix(key));
  switch (kind.prefix) {
    case wire::LegacyOffsetCommitKey::kKey:
    case wire::OffsetCommitKey::kKey:
      return TRY(decode_offset(kind.rest, value));
    case wire::GroupMetadataKey::kKey:
      return TRY(decode_group(kind.rest, value));
    default:
      break;
  }
  if (auto record = TRY(decode_consumer(kind.prefix, kind.rest, value))) return *std::move(record);
  if (auto record = TRY(decode_share(kind.prefix, kind.rest, value))) return *std::move(record);
  return std::nullopt;
}

}  // namespace

const GroupId& group_of(const Record& record) {
  return std::visit([](const auto& r) -> const GroupId& { return r.group; }, record);
}

Encoded encode(const Record& record) {
  return std::visit(
      overloaded{
          [](const GroupStored& r) -> Encoded {
            return {group_key(r.group), group_value(r.generation)};
          },
          [](const GroupDropped& r) -> Encoded { return {group_key(r.group), std::nullopt}; },
          [](const OffsetStored& r) -> Encoded {
            return {offset_key(r.group, r.partition), offset_value(r.committed)};
          },
          [](const OffsetDropped& r) -> Encoded {
            return {offset_key(r.group, r.partition), std::nullopt};
          },
          [](const ConsumerRecord& r) { return encode(r); },
          [](const ShareRecord& r) { return encode(r); },
      },
      record);
}

Result<std::optional<Record>> decode(Bytes key, std::optional<Bytes> value) {
  auto record = decode_by_kind(key, value);
  // Whatever a reader of requests calls it, a log that cannot be read is corrupt.
  if (!record) return fail(ErrorCode::CorruptMessage, std::move(record.error().detail));
  return record;
}

}  // namespace group

// The records of share group state as bytes.
#include "share/state.h"
#include "wire/state/share.h"

namespace share {
namespace {

constexpr wire::Version kVersion{0};  // Of both kinds of value, as of Kafka 4.2.

template <class Message>
ByteVector key_of(const Key& key) {
  return wire::key_bytes(
      Message{.group_id = key.group, .topic_id = key.topic, .partition = key.partition});
}

template <class Message>
std::vector<typename Message::StateBatch> to_wire(const std::vector<StateBatch>& batches) {
  std::vector<typename Message::StateBatch> out;
  out.reserve(batches.size());
  for (const StateBatch& batch : batches) {
    out.push_back({.first_offset = batch.range.first,
                   .last_offset = batch.range.last,
                   .delivery_state = static_cast<std::int8_t>(batch.state),
                   .delivery_count = batch.delivery_count});
  }
  return out;
}

ByteVector value_of(const Stored& stored) {
  return wire::value_bytes(
      wire::ShareSnapshotValue{
          .snapshot_epoch = stored.snapshot_epoch,
          .state_epoch = stored.state_epoch,
          .leader_epoch = stored.leader_epoch,
          .start_offset = stored.start,
          .delivery_complete_count = stored.complete,
          .create_timestamp = stored.created,
          .write_timestamp = stored.written,
          .state_batches = to_wire<wire::ShareSnapshotValue>(batches_of(stored.deliveries))},
      kVersion);
}

ByteVector value_of(const Update& update) {
  return wire::value_bytes(
      wire::ShareUpdateValue{.snapshot_epoch = update.snapshot_epoch,
                             .leader_epoch = update.leader_epoch,
                             .start_offset = update.start,
                             .delivery_complete_count = update.complete,
                             .state_batches = to_wire<wire::ShareUpdateValue>(update.batches)},
      kVersion);
}

template <class Wire>
Result<std::vector<StateBatch>> from_wire(const std::vector<Wire>& batches) {
  std::vector<StateBatch> out;
  out.reserve(batches.size());
  for (const Wire& batch : batches) {
    const auto state = static_cast<RecordState>(batch.delivery_state);
    const bool known = state == RecordState::Available || is_done(state);
    const bool sound = batch.first_offset >= Offset{0} && batch.last_offset >= batch.first_offset &&
                       batch.last_offset.value < INT64_MAX && batch.delivery_count >= 0;
    if (!known || !sound) return fail(ErrorCode::CorruptMessage, "a broken batch of share state");
    out.push_back({{batch.first_offset, batch.last_offset}, state, batch.delivery_count});
  }
  return out;
}

Result<Record> decode_snapshot(Key key, std::optional<Bytes> bytes) {
  const auto read = TRY(wire::read_value(bytes, wire::read_share_snapshot_value));
  if (!read) return Dropped{std::move(key)};
  const wire::ShareSnapshotValue& value = *read;
  Stored stored{.snapshot_epoch = value.snapshot_epoch,
                .state_epoch = value.state_epoch,
                .leader_epoch = value.leader_epoch,
                .start = std::max(value.start_offset, kNoStart),
                .complete = value.delivery_complete_count,
                .created = value.create_timestamp,
                .written = value.write_timestamp};
  for (const StateBatch& batch : TRY(from_wire(value.state_batches))) {
    stored.deliveries.set(batch.range, {batch.delivery_count, batch.state});
  }
  if (stored.start != kNoStart) stored.deliveries.cut_below(stored.start);
  return Snapshot{std::move(key), std::move(stored)};
}

Result<Record> decode_update(Key key, std::optional<Bytes> bytes) {
  const auto value = TRY(wire::read_value(bytes, wire::read_share_update_value));
  if (!value) return Dropped{std::move(key)};
  return Update{.key = std::move(key),
                .snapshot_epoch = value->snapshot_epoch,
                .leader_epoch = value->leader_epoch,
                .start = std::max(value->start_offset, kNoStart),
                .complete = value->delivery_complete_count,
                .batches = TRY(from_wire(value->state_batches))};
}

Result<std::optional<Record>> decode_by_kind(Bytes key_bytes, std::optional<Bytes> value) {
  const wire::Prefixed kind = TRY(wire::read_prefix(key_bytes));
  if (kind.prefix == wire::ShareSnapshotKey::kKey) {
    auto key = TRY(wire::read_share_snapshot_key(kind.rest, 0));
    return TRY(decode_snapshot({std::move(key.group_id), key.topic_id, key.partition}, value));
  }
  if (kind.prefix == wire::ShareUpdateKey::kKey) {
    auto key = TRY(wire::read_share_update_key(kind.rest, 0));
    return TRY(decode_update({std::move(key.group_id), key.topic_id, key.partition}, value));
  }
  return std::nullopt;
}

}  // namespace

Encoded encode(const Record& record) {
  return std::visit(overloaded{
                        [](const Snapshot& r) -> Encoded {
                          return {key_of<wire::ShareSnapshotKey>(r.key), value_of(r.stored)};
                        },
                        [](const Update& r) -> Encoded {
                          return {key_of<wire::ShareUpdateKey>(r.key), value_of(r)};
                        },
                        [](const Dropped& r) -> Encoded {
                          return {key_of<wire::ShareSnapshotKey>(r.key), std::nullopt};
                        },
                    },
                    record);
}

Result<std::optional<Record>> decode(Bytes key, std::optional<Bytes> value) {
  auto record = decode_by_kind(key, value);
  // Whatever a reader of requests calls it, a log that cannot be read is corrupt.
  if (!record) return fail(ErrorCode::CorruptMessage, std::move(record.error().detail));
  return record;
}

}  // namespace share

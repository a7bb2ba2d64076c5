// The records of transactions as bytes.
#include <algorithm>

#include "txn/transactions.h"
#include "wire/state/txn.h"

namespace txn {
namespace {

using Key = wire::TransactionLogKey;
using Value = wire::TransactionLogValue;
constexpr wire::Version kValueVersion = 1;

// Null where there is no transaction, as Kafka has it; partitions by topic.
std::optional<std::vector<Value::PartitionsSchema>> topics_of(const Transaction& transaction) {
  if (transaction.status == Status::Empty) return {};
  std::vector<Value::PartitionsSchema> topics;
  for (const TopicPartition& partition : transaction.partitions) {
    if (topics.empty() || topics.back().topic != partition.topic) {
      topics.push_back({.topic = partition.topic});
    }
    topics.back().partition_ids.push_back(partition.partition);
  }
  return topics;
}

// Kafka numbers the first version 0 and 1, without any difference.
std::int16_t number_of(Protocol protocol) { return protocol == Protocol::Second ? 2 : 0; }

Result<Transaction> from_wire(const Value& value) {
  const bool is_known = value.transaction_status >= 0 && value.transaction_status <= 7;
  const bool is_sound = value.producer_id.value >= 0 && value.producer_epoch.value >= -1 &&
                        value.transaction_timeout_ms >= 0;
  if (!is_known || !is_sound) return fail(ErrorCode::CorruptMessage, "a broken transaction");
  Transaction transaction{
      .producer = {value.producer_id, value.producer_epoch},
      .previous = value.previous_producer_id,
      .successor = value.next_producer_id,
      .timeout = Millis{value.transaction_timeout_ms},
      .status = static_cast<Status>(value.transaction_status),
      .started = std::max(value.transaction_start_timestamp_ms, kNoTimestamp),
      .updated = std::max(value.transaction_last_update_timestamp_ms, kNoTimestamp),
      .protocol = value.client_transaction_version >= 2 ? Protocol::Second : Protocol::First};
  if (!value.transaction_partitions) return transaction;
  for (const Value::PartitionsSchema& topic : *value.transaction_partitions) {
    for (const PartitionIndex index : topic.partition_ids) {
      if (index.value < 0) return fail(ErrorCode::CorruptMessage, "a broken transaction");
      transaction.partitions.insert({topic.topic, index});
    }
  }
  return transaction;
}

Result<std::optional<Record>> decode_any(Bytes key_bytes, std::optional<Bytes> value_bytes) {
  const wire::Prefixed kind = TRY(wire::read_prefix(key_bytes));
  if (kind.prefix != Key::kKey) return std::nullopt;
  Key key = TRY(wire::read_transaction_log_key(kind.rest, 0));
  const auto value = TRY(wire::read_value(value_bytes, wire::read_transaction_log_value));
  if (!value) return Removed{std::move(key.transactional_id)};
  Transaction transaction = TRY(from_wire(*value));
  // Kafka never writes this: an id that is about to be forgotten is as good as forgotten.
  if (transaction.status == Status::Dead) return Removed{std::move(key.transactional_id)};
  // Nor this: the abort that belongs to it was never decided.
  if (transaction.status == Status::PrepareEpochFence) transaction.status = Status::Ongoing;
  return Stored{std::move(key.transactional_id), std::move(transaction)};
}

}  // namespace

wire::CoordinatorRecord encode(const Record& record) {
  if (const auto* removed = std::get_if<Removed>(&record)) {
    return {wire::key_bytes(Key{.transactional_id = removed->id}), std::nullopt};
  }
  const auto& [id, transaction] = std::get<Stored>(record);
  return {
      wire::key_bytes(Key{.transactional_id = id}),
      wire::value_bytes(
          Value{.producer_id = transaction.producer.id,
                .previous_producer_id = transaction.previous,
                .next_producer_id = transaction.successor,
                .producer_epoch = transaction.producer.epoch,
                .transaction_timeout_ms = static_cast<std::int32_t>(transaction.timeout.count()),
                .transaction_status = static_cast<std::int8_t>(transaction.status),
                .transaction_partitions = topics_of(transaction),
                .transaction_last_update_timestamp_ms = transaction.updated,
                .transaction_start_timestamp_ms = transaction.started,
                .client_transaction_version = number_of(transaction.protocol)},
          kValueVersion)};
}

Result<std::optional<Record>> decode(Bytes key, std::optional<Bytes> value) {
  auto record = decode_any(key, value);
  // Whatever a reader of requests calls it, a log that cannot be read is corrupt.
  if (!record) return fail(ErrorCode::CorruptMessage, std::move(record.error().detail));
  return record;
}

}  // namespace txn

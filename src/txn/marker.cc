#include "txn/marker.h"

#include "wire/io.h"
#include "wire/record_batch_builder.h"
#include "wire/state/control.h"

namespace txn {
namespace {

// What the key of a control record says it is. Of the numbers above, none is about transactions.
constexpr std::int16_t kAbort = 0;
constexpr std::int16_t kCommit = 1;
constexpr std::int16_t kVersion = 0;  // Of key and value alike.

constexpr std::size_t kKeySize = 4;  // Version and type. Later versions only add behind them.

ByteVector key_of(Outcome outcome) {
  ByteVector key(kKeySize);
  store_big(key.data(), kVersion);
  store_big(key.data() + 2, outcome == Outcome::Commit ? kCommit : kAbort);
  return key;
}

ByteVector value_of(std::int32_t coordinator_epoch) {
  wire::Output value;
  value.bytes.resize(sizeof kVersion);
  store_big(value.bytes.data(), kVersion);
  write(wire::EndTxnMarker{.coordinator_epoch = coordinator_epoch}, kVersion, value);
  return std::move(value.bytes);
}

}  // namespace

ByteVector marker_batch(const Marker& marker, Timestamp now) {
  wire::BatchBuilder builder({.producer_id = marker.producer,
                              .producer_epoch = marker.epoch,
                              .transactional = true,
                              .control = true});
  builder.add(now, key_of(marker.outcome), value_of(marker.coordinator_epoch));
  return builder.finish();
}

Result<std::optional<AppendedMarker>> read_marker(const wire::BatchHeader& header, Bytes batch,
                                                  wire::BatchScratch& scratch) {
  wire::BatchReader reader = TRY(wire::BatchReader::open(batch, scratch));
  const std::optional<wire::RecordView> record = TRY(reader.next());
  if (!record) return std::nullopt;  // Compaction took the marker; its transaction is gone too.
  if (!record->key || record->key->size() < kKeySize) {
    return fail(ErrorCode::CorruptMessage, "a control record without a type");
  }
  const auto type = load_big<std::int16_t>(record->key->data() + 2);
  if (type != kAbort && type != kCommit) return std::nullopt;
  if (!record->value || record->value->size() < 6) {
    return fail(ErrorCode::CorruptMessage, "a transaction marker without a coordinator epoch");
  }
  return AppendedMarker{.producer = header.producer_id,
                        .epoch = header.producer_epoch,
                        .coordinator_epoch = load_big<std::int32_t>(record->value->data() + 2),
                        .outcome = type == kCommit ? Outcome::Commit : Outcome::Abort,
                        .offset = record->offset,
                        .timestamp = record->timestamp};
}

}  // namespace txn

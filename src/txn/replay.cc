#include "txn/replay.h"

#include "wire/record_batch_reader.h"

namespace txn {
namespace {

constexpr std::int16_t kAbort = 0;
constexpr std::int16_t kCommit = 1;

// A control record's key is a version and a type; a marker's value a version and its coordinator's
// epoch. Later versions only add behind these.
Result<std::optional<AppendedMarker>> read_marker(const wire::BatchHeader& header,
                                                  const wire::RecordView& record) {
  if (!record.key || record.key->size() < 4) {
    return fail(ErrorCode::CorruptMessage, "a control record without a type");
  }
  const auto type = load_big<std::int16_t>(record.key->data() + 2);
  if (type != kAbort && type != kCommit) return std::nullopt;  // Not about transactions.
  if (!record.value || record.value->size() < 6) {
    return fail(ErrorCode::CorruptMessage, "a transaction marker without a coordinator epoch");
  }
  return AppendedMarker{.producer = header.producer_id,
                        .epoch = header.producer_epoch,
                        .coordinator_epoch = load_big<std::int32_t>(record.value->data() + 2),
                        .offset = record.offset,
                        .timestamp = record.timestamp};
}

}  // namespace

BatchFacts facts(const wire::BatchHeader& header) {
  return {.producer = header.producer_id,
          .epoch = header.producer_epoch,
          .first = Sequence{header.base_sequence},
          .last = header.base_sequence < 0 ? kNoSequence : Sequence{header.last_sequence()},
          .timestamp = header.max_timestamp,
          .transactional = header.transactional};
}

AppendedBatch appended(const wire::BatchHeader& header) {
  return {.facts = facts(header), .first = header.base_offset, .last = header.last_offset()};
}

Result<void> replay(Producers& producers, const wire::BatchHeader& header, Bytes batch,
                    wire::BatchScratch& scratch) {
  if (!header.has_producer()) return {};
  if (!header.control) {
    apply(producers, appended(header));
    return {};
  }
  wire::BatchReader reader = TRY(wire::BatchReader::open(batch, scratch));
  const std::optional<wire::RecordView> record = TRY(reader.next());
  if (!record) return {};  // Compaction took the marker; its transaction is gone too.
  const std::optional<AppendedMarker> marker = TRY(read_marker(header, *record));
  if (marker) apply(producers, *marker);
  return {};
}

}  // namespace txn

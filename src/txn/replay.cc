#include "txn/replay.h"

#include "txn/marker.h"

namespace txn {

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

Result<std::optional<Ended>> replay(Producers& producers, const wire::BatchHeader& header,
                                    Bytes batch, wire::BatchScratch& scratch) {
  if (!header.has_producer()) return std::nullopt;
  if (!header.control) {
    apply(producers, appended(header));
    return std::nullopt;
  }
  const std::optional<AppendedMarker> marker = TRY(read_marker(header, batch, scratch));
  if (!marker) return std::nullopt;
  return apply(producers, *marker);
}

}  // namespace txn

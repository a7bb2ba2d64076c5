// The marker that ends a transaction on a partition: a control batch of one record (KIP-98).
#pragma once
#include <optional>

#include "base/bytes.h"
#include "txn/producers.h"
#include "wire/record_batch.h"
#include "wire/record_batch_reader.h"

namespace txn {

// The batch that says so, as the log takes it.
ByteVector marker_batch(const Marker& marker, Timestamp now);

// What a control batch says; none where it is about something else, or compaction emptied it.
// CorruptMessage for one that should be a marker and is not.
Result<std::optional<AppendedMarker>> read_marker(const wire::BatchHeader& header, Bytes batch,
                                                  wire::BatchScratch& scratch);

}  // namespace txn

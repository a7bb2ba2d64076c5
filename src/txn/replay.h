// The producers of a partition out of its log: the same as if each batch were appended live.
#pragma once
#include "base/bytes.h"
#include "txn/producers.h"
#include "wire/record_batch.h"

namespace txn {

BatchFacts facts(const wire::BatchHeader& header);
AppendedBatch appended(const wire::BatchHeader& header);

// Applies one batch of the log. `batch` is the whole of it where header.control is set, and is not
// looked at otherwise: a scan of headers is enough for data. Gives the transaction that a marker
// ended. Fails with CorruptMessage for a control batch that holds no marker.
Result<std::optional<Ended>> replay(Producers& producers, const wire::BatchHeader& header,
                                    Bytes batch, wire::BatchScratch& scratch);

}  // namespace txn

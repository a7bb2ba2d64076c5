// The producers of a partition as a file beside its segments (`<offset>.snapshot`), in the format
// that Kafka reads and writes: version 1, a CRC32C of what follows, then 46 bytes a producer. A
// snapshot holds the last batch of each producer only, so duplicates of earlier batches are not
// known after it is loaded; they are refused as out of order, never stored.
// docs/formats/log.md names the fields.
#pragma once
#include "base/bytes.h"
#include "base/result.h"
#include "txn/producers.h"

namespace txn {

ByteVector encode_snapshot(const Producers& producers);

// Errors: CorruptMessage, with what is wrong. The caller falls back on an older snapshot or on the
// log itself.
Result<Producers> decode_snapshot(Bytes file, std::size_t limit = Producers::kDefaultLimit);

}  // namespace txn

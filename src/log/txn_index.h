// The index of aborted transactions beside a segment (`<base>.txnindex`), in the format that Kafka
// reads and writes: an entry of 34 bytes for each transaction whose abort marker is in the segment,
// in the order of the markers. A segment without aborted transactions has none.
// docs/formats/log.md names the fields, and says what stands in for the checksum that it lacks.
#pragma once
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"

namespace logs {

struct AbortedTxn {
  ProducerId producer = {};
  Offset first = {};        // Of its records,
  Offset last = {};         // and of its marker.
  Offset last_stable = {};  // Below it every transaction had ended then.
  bool operator==(const AbortedTxn&) const = default;
};

inline constexpr std::size_t kAbortedTxnSize = 34;

ByteVector encode_aborted(const std::vector<AbortedTxn>& entries);

// The entries of the segment [base, end); nothing if that cannot be what they are: a length that is
// none, an unknown version, markers that are not in the segment or do not ascend, a transaction
// that ends before it began.
std::optional<std::vector<AbortedTxn>> decode_aborted(Bytes file, Offset base, Offset end);

// Adds those that a reader of [from, upper) has to know. True if no later segment holds one more:
// all that began below `upper` had ended by then.
bool add_aborted(const std::vector<AbortedTxn>& entries, Offset from, Offset upper,
                 std::vector<AbortedTxn>& to);

}  // namespace logs

// Private to record batches: where the fields lie, and the one parser of a record that validation
// and reading share.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/record_batch.h"

namespace wire {

// The checksum covers everything from the attributes on.
inline constexpr std::size_t kLengthAt = 8;
inline constexpr std::size_t kLeaderEpochAt = 12;
inline constexpr std::size_t kMagicAt = 16;
inline constexpr std::size_t kCrcAt = 17;
inline constexpr std::size_t kAttributesAt = 21;
inline constexpr std::size_t kLastOffsetDeltaAt = 23;
inline constexpr std::size_t kBaseTimestampAt = 27;
inline constexpr std::size_t kMaxTimestampAt = 35;
inline constexpr std::size_t kProducerIdAt = 43;
inline constexpr std::size_t kProducerEpochAt = 51;
inline constexpr std::size_t kBaseSequenceAt = 53;
inline constexpr std::size_t kRecordCountAt = 57;

// Numbers from outside may not fit together; where they do not, any sum will do but must be one.
inline std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

inline std::int64_t wrapping_subtract(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

// As peek_batch, but takes offsets and counts as they are.
Result<std::optional<BatchHeader>> read_batch_header(Bytes from);

// Whether a batch could have these offsets and this count.
bool plausible(const BatchHeader& header);

struct ParsedRecord {
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  Bytes headers;
  std::int32_t header_count = 0;
};

// Takes one record off the front of `from`. Returns what is wrong with it, or nullptr: this runs
// once per record of every produce, so a failure that nobody sees must cost nothing.
const char* parse_record(Bytes& from, ParsedRecord& record);

}  // namespace wire

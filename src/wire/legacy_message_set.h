// Message sets of versions 0 and 1, which Kafka wrote before 0.11 and may still lie in log folders
// that Thalweg takes over. Read only: nobody may produce them any more.
//
// An entry is one message, or a compressed one whose value is again a run of messages. Then the
// entry bears the offset of the last of them; in version 1 the inner ones count from 0.
// docs/formats/record_batch.md has the layout. Version 0 in lz4 is refused: its writers got the
// frame's checksum wrong.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/compression.h"
#include "wire/record_batch.h"
#include "wire/record_batch_reader.h"

namespace wire {

// Enough bytes for peek_legacy.
inline constexpr std::size_t kLegacyOverhead = 26;

struct LegacyHeader {
  Offset offset = {};  // Of the entry's last record.
  std::int32_t length = 0;
  std::int8_t magic = 0;
  std::uint32_t crc = 0;  // CRC32, not CRC32C, of everything from the version on.
  Codec codec = Codec::None;
  TimestampType timestamp_type = TimestampType::CreateTime;
  Timestamp timestamp = kNoTimestamp;  // The latest of its records; none in version 0.
  bool operator==(const LegacyHeader&) const = default;

  std::size_t size() const { return kBatchPrefix + static_cast<std::size_t>(length); }
};

// The header of the entry that starts at `from`. Nothing where `from` ends before it.
// CorruptMessage where no entry starts here, UnsupportedForMessageFormat for a batch of version 2.
Result<std::optional<LegacyHeader>> peek_legacy(Bytes from);

// Whether one whole entry is as it was written.
bool legacy_checksum_matches(Bytes entry);

// The records of one whole entry, with the offsets and times that consumers see. The views last as
// long as the entry and, for a compressed one, until the scratch is used again.
Result<std::vector<RecordView>> read_legacy(Bytes entry, BatchScratch& scratch,
                                            std::size_t uncompressed_limit = kUncompressedLimit);

}  // namespace wire

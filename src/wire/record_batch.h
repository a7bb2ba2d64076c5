// Record batches of version 2, the unit that Kafka's producers send, its log stores and its
// consumers read. docs/formats/record_batch.md has the layout.
//
// A broker validates a batch once, when it is produced; stamps offset, epoch and time into it in
// place; and from then on moves it as opaque bytes. So: `peek_batch` to find the way through a log,
// `validate_batch` and `stamp` for a produce, record_batch_reader.h to look at the records,
// record_batch_builder.h to make batches.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/compression.h"

namespace wire {

inline constexpr std::size_t kBatchPrefix = 12;  // Base offset and length, which length leaves out.
inline constexpr std::size_t kBatchOverhead = 61;  // A batch without records.
inline constexpr std::int8_t kBatchMagic = 2;
inline constexpr std::int32_t kNoSequence = -1;

enum class TimestampType : std::uint8_t { CreateTime = 0, LogAppendTime = 1 };

struct BatchHeader {
  Offset base_offset = {};
  std::int32_t length = 0;  // Bytes that follow this field.
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::uint32_t crc = 0;  // Of everything from the attributes on.
  Codec codec = Codec::None;
  TimestampType timestamp_type = TimestampType::CreateTime;
  bool transactional = false;
  bool control = false;
  bool has_delete_horizon = false;  // Then base_timestamp is when its tombstones may go.
  std::int32_t last_offset_delta = 0;
  Timestamp base_timestamp = kNoTimestamp;
  Timestamp max_timestamp = kNoTimestamp;
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch{-1};
  std::int32_t base_sequence = kNoSequence;
  std::int32_t record_count = 0;  // Fewer than last_offset_delta + 1 after compaction.

  bool operator==(const BatchHeader&) const = default;

  std::size_t size() const { return kBatchPrefix + static_cast<std::size_t>(length); }
  Offset last_offset() const;
  Offset next_offset() const;
  bool has_producer() const { return producer_id != kNoProducerId; }
  std::int32_t last_sequence() const;  // Sequences go on at 0 after 2^31 - 1.
};

// The header of the batch that starts at `from`; it may go on behind the end of `from` (compare
// `size()`). Nothing where `from` ends before the header does: read more. CorruptMessage where no
// batch starts here, UnsupportedForMessageFormat for a message set of version 0 or 1 (see
// legacy_message_set.h), UnsupportedCompressionType for a codec nobody knows.
Result<std::optional<BatchHeader>> peek_batch(Bytes from);

// Whether the bytes of one whole batch are the ones its checksum was made of.
bool checksum_matches(Bytes batch);

// Who appends. Only clients are held to the rules for clients: base offset 0, no control batches,
// no holes in the offsets.
enum class Origin : std::uint8_t { Client, Coordinator, Replica };

// What a topic asks of a produced batch.
struct BatchRules {
  Origin origin = Origin::Client;
  std::size_t max_batch_bytes = std::numeric_limits<std::int32_t>::max();  // max.message.bytes
  std::size_t max_uncompressed_bytes = std::size_t{100} << 20;             // Against bombs.
  bool zstd_allowed = true;    // Not in Produce before version 7.
  bool keys_required = false;  // The topic is compacted.
  TimestampType timestamp_type = TimestampType::CreateTime;
  // With CreateTime a record's timestamp, if it has one, lies within these, both inclusive.
  Timestamp earliest{std::numeric_limits<std::int64_t>::min()};
  Timestamp latest{std::numeric_limits<std::int64_t>::max()};
};

// A record that a topic's rules refuse, for the list in the Produce answer.
struct RecordError {
  std::int32_t index = 0;
  std::string detail = {};
  bool operator==(const RecordError&) const = default;
};

// What validation keeps from call to call. One per thread.
struct BatchScratch {
  CodecScratch codecs;
  // Why the last validate_batch refused single records, the first few. Empty where the fault was
  // with the batch as a whole.
  std::vector<RecordError> record_errors;
};

struct ValidBatch {
  BatchHeader header;
  Timestamp max_timestamp = kNoTimestamp;  // The true one; `stamp` corrects a header that errs.
  std::size_t uncompressed_bytes = 0;      // The records' size after decompression.
};

// The whole check of what a Produce request carries for one partition: exactly one batch, whose
// every record is well-formed. The errors are those Kafka gives:
//   CorruptMessage               checksum, or a length that cannot be
//   InvalidRecord                none or several batches, version 0 or 1, counts, offsets,
//   sequence, record
//                                structure, data that does not decompress, a key missing
//   InvalidTimestamp             a time out of range, or log append time claimed by a client
//   UnsupportedCompressionType   codec unknown, or zstd where not allowed
//   MessageTooLarge              the batch, or what it decompresses to
Result<ValidBatch> validate_batch(Bytes records, const BatchRules& rules, BatchScratch& scratch);

// What the leader writes into a batch that it appends.
struct Stamp {
  Offset base_offset = {};
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::optional<Timestamp> log_append_time = {};  // For topics with LogAppendTime.
};

// Makes a validated batch, or what `recompress` made of it, ready for the log, in place. Returns
// its header as it now is. Computes the checksum anew only if the time or its type changes.
BatchHeader stamp(MutableBytes batch, const ValidBatch& valid, const Stamp& with);

// Single fields of one whole batch, in place. The first two are outside the checksum.
void set_base_offset(MutableBytes batch, Offset offset);
void set_leader_epoch(MutableBytes batch, LeaderEpoch epoch);
void set_max_timestamp(MutableBytes batch, TimestampType type, Timestamp max);
inline void set_log_append_time(MutableBytes batch, Timestamp time) {
  set_max_timestamp(batch, TimestampType::LogAppendTime, time);
}

// Writes all of `header` but its checksum to the first 61 bytes, then the checksum of `batch`.
void write_batch_header(MutableBytes batch, const BatchHeader& header);

}  // namespace wire

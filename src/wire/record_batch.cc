#include "wire/record_batch.h"

#include <algorithm>

#include "base/crc32c.h"
#include "wire/record_batch_layout.h"

namespace wire {
namespace {

constexpr int kCodecBits = 0x07;
constexpr int kLogAppendTimeBit = 0x08;
constexpr int kTransactionalBit = 0x10;
constexpr int kControlBit = 0x20;
constexpr int kDeleteHorizonBit = 0x40;

constexpr std::int32_t kLeastLength = kBatchOverhead - kBatchPrefix;
constexpr std::int32_t kLeastLegacyLength =
    14;  // Checksum, magic, attributes, and two null lengths.

std::int16_t attributes_of(const BatchHeader& header) {
  int bits = static_cast<int>(header.codec);
  if (header.timestamp_type == TimestampType::LogAppendTime) bits |= kLogAppendTimeBit;
  if (header.transactional) bits |= kTransactionalBit;
  if (header.control) bits |= kControlBit;
  if (header.has_delete_horizon) bits |= kDeleteHorizonBit;
  return static_cast<std::int16_t>(bits);
}

void refresh_checksum(MutableBytes batch) {
  store_big(batch.data() + kCrcAt, crc32c(batch.subspan(kAttributesAt)));
}

Result<void> check_prefix(std::int32_t length, std::int8_t magic) {
  if (magic < 0 || magic > kBatchMagic) {
    return fail(ErrorCode::CorruptMessage,
                "a record batch of unknown version " + std::to_string(magic));
  }
  const std::int32_t least = magic < kBatchMagic ? kLeastLegacyLength : kLeastLength;
  if (length < least) {
    return fail(ErrorCode::CorruptMessage,
                "a record batch cannot be " + std::to_string(length) + " bytes long");
  }
  if (magic < kBatchMagic) {
    return fail(ErrorCode::UnsupportedForMessageFormat,
                "a message set of version " + std::to_string(magic) + "; batches are version 2");
  }
  return {};
}

}  // namespace

Offset BatchHeader::last_offset() const {
  return Offset{wrapping_add(base_offset.value, last_offset_delta)};
}

Offset BatchHeader::next_offset() const { return Offset{wrapping_add(last_offset().value, 1)}; }

std::int32_t BatchHeader::last_sequence() const {
  if (base_sequence == kNoSequence) return kNoSequence;
  constexpr std::int64_t kSequences = std::int64_t{1} << 31;
  return static_cast<std::int32_t>((std::int64_t{base_sequence} + last_offset_delta) % kSequences);
}

Result<std::optional<BatchHeader>> read_batch_header(Bytes from) {
  if (from.size() <= kMagicAt) return std::nullopt;
  const std::byte* at = from.data();
  const auto length = load_big<std::int32_t>(at + kLengthAt);
  TRY_VOID(check_prefix(length, load_big<std::int8_t>(at + kMagicAt)));
  if (from.size() < kBatchOverhead) return std::nullopt;

  const int attributes = load_big<std::int16_t>(at + kAttributesAt);
  const std::optional<Codec> codec = codec_of(attributes & kCodecBits);
  if (!codec) {
    return fail(ErrorCode::UnsupportedCompressionType,
                "codec " + std::to_string(attributes & kCodecBits) + " does not exist");
  }
  return BatchHeader{
      .base_offset = Offset{load_big<std::int64_t>(at)},
      .length = length,
      .leader_epoch = LeaderEpoch{load_big<std::int32_t>(at + kLeaderEpochAt)},
      .crc = load_big<std::uint32_t>(at + kCrcAt),
      .codec = *codec,
      .timestamp_type = (attributes & kLogAppendTimeBit) != 0 ? TimestampType::LogAppendTime
                                                              : TimestampType::CreateTime,
      .transactional = (attributes & kTransactionalBit) != 0,
      .control = (attributes & kControlBit) != 0,
      .has_delete_horizon = (attributes & kDeleteHorizonBit) != 0,
      .last_offset_delta = load_big<std::int32_t>(at + kLastOffsetDeltaAt),
      .base_timestamp = Timestamp{load_big<std::int64_t>(at + kBaseTimestampAt)},
      .max_timestamp = Timestamp{load_big<std::int64_t>(at + kMaxTimestampAt)},
      .producer_id = ProducerId{load_big<std::int64_t>(at + kProducerIdAt)},
      .producer_epoch = ProducerEpoch{load_big<std::int16_t>(at + kProducerEpochAt)},
      .base_sequence = load_big<std::int32_t>(at + kBaseSequenceAt),
      .record_count = load_big<std::int32_t>(at + kRecordCountAt),
  };
}

bool plausible(const BatchHeader& header) {
  // The next offset wraps to a negative one where the offsets go past their end.
  return header.base_offset.value >= 0 && header.next_offset().value > 0 &&
         header.last_offset_delta >= 0 && header.record_count >= 0;
}

Result<std::optional<BatchHeader>> peek_batch(Bytes from) {
  const std::optional<BatchHeader> header = TRY(read_batch_header(from));
  if (!header) return std::nullopt;
  if (!plausible(*header)) {
    return fail(ErrorCode::CorruptMessage, "a record batch with impossible offsets or count");
  }
  return header;
}

bool checksum_matches(Bytes batch) {
  return batch.size() >= kBatchOverhead &&
         load_big<std::uint32_t>(batch.data() + kCrcAt) == crc32c(batch.subspan(kAttributesAt));
}

void set_base_offset(MutableBytes batch, Offset offset) {
  check(batch.size() >= kBatchOverhead);
  store_big(batch.data(), offset.value);
}

void set_leader_epoch(MutableBytes batch, LeaderEpoch epoch) {
  check(batch.size() >= kBatchOverhead);
  store_big(batch.data() + kLeaderEpochAt, epoch.value);
}

void set_max_timestamp(MutableBytes batch, TimestampType type, Timestamp max) {
  check(batch.size() >= kBatchOverhead);
  int attributes = load_big<std::int16_t>(batch.data() + kAttributesAt) & ~kLogAppendTimeBit;
  if (type == TimestampType::LogAppendTime) attributes |= kLogAppendTimeBit;
  store_big(batch.data() + kAttributesAt, static_cast<std::int16_t>(attributes));
  store_big(batch.data() + kMaxTimestampAt, max.value);
  refresh_checksum(batch);
}

BatchHeader stamp(MutableBytes batch, const ValidBatch& valid, const Stamp& with) {
  const auto found = read_batch_header(batch);
  check(found && *found && (*found)->size() == batch.size(), "not one whole batch");
  const BatchHeader& before = **found;
  BatchHeader header = before;
  header.base_offset = with.base_offset;
  header.leader_epoch = with.leader_epoch;
  header.timestamp_type =
      with.log_append_time ? TimestampType::LogAppendTime : TimestampType::CreateTime;
  header.max_timestamp = with.log_append_time.value_or(valid.max_timestamp);
  set_base_offset(batch, header.base_offset);
  set_leader_epoch(batch, header.leader_epoch);
  if (header.timestamp_type != before.timestamp_type ||
      header.max_timestamp != before.max_timestamp) {
    set_max_timestamp(batch, header.timestamp_type, header.max_timestamp);
    header.crc = load_big<std::uint32_t>(batch.data() + kCrcAt);
  }
  return header;
}

void write_batch_header(MutableBytes batch, const BatchHeader& header) {
  check(batch.size() >= kBatchOverhead && batch.size() == header.size());
  std::byte* at = batch.data();
  store_big(at, header.base_offset.value);
  store_big(at + kLengthAt, header.length);
  store_big(at + kLeaderEpochAt, header.leader_epoch.value);
  store_big(at + kMagicAt, kBatchMagic);
  store_big(at + kAttributesAt, attributes_of(header));
  store_big(at + kLastOffsetDeltaAt, header.last_offset_delta);
  store_big(at + kBaseTimestampAt, header.base_timestamp.value);
  store_big(at + kMaxTimestampAt, header.max_timestamp.value);
  store_big(at + kProducerIdAt, header.producer_id.value);
  store_big(at + kProducerEpochAt, header.producer_epoch.value);
  store_big(at + kBaseSequenceAt, header.base_sequence);
  store_big(at + kRecordCountAt, header.record_count);
  refresh_checksum(batch);
}

}  // namespace wire

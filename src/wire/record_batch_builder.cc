#include "wire/record_batch_builder.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/varint.h"
#include "wire/record_batch_layout.h"

namespace wire {
namespace {

constexpr std::int32_t kNull = -1;

std::size_t sized_size(std::optional<Bytes> bytes) {
  if (!bytes) return varint_size(kNull);
  return varint_size(static_cast<std::int32_t>(bytes->size())) + bytes->size();
}

void put_bytes(ByteVector& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

void put_sized(ByteVector& to, std::optional<Bytes> bytes) {
  if (!bytes) return put_varint(to, kNull);
  put_varint(to, static_cast<std::int32_t>(bytes->size()));
  put_bytes(to, *bytes);
}

}  // namespace

BatchBuilder::BatchBuilder(BatchOptions options) : options_(options) {}

void BatchBuilder::begin_record(std::int64_t offset_delta, Timestamp timestamp,
                                std::optional<Bytes> key, std::optional<Bytes> value,
                                std::size_t headers_size) {
  check(offset_delta > last_delta_ && offset_delta <= std::numeric_limits<std::int32_t>::max(),
        "offsets in a batch go up");
  if (count_ == 0) base_timestamp_ = timestamp;
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  last_delta_ = offset_delta;
  ++count_;
  const auto delta32 = static_cast<std::int32_t>(offset_delta);
  const std::int64_t time_delta = wrapping_subtract(timestamp.value, base_timestamp_.value);
  const std::size_t size = 1 + varint_size(time_delta) + varint_size(delta32) + sized_size(key) +
                           sized_size(value) + headers_size;
  put_varint(records_, static_cast<std::int32_t>(size));
  records_.push_back(std::byte{0});
  put_varint(records_, time_delta);
  put_varint(records_, delta32);
  put_sized(records_, key);
  put_sized(records_, value);
}

void BatchBuilder::add(Timestamp timestamp, std::optional<Bytes> key, std::optional<Bytes> value,
                       std::span<const RecordHeader> headers) {
  const auto header_count = static_cast<std::int32_t>(headers.size());
  std::size_t headers_size = varint_size(header_count);
  for (const RecordHeader& header : headers) {
    headers_size += sized_size(as_bytes(header.name)) + sized_size(header.value);
  }
  begin_record(last_delta_ + 1, timestamp, key, value, headers_size);
  put_varint(records_, header_count);
  for (const RecordHeader& header : headers) {
    put_sized(records_, as_bytes(header.name));
    put_sized(records_, header.value);
  }
}

void BatchBuilder::add(const RecordView& record) {
  const auto header_count = static_cast<std::int32_t>(record.headers.size());
  const Bytes headers = record.headers.encoded();
  begin_record(wrapping_subtract(record.offset.value, options_.base_offset.value), record.timestamp,
               record.key, record.value, varint_size(header_count) + headers.size());
  put_varint(records_, header_count);
  put_bytes(records_, headers);
}

BatchHeader BatchBuilder::header(std::size_t size) const {
  const std::optional<Timestamp>& log_time = options_.log_append_time;
  check(size <= std::numeric_limits<std::int32_t>::max(), "a batch is below 2 GiB");
  return {
      .base_offset = options_.base_offset,
      .length = static_cast<std::int32_t>(size - kBatchPrefix),
      .leader_epoch = options_.leader_epoch,
      .codec = options_.compression.codec,
      .timestamp_type = log_time ? TimestampType::LogAppendTime : TimestampType::CreateTime,
      .transactional = options_.transactional,
      .control = options_.control,
      .last_offset_delta = static_cast<std::int32_t>(std::max<std::int64_t>(last_delta_, 0)),
      .base_timestamp = base_timestamp_,
      .max_timestamp = log_time.value_or(max_timestamp_),
      .producer_id = options_.producer_id,
      .producer_epoch = options_.producer_epoch,
      .base_sequence = options_.base_sequence,
      .record_count = count_,
  };
}

ByteVector BatchBuilder::finish(CodecScratch& scratch) {
  ByteVector batch(kBatchOverhead);
  if (options_.compression.codec == Codec::None) batch.reserve(size());
  compress(options_.compression, records_, batch, scratch);
  write_batch_header(batch, header(batch.size()));
  records_.clear();
  count_ = 0;
  last_delta_ = -1;
  base_timestamp_ = max_timestamp_ = kNoTimestamp;
  return batch;
}

ByteVector BatchBuilder::finish() {
  CodecScratch scratch;
  return finish(scratch);
}

Result<ByteVector> recompress(Bytes batch, const Compression& with, BatchScratch& scratch,
                              std::size_t uncompressed_limit) {
  BatchReader reader = TRY(BatchReader::open(batch, scratch, uncompressed_limit));
  // The encoded records stay as they are; only what is around them changes. Still they are walked,
  // because what is malformed should not be hidden in a new compression.
  const Bytes records = reader.rest();
  for (;;) {
    const std::optional<RecordView> record = TRY(reader.next());
    if (!record) break;
  }
  ByteVector made(kBatchOverhead);
  const Codec codec = records.empty() ? Codec::None : with.codec;
  compress({codec, with.level}, records, made, scratch.codecs);
  check(made.size() <= std::numeric_limits<std::int32_t>::max(), "a batch is below 2 GiB");
  BatchHeader header = reader.header();
  header.codec = codec;
  header.length = static_cast<std::int32_t>(made.size() - kBatchPrefix);
  write_batch_header(made, header);
  return made;
}

}  // namespace wire

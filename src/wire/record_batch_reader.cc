#include "wire/record_batch_reader.h"

#include <utility>

#include "base/check.h"
#include "base/varint.h"
#include "wire/record_batch_layout.h"

namespace wire {
namespace {

constexpr std::int32_t kNull = -1;

// Takes a length and so many bytes; the length may say null.
bool take_sized(Bytes& from, std::optional<Bytes>& to) {
  const auto size = take_varint<std::int32_t>(from);
  if (!size || *size < kNull) return false;
  if (*size == kNull) {
    to.reset();
    return true;
  }
  const auto count = static_cast<std::size_t>(*size);
  if (count > from.size()) return false;
  to = from.first(count);
  from = from.subspan(count);
  return true;
}

const char* check_headers(Bytes headers, std::int32_t count) {
  std::optional<Bytes> part;
  for (std::int32_t i = 0; i < count; ++i) {
    if (!take_sized(headers, part) || !part) return "a record header without a sound name";
    if (!take_sized(headers, part)) return "a record header without a sound value";
  }
  return headers.empty() ? nullptr : "bytes behind a record's headers";
}

const char* parse_body(Bytes body, ParsedRecord& record) {
  if (body.empty()) return "an empty record";
  body = body.subspan(1);  // The record's attributes: none are defined.
  const auto timestamp_delta = take_varint<std::int64_t>(body);
  if (!timestamp_delta) return "a record without a sound timestamp";
  const auto offset_delta = take_varint<std::int32_t>(body);
  if (!offset_delta) return "a record without a sound offset";
  if (!take_sized(body, record.key)) return "a record without a sound key";
  if (!take_sized(body, record.value)) return "a record without a sound value";
  const auto header_count = take_varint<std::int32_t>(body);
  if (!header_count || *header_count < 0) return "a record without a sound number of headers";
  record.timestamp_delta = *timestamp_delta;
  record.offset_delta = *offset_delta;
  record.header_count = *header_count;
  record.headers = body;
  return check_headers(body, *header_count);
}

}  // namespace

const char* parse_record(Bytes& from, ParsedRecord& record) {
  const auto size = take_varint<std::int32_t>(from);
  if (!size || *size < 0) return "a record without a sound size";
  const auto count = static_cast<std::size_t>(*size);
  if (count > from.size()) return "a record that goes on behind its batch";
  const Bytes body = from.first(count);
  from = from.subspan(count);
  return parse_body(body, record);
}

RecordHeader RecordHeaders::Iterator::take() {
  std::optional<Bytes> name;
  std::optional<Bytes> value;
  check(take_sized(rest_, name) && name && take_sized(rest_, value), "unchecked record headers");
  return {as_text(*name), value};
}

Result<BatchReader> BatchReader::open(Bytes batch, BatchScratch& scratch,
                                      std::size_t uncompressed_limit) {
  const std::optional<BatchHeader> header = TRY(peek_batch(batch));
  if (!header || batch.size() < header->size()) {
    return fail(ErrorCode::CorruptMessage, "a record batch that is cut short");
  }
  Bytes records = batch.subspan(kBatchOverhead, header->size() - kBatchOverhead);
  if (header->record_count > 0 || !records.empty()) {
    records = TRY(decompress(header->codec, records, uncompressed_limit, scratch.codecs));
  }
  return BatchReader(*header, records);
}

Result<std::optional<RecordView>> BatchReader::next() {
  if (left_ == 0) {
    if (!rest_.empty()) return fail(ErrorCode::InvalidRecord, "more records than the batch counts");
    return std::nullopt;
  }
  const std::size_t before = rest_.size();
  ParsedRecord record;
  if (const char* fault = parse_record(rest_, record)) {
    return fail(ErrorCode::InvalidRecord, fault);
  }
  if (record.offset_delta < 0 || record.offset_delta > header_.last_offset_delta) {
    return fail(ErrorCode::InvalidRecord, "a record's offset lies outside of its batch");
  }
  --left_;
  const bool own_time = header_.timestamp_type == TimestampType::CreateTime;
  return RecordView{
      .offset = Offset{header_.base_offset.value + record.offset_delta},
      .timestamp =
          own_time ? Timestamp{wrapping_add(header_.base_timestamp.value, record.timestamp_delta)}
                   : header_.max_timestamp,
      .key = record.key,
      .value = record.value,
      .headers = {record.headers, static_cast<std::size_t>(record.header_count)},
      .encoded_size = before - rest_.size(),
  };
}

Result<std::optional<FoundBatch>> BatchIterator::next() {
  const std::optional<BatchHeader> header = TRY(peek_batch(rest_));
  if (!header || header->size() > rest_.size()) return std::nullopt;
  const FoundBatch found{*header, rest_.first(header->size())};
  rest_ = rest_.subspan(header->size());
  return found;
}

}  // namespace wire

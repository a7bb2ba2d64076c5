#include <algorithm>
#include <string>

#include "wire/record_batch.h"
#include "wire/record_batch_layout.h"

namespace wire {
namespace {

// Enough for a person to see the pattern, and for an answer to stay small.
constexpr std::size_t kMostRecordErrors = 100;

std::unexpected<Error> invalid(std::string detail) {
  return fail(ErrorCode::InvalidRecord, std::move(detail));
}

// The one batch in what a Produce request carries, or why that is not what it carries.
Result<BatchHeader> read_only_batch(Bytes records) {
  Result<std::optional<BatchHeader>> header = read_batch_header(records);
  if (!header) {
    Error& error = header.error();
    // Kafka's answer to old versions differs here from what reading a log gives.
    if (error.code == ErrorCode::UnsupportedForMessageFormat) error.code = ErrorCode::InvalidRecord;
    return fail(std::move(error));
  }
  if (!*header || (*header)->size() > records.size()) {
    return invalid("the records of a partition hold no whole record batch");
  }
  if ((*header)->size() < records.size()) {
    return invalid("the records of a partition hold more than one record batch");
  }
  return **header;
}

Result<void> check_client_header(const BatchHeader& header) {
  if (header.record_count <= 0) {
    return invalid("a record batch of " + std::to_string(header.record_count) + " records");
  }
  if (header.last_offset_delta != header.record_count - 1) {
    return invalid("a record batch of " + std::to_string(header.record_count) +
                   " records whose last offset is " + std::to_string(header.last_offset_delta) +
                   " after its first");
  }
  if (header.control) return invalid("clients may not write control records");
  if (header.has_producer() && header.base_sequence < 0) {
    return invalid("a producer id with sequence " + std::to_string(header.base_sequence));
  }
  return {};
}

Result<void> check_envelope(Bytes batch, const BatchHeader& header, const BatchRules& rules) {
  if (header.codec == Codec::Zstd && !rules.zstd_allowed) {
    return fail(ErrorCode::UnsupportedCompressionType,
                "zstd needs version 7 of the Produce request");
  }
  if (rules.origin == Origin::Client && header.base_offset != Offset{0}) {
    return invalid("a produced record batch starts at offset 0, not " +
                   std::to_string(header.base_offset.value));
  }
  if (batch.size() > rules.max_batch_bytes) {
    return fail(ErrorCode::MessageTooLarge, "a record batch of " + std::to_string(batch.size()) +
                                                " bytes, of which the topic allows " +
                                                std::to_string(rules.max_batch_bytes));
  }
  if (!checksum_matches(batch)) {
    return fail(ErrorCode::CorruptMessage, "the checksum of a record batch does not match");
  }
  if (rules.origin == Origin::Client) return check_client_header(header);
  if (!plausible(header)) {
    return invalid("a record batch with impossible offsets or count");
  }
  return {};
}

// Walks the records of one batch. A malformed record ends it; those that break a rule of the topic
// are gathered.
class RecordWalk {
 public:
  RecordWalk(const BatchHeader& header, const BatchRules& rules, std::vector<RecordError>& errors)
      : header_(header), rules_(rules), errors_(errors) {}

  Result<void> walk(Bytes records) {
    ParsedRecord record;
    for (index_ = 0; index_ < header_.record_count; ++index_) {
      if (const char* fault = parse_record(records, record)) return invalid(fault);
      TRY_VOID(check_offset(record.offset_delta));
      check_record(record);
    }
    if (!records.empty()) return invalid("more records than the batch counts");
    if (bad_timestamp_) {
      return fail(ErrorCode::InvalidTimestamp, "records have timestamps that the topic refuses");
    }
    if (!errors_.empty()) return invalid("records break the rules of the topic");
    return {};
  }

  Timestamp max_timestamp() const { return max_timestamp_; }

 private:
  Result<void> check_offset(std::int32_t delta) {
    const bool sound = rules_.origin == Origin::Client
                           ? delta == index_
                           : delta > last_delta_ && delta <= header_.last_offset_delta;
    if (!sound) return invalid("the offsets in a record batch do not count up");
    last_delta_ = delta;
    return {};
  }

  void check_record(const ParsedRecord& record) {
    const bool own_time = header_.timestamp_type == TimestampType::CreateTime;
    const Timestamp time =
        own_time ? Timestamp{wrapping_add(header_.base_timestamp.value, record.timestamp_delta)}
                 : header_.max_timestamp;
    if (rules_.keys_required && !record.key) {
      refuse("a compacted topic takes no record without a key");
    } else if (rules_.timestamp_type == TimestampType::CreateTime && time != kNoTimestamp) {
      if (time < rules_.earliest || time > rules_.latest) refuse_timestamp(time);
    } else if (!own_time) {
      bad_timestamp_ = true;
      refuse("a client may not claim log append time");
    }
    max_timestamp_ = std::max(max_timestamp_, time);
  }

  void refuse_timestamp(Timestamp time) {
    bad_timestamp_ = true;
    if (errors_.size() == kMostRecordErrors) return;
    refuse("timestamp " + std::to_string(time.value) + " is outside of " +
           std::to_string(rules_.earliest.value) + " to " + std::to_string(rules_.latest.value));
  }

  void refuse(std::string detail) {
    if (errors_.size() < kMostRecordErrors) errors_.push_back({index_, std::move(detail)});
  }

  const BatchHeader& header_;
  const BatchRules& rules_;
  std::vector<RecordError>& errors_;
  std::int32_t index_ = 0;
  std::int32_t last_delta_ = -1;
  Timestamp max_timestamp_ = kNoTimestamp;
  bool bad_timestamp_ = false;
};

}  // namespace

Result<ValidBatch> validate_batch(Bytes records, const BatchRules& rules, BatchScratch& scratch) {
  scratch.record_errors.clear();
  const BatchHeader header = TRY(read_only_batch(records));
  TRY_VOID(check_envelope(records, header, rules));
  Bytes body = records.subspan(kBatchOverhead);
  if (header.record_count > 0 || !body.empty()) {
    body = TRY(decompress(header.codec, body, rules.max_uncompressed_bytes, scratch.codecs));
  }
  RecordWalk walk(header, rules, scratch.record_errors);
  TRY_VOID(walk.walk(body));
  return ValidBatch{.header = header,
                    .max_timestamp = walk.max_timestamp(),
                    .uncompressed_bytes = kBatchOverhead + body.size()};
}

}  // namespace wire

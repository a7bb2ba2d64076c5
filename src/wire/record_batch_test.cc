#include "wire/record_batch.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "base/varint.h"
#include "wire/record_batch_builder.h"
#include "wire/record_batch_reader.h"

namespace wire {
namespace {

constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kMagicAt = 16;
constexpr std::size_t kCrcAt = 17;
constexpr std::size_t kAttributesAt = 21;
constexpr std::size_t kLastOffsetDeltaAt = 23;
constexpr std::size_t kMaxTimestampAt = 35;
constexpr std::size_t kProducerIdAt = 43;
constexpr std::size_t kCountAt = 57;

constexpr Timestamp kTime{1'700'000'000'000};

ByteVector three_records(Compression with = {}) {
  BatchBuilder builder({.compression = with});
  const RecordHeader header{"trace", as_bytes("1")};
  builder.add(kTime, as_bytes("a"), as_bytes("one"));
  builder.add(Timestamp{kTime.value + 5}, {}, as_bytes("two"), {&header, 1});
  builder.add(Timestamp{kTime.value + 2}, as_bytes("c"), {});
  return builder.finish();
}

void seal(ByteVector& batch) {
  store_big(batch.data() + kLengthAt, static_cast<std::int32_t>(batch.size() - kBatchPrefix));
  store_big(batch.data() + kCrcAt, crc32c(Bytes(batch).subspan(kAttributesAt)));
}

// A batch that says `count` records and holds `records`.
ByteVector batch_around(std::int32_t count, Bytes records, Codec codec = Codec::None) {
  ByteVector batch(kBatchOverhead);
  batch.insert(batch.end(), records.begin(), records.end());
  write_batch_header(batch, {.length = static_cast<std::int32_t>(batch.size() - kBatchPrefix),
                             .codec = codec,
                             .last_offset_delta = count - 1,
                             .record_count = count});
  return batch;
}

ByteVector raw(std::initializer_list<int> values) {
  ByteVector bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

struct Verdict {
  ErrorCode code = ErrorCode::None;
  std::string detail;
};

Verdict verdict(Bytes batch, const BatchRules& rules = {}) {
  BatchScratch scratch;
  const auto valid = validate_batch(batch, rules, scratch);
  if (valid) return {};
  return {valid.error().code, valid.error().detail};
}

TEST(RecordBatch, ASoundBatchIsValidInEveryCodec) {
  BatchScratch scratch;
  for (const Codec codec : {Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd}) {
    const auto valid = validate_batch(three_records({codec}), {}, scratch);
    ASSERT_TRUE(valid) << valid.error().detail;
    EXPECT_EQ(valid->header.codec, codec);
    EXPECT_EQ(valid->header.record_count, 3);
    EXPECT_EQ(valid->max_timestamp, Timestamp{kTime.value + 5});
    EXPECT_EQ(valid->header.max_timestamp, valid->max_timestamp);
    EXPECT_EQ(valid->uncompressed_bytes, three_records().size());
  }
}

struct Broken {
  const char* why;
  ErrorCode expected;
  std::function<void(ByteVector&)> change;
};

template <class T>
std::function<void(ByteVector&)> with(std::size_t at, T value) {
  return [=](ByteVector& batch) { store_big(batch.data() + at, value); };
}

// Each row changes a sound batch and makes its checksum right again.
TEST(RecordBatch, EachBrokenHeaderHasKafkasError) {
  using enum ErrorCode;
  const std::vector<Broken> rows = {
      {"nothing changed", None, [](ByteVector&) {}},
      {"reserved attribute bits are ignored", None, with<std::int16_t>(kAttributesAt, 0x700)},
      {"base offset not 0", InvalidRecord, with<std::int64_t>(0, 1)},
      {"negative base offset", InvalidRecord, with<std::int64_t>(0, -1)},
      {"magic 0", InvalidRecord, with<std::int8_t>(kMagicAt, 0)},
      {"magic 1", InvalidRecord, with<std::int8_t>(kMagicAt, 1)},
      {"magic 3", CorruptMessage, with<std::int8_t>(kMagicAt, 3)},
      {"magic -1", CorruptMessage, with<std::int8_t>(kMagicAt, -1)},
      {"codec 5", UnsupportedCompressionType, with<std::int16_t>(kAttributesAt, 5)},
      {"codec 7", UnsupportedCompressionType, with<std::int16_t>(kAttributesAt, 7)},
      {"says gzip, is not", InvalidRecord, with<std::int16_t>(kAttributesAt, 1)},
      {"says snappy, is not", InvalidRecord, with<std::int16_t>(kAttributesAt, 2)},
      {"says lz4, is not", InvalidRecord, with<std::int16_t>(kAttributesAt, 3)},
      {"says zstd, is not", InvalidRecord, with<std::int16_t>(kAttributesAt, 4)},
      {"control batch", InvalidRecord, with<std::int16_t>(kAttributesAt, 0x20)},
      {"producer without sequence", InvalidRecord, with<std::int64_t>(kProducerIdAt, 7)},
      {"no records", InvalidRecord, with<std::int32_t>(kCountAt, 0)},
      {"negative count", InvalidRecord, with<std::int32_t>(kCountAt, -3)},
      {"count too small", InvalidRecord, with<std::int32_t>(kCountAt, 2)},
      {"count too large", InvalidRecord, with<std::int32_t>(kCountAt, 4)},
      {"last offset delta too large", InvalidRecord, with<std::int32_t>(kLastOffsetDeltaAt, 3)},
      {"last offset delta negative", InvalidRecord, with<std::int32_t>(kLastOffsetDeltaAt, -1)},
      {"one record fewer in both", InvalidRecord,
       [](ByteVector& b) {
         store_big(b.data() + kCountAt, 2);
         store_big(b.data() + kLastOffsetDeltaAt, 1);
       }},
      {"a billion records in both", InvalidRecord,
       [](ByteVector& b) {
         store_big(b.data() + kCountAt, 1'000'000'000);
         store_big(b.data() + kLastOffsetDeltaAt, 999'999'999);
       }},
      {"a byte more", InvalidRecord, [](ByteVector& b) { b.push_back(std::byte{0}); }},
      {"a byte fewer", InvalidRecord, [](ByteVector& b) { b.pop_back(); }},
      {"no body", InvalidRecord, [](ByteVector& b) { b.resize(kBatchOverhead); }},
  };
  for (const Broken& row : rows) {
    ByteVector batch = three_records();
    row.change(batch);
    seal(batch);
    const Verdict found = verdict(batch);
    EXPECT_EQ(found.code, row.expected) << row.why << ": " << found.detail;
  }
}

// As above, but the bytes stay as the row leaves them.
TEST(RecordBatch, EachBrokenEnvelopeHasKafkasError) {
  using enum ErrorCode;
  const std::vector<Broken> rows = {
      {"empty", InvalidRecord, [](ByteVector& b) { b.clear(); }},
      {"header cut short", InvalidRecord, [](ByteVector& b) { b.resize(kBatchOverhead - 1); }},
      {"records cut short", InvalidRecord, [](ByteVector& b) { b.pop_back(); }},
      {"a byte behind it", InvalidRecord, [](ByteVector& b) { b.push_back(std::byte{0}); }},
      {"two batches", InvalidRecord,
       [](ByteVector& b) {
         const ByteVector again = b;
         b.insert(b.end(), again.begin(), again.end());
       }},
      {"length negative", CorruptMessage, with<std::int32_t>(kLengthAt, -1)},
      {"length below a header", CorruptMessage, with<std::int32_t>(kLengthAt, 48)},
      {"length of 2 GiB", InvalidRecord,
       with<std::int32_t>(kLengthAt, std::numeric_limits<std::int32_t>::max())},
      {"one bit of the body", CorruptMessage, [](ByteVector& b) { b.back() ^= std::byte{1}; }},
      {"one bit of the checksum", CorruptMessage, [](ByteVector& b) { b[kCrcAt] ^= std::byte{1}; }},
      {"one bit of the time", CorruptMessage,
       [](ByteVector& b) { b[kMaxTimestampAt] ^= std::byte{1}; }},
  };
  for (const Broken& row : rows) {
    ByteVector batch = three_records();
    row.change(batch);
    const Verdict found = verdict(batch);
    EXPECT_EQ(found.code, row.expected) << row.why << ": " << found.detail;
  }
}

TEST(RecordBatch, EachBrokenRecordIsInvalid) {
  struct Row {
    const char* why;
    ByteVector record;
    bool sound = false;
  };
  // Size, attributes, timestamp delta, offset delta, key, value, number of headers, headers.
  const std::vector<Row> rows = {
      {"least record", raw({12, 0, 0, 0, 1, 1, 0}), true},
      {"record attributes are ignored", raw({12, 0x7f, 0, 0, 1, 1, 0}), true},
      {"empty key and value", raw({12, 0, 0, 0, 0, 0, 0}), true},
      {"a header with null", raw({16, 0, 0, 0, 1, 1, 2, 0, 1}), true},
      {"no size", raw({}), false},
      {"size is cut", raw({0x80}), false},
      {"size 0", raw({0}), false},
      {"size negative", raw({1, 0, 0, 0, 1, 1, 0}), false},
      {"size one too large", raw({14, 0, 0, 0, 1, 1, 0}), false},
      {"size one too small", raw({10, 0, 0, 0, 1, 1, 0}), false},
      {"size of 2 GiB", raw({0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 1, 1, 0}), false},
      {"bytes behind the headers", raw({14, 0, 0, 0, 1, 1, 0, 0}), false},
      {"first offset 1", raw({12, 0, 0, 2, 1, 1, 0}), false},
      {"first offset -1", raw({12, 0, 0, 1, 1, 1, 0}), false},
      {"key longer than the record", raw({12, 0, 0, 0, 20, 1, 0}), false},
      {"key of length -2", raw({12, 0, 0, 0, 3, 1, 0}), false},
      {"value longer than the record", raw({12, 0, 0, 0, 1, 20, 0}), false},
      {"value of length -2", raw({12, 0, 0, 0, 1, 3, 0}), false},
      {"number of headers negative", raw({12, 0, 0, 0, 1, 1, 1}), false},
      {"more headers than there are", raw({12, 0, 0, 0, 1, 1, 2}), false},
      {"2 billion headers", raw({20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f}), false},
      {"header name null", raw({16, 0, 0, 0, 1, 1, 2, 1, 1}), false},
      {"header value of length -2", raw({16, 0, 0, 0, 1, 1, 2, 0, 3}), false},
      {"timestamp never ends",
       raw({30, 0, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1, 0, 1, 1, 0}), false},
  };
  for (const Row& row : rows) {
    const ByteVector batch = batch_around(1, row.record);
    const Verdict found = verdict(batch);
    EXPECT_EQ(found.code, row.sound ? ErrorCode::None : ErrorCode::InvalidRecord)
        << row.why << ": " << found.detail;

    BatchScratch scratch;
    const auto read = for_each_record(batch, scratch, [](const RecordView&) {});
    // A reader of stored batches takes holes in the offsets: compaction leaves them.
    if (!row.sound) {
      EXPECT_FALSE(read) << row.why;
    }
  }
}

TEST(RecordBatch, OffsetsOfAClientCountUpByOne) {
  const auto at = [](int delta) { return raw({12, 0, 0, delta * 2, 1, 1, 0}); };
  const auto three = [&](int a, int b, int c) {
    ByteVector records;
    for (const int delta : {a, b, c}) {
      const ByteVector one = at(delta);
      records.insert(records.end(), one.begin(), one.end());
    }
    return batch_around(3, records);
  };
  EXPECT_EQ(verdict(three(0, 1, 2)).code, ErrorCode::None);
  EXPECT_EQ(verdict(three(0, 2, 1)).code, ErrorCode::InvalidRecord);
  EXPECT_EQ(verdict(three(0, 0, 0)).code, ErrorCode::InvalidRecord);
  EXPECT_EQ(verdict(three(1, 2, 3)).code, ErrorCode::InvalidRecord);
  // Another broker's batch may have lost records to compaction, but not its order.
  ByteVector holes = three(0, 3, 5);
  store_big(holes.data() + kLastOffsetDeltaAt, 5);
  seal(holes);
  EXPECT_EQ(verdict(holes).code, ErrorCode::InvalidRecord);
  EXPECT_EQ(verdict(holes, {.origin = Origin::Replica}).code, ErrorCode::None);
  EXPECT_EQ(verdict(three(0, 2, 1), {.origin = Origin::Replica}).code, ErrorCode::InvalidRecord);
}

TEST(RecordBatch, RulesOfTheTopic) {
  using enum ErrorCode;
  struct Row {
    const char* why;
    ErrorCode expected;
    BatchRules rules;
    std::size_t refused = 0;
  };
  const Timestamp before{kTime.value - 1};
  const Timestamp after{kTime.value + 5};
  const std::vector<Row> rows = {
      {"as large as allowed", None, {.max_batch_bytes = three_records().size()}},
      {"a byte too large", MessageTooLarge, {.max_batch_bytes = three_records().size() - 1}},
      {"one record has no key", InvalidRecord, {.keys_required = true}, 1},
      {"times just within", None, {.earliest = kTime, .latest = after}},
      {"all too late", InvalidTimestamp, {.latest = before}, 3},
      {"one too late", InvalidTimestamp, {.latest = Timestamp{after.value - 1}}, 1},
      {"one too early", InvalidTimestamp, {.earliest = Timestamp{kTime.value + 1}}, 1},
      {"with append time nobody asks",
       None,
       {.timestamp_type = TimestampType::LogAppendTime, .latest = before}},
      {"key and time: time wins", InvalidTimestamp, {.keys_required = true, .latest = before}, 3},
  };
  for (const Row& row : rows) {
    BatchScratch scratch;
    const auto valid = validate_batch(three_records(), row.rules, scratch);
    EXPECT_EQ(valid ? None : valid.error().code, row.expected) << row.why;
    EXPECT_EQ(scratch.record_errors.size(), row.refused) << row.why;
  }
  EXPECT_EQ(verdict(three_records({Codec::Zstd}), {.zstd_allowed = false}).code,
            UnsupportedCompressionType);
}

TEST(RecordBatch, RefusedRecordsAreNamedAndTheListIsBounded) {
  BatchBuilder builder;
  for (int i = 0; i < 1000; ++i) builder.add(kTime, {}, as_bytes("v"));
  BatchScratch scratch;
  const BatchRules rules{.keys_required = true};
  EXPECT_FALSE(validate_batch(builder.finish(), rules, scratch));
  ASSERT_EQ(scratch.record_errors.size(), 100u);
  EXPECT_EQ(scratch.record_errors[99].index, 99);
  EXPECT_TRUE(validate_batch(three_records(), {}, scratch));
  EXPECT_TRUE(scratch.record_errors.empty()) << "those of the call before are gone";
}

TEST(RecordBatch, ClientsMayNotClaimAppendTime) {
  ByteVector batch = three_records();
  set_log_append_time(batch, kTime);
  EXPECT_EQ(verdict(batch, {.timestamp_type = TimestampType::LogAppendTime}).code,
            ErrorCode::InvalidTimestamp);
}

TEST(RecordBatch, NobodyMayHaveImpossibleOffsets) {
  for (const std::int64_t base : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()}) {
    ByteVector batch = three_records();
    set_base_offset(batch, Offset{base});
    EXPECT_EQ(verdict(batch, {.origin = Origin::Replica}).code, ErrorCode::InvalidRecord) << base;
  }
}

TEST(RecordBatch, CoordinatorsMayWriteControlBatches) {
  BatchBuilder builder({.base_offset = Offset{17}, .producer_id = ProducerId{5}, .control = true});
  builder.add(kTime, as_bytes("k"), as_bytes("v"));
  const ByteVector batch = builder.finish();
  EXPECT_EQ(verdict(batch, {.origin = Origin::Coordinator}).code, ErrorCode::None);
  EXPECT_EQ(verdict(batch).code, ErrorCode::InvalidRecord);
}

TEST(RecordBatch, BombsStopAtTheLimit) {
  const ByteVector zeros(24 << 20);
  for (const Codec codec : {Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd}) {
    BatchBuilder builder({.compression = {codec}});
    builder.add(kTime, {}, zeros);
    const ByteVector bomb = builder.finish();
    BatchRules rules{.max_uncompressed_bytes = 10 << 20};
    EXPECT_EQ(verdict(bomb, rules).code, ErrorCode::MessageTooLarge) << name_of(codec);
    rules.max_uncompressed_bytes = 25 << 20;
    EXPECT_EQ(verdict(bomb, rules).code, ErrorCode::None) << name_of(codec);
    BatchScratch scratch;
    EXPECT_FALSE(BatchReader::open(bomb, scratch, 10 << 20)) << name_of(codec);
  }
}

// Kafka takes what clients say of the latest time as a hint, and stores the truth.
TEST(RecordBatch, StampCorrectsTheMaxTimestamp) {
  ByteVector batch = three_records();
  set_max_timestamp(batch, TimestampType::CreateTime, Timestamp{3});
  BatchScratch scratch;
  const ValidBatch valid = *validate_batch(batch, {}, scratch);
  const BatchHeader stored = stamp(batch, valid, {Offset{100}, LeaderEpoch{4}});
  EXPECT_EQ(stored.max_timestamp, Timestamp{kTime.value + 5});
  EXPECT_EQ(stored.base_offset, Offset{100});
  EXPECT_EQ(stored.leader_epoch, LeaderEpoch{4});
  EXPECT_EQ(stored.last_offset(), Offset{102});
  EXPECT_EQ(**peek_batch(batch), stored);
  EXPECT_TRUE(checksum_matches(batch));
}

TEST(RecordBatch, StampLeavesTheChecksumAloneWhereItCan) {
  ByteVector batch = three_records();
  BatchScratch scratch;
  const ValidBatch valid = *validate_batch(batch, {}, scratch);
  const BatchHeader stored = stamp(batch, valid, {Offset{5}, LeaderEpoch{0}});
  EXPECT_EQ(stored.crc, valid.header.crc);
  EXPECT_EQ(**peek_batch(batch), stored);
  EXPECT_TRUE(checksum_matches(batch));
}

TEST(RecordBatch, StampWithLogAppendTime) {
  ByteVector batch = three_records({Codec::Lz4});
  BatchScratch scratch;
  const BatchRules rules{.timestamp_type = TimestampType::LogAppendTime};
  const ValidBatch valid = *validate_batch(batch, rules, scratch);
  const Timestamp now{kTime.value + 99};
  const BatchHeader stored = stamp(batch, valid, {Offset{5}, LeaderEpoch{0}, now});
  EXPECT_EQ(**peek_batch(batch), stored);
  EXPECT_TRUE(checksum_matches(batch));
  EXPECT_TRUE(for_each_record(batch, scratch,
                              [&](const RecordView& record) { EXPECT_EQ(record.timestamp, now); }));
}

TEST(RecordBatch, StampAfterRecompression) {
  ByteVector batch = three_records();
  set_max_timestamp(batch, TimestampType::CreateTime, kTime);
  BatchScratch scratch;
  const ValidBatch valid = *validate_batch(batch, {}, scratch);
  ByteVector made = *recompress(batch, {Codec::Zstd}, scratch);
  const BatchHeader stored = stamp(made, valid, {Offset{5}, LeaderEpoch{1}});
  EXPECT_EQ(stored.codec, Codec::Zstd);
  EXPECT_EQ(stored.max_timestamp, Timestamp{kTime.value + 5});
  EXPECT_EQ(**peek_batch(made), stored);
  EXPECT_TRUE(checksum_matches(made));
}

TEST(RecordBatch, PeekTellsTooFewBytesFromCorruption) {
  const ByteVector batch = three_records();
  for (std::size_t size = 0; size < kBatchOverhead; ++size) {
    const auto header = peek_batch(Bytes(batch).first(size));
    ASSERT_TRUE(header) << size;
    EXPECT_FALSE(*header) << size;
  }
  const auto header = peek_batch(Bytes(batch).first(kBatchOverhead));
  EXPECT_EQ((*header)->size(), batch.size()) << "the header is enough";

  struct Row {
    const char* why;
    ErrorCode expected;
    std::function<void(ByteVector&)> change;
  };
  using enum ErrorCode;
  const std::vector<Row> rows = {
      {"preallocated zeros", CorruptMessage, [](ByteVector& b) { b.assign(b.size(), {}); }},
      {"length", CorruptMessage, with<std::int32_t>(kLengthAt, 10)},
      {"version 1", UnsupportedForMessageFormat, with<std::int8_t>(kMagicAt, 1)},
      {"negative offset", CorruptMessage, with<std::int64_t>(0, -5)},
      {"offset past the end", CorruptMessage,
       with<std::int64_t>(0, std::numeric_limits<std::int64_t>::max() - 2)},
      {"negative delta", CorruptMessage, with<std::int32_t>(kLastOffsetDeltaAt, -1)},
      {"negative count", CorruptMessage, with<std::int32_t>(kCountAt, -1)},
      {"codec", UnsupportedCompressionType, with<std::int16_t>(kAttributesAt, 6)},
  };
  for (const Row& row : rows) {
    ByteVector broken = batch;
    row.change(broken);
    const auto found = peek_batch(broken);
    ASSERT_FALSE(found) << row.why;
    EXPECT_EQ(found.error().code, row.expected) << row.why;
  }
}

TEST(RecordBatch, SequencesGoOnAtZero) {
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ((BatchHeader{.last_offset_delta = 9, .base_sequence = 5}).last_sequence(), 14);
  EXPECT_EQ((BatchHeader{.last_offset_delta = 0, .base_sequence = kMost}).last_sequence(), kMost);
  EXPECT_EQ((BatchHeader{.last_offset_delta = 1, .base_sequence = kMost}).last_sequence(), 0);
  EXPECT_EQ((BatchHeader{.last_offset_delta = 3, .base_sequence = kMost - 1}).last_sequence(), 1);
  EXPECT_EQ((BatchHeader{.last_offset_delta = 3}).last_sequence(), kNoSequence);
}

}  // namespace
}  // namespace wire

#include "wire/record_batch_reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "wire/record_batch_builder.h"

namespace wire {
namespace {

constexpr Timestamp kTime{1'700'000'000'000};

// A record that owns its bytes, to compare with.
struct Owned {
  Offset offset;
  Timestamp timestamp;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  bool operator==(const Owned&) const = default;
};

std::optional<std::string> own(std::optional<Bytes> bytes) {
  if (!bytes) return {};
  return std::string(as_text(*bytes));
}
std::optional<Bytes> view(const std::optional<std::string>& text) {
  if (!text) return {};
  return as_bytes(*text);
}

std::vector<Owned> read_all(Bytes batch) {
  BatchScratch scratch;
  std::vector<Owned> records;
  const auto header = for_each_record(batch, scratch, [&](const RecordView& r) {
    Owned owned{r.offset, r.timestamp, own(r.key), own(r.value), {}};
    for (const RecordHeader& h : r.headers) {
      owned.headers.emplace_back(std::string(h.name), own(h.value));
    }
    EXPECT_EQ(owned.headers.size(), r.headers.size());
    records.push_back(std::move(owned));
  });
  EXPECT_TRUE(header) << header.error().detail;
  return records;
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::int64_t number(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution(least, most)(engine_);
  }
  bool coin() { return number(0, 1) == 1; }
  std::optional<std::string> text() {
    if (number(0, 4) == 0) return {};
    const std::int64_t size = number(0, 3) == 0 ? number(0, 3000) : number(0, 40);
    return std::string(static_cast<std::size_t>(size), static_cast<char>(number(0, 255)));
  }
  Timestamp time() {
    if (number(0, 20) == 0) return Timestamp{number(0, std::numeric_limits<std::int64_t>::max())};
    return Timestamp{kTime.value + number(-1000, 1000)};
  }

  Owned record() {
    Owned owned{{}, time(), text(), text(), {}};
    for (std::int64_t i = number(-4, 4); i > 0; --i) {
      owned.headers.emplace_back(text().value_or("h"), text());
    }
    return owned;
  }
  BatchOptions options() {
    return {.compression = {static_cast<Codec>(number(0, 4))},
            .base_offset = Offset{coin() ? 0 : number(0, std::int64_t{1} << 60)},
            .leader_epoch = LeaderEpoch{static_cast<std::int32_t>(number(-1, 100))},
            .producer_id = ProducerId{number(-1, 5)},
            .producer_epoch = ProducerEpoch{static_cast<std::int16_t>(number(0, 5))},
            .base_sequence = static_cast<std::int32_t>(number(0, 1000)),
            .transactional = coin()};
  }

 private:
  std::mt19937 engine_;
};

void add(BatchBuilder& builder, const Owned& record) {
  std::vector<RecordHeader> headers;
  for (const auto& [name, value] : record.headers) headers.push_back({name, view(value)});
  builder.add(record.timestamp, view(record.key), view(record.value), headers);
}

TEST(RecordBatchProperty, WhatIsBuiltIsValidAndReadsBack) {
  CodecScratch codecs;
  BatchScratch scratch;
  for (unsigned seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const BatchOptions options = random.options();
    BatchBuilder builder(options);
    std::vector<Owned> records;
    Timestamp latest = kNoTimestamp;
    for (std::int64_t i = random.number(1, 60); i > 0; --i) {
      Owned record = random.record();
      record.offset = Offset{options.base_offset.value + static_cast<std::int64_t>(records.size())};
      latest = std::max(latest, record.timestamp);
      add(builder, record);
      records.push_back(std::move(record));
    }
    const std::size_t uncompressed = builder.size();
    const ByteVector batch = builder.finish(codecs);
    EXPECT_EQ(read_all(batch), records) << "seed " << seed;

    const auto valid = validate_batch(batch, {.origin = Origin::Coordinator}, scratch);
    ASSERT_TRUE(valid) << "seed " << seed << ": " << valid.error().detail;
    EXPECT_EQ(valid->max_timestamp, latest) << "seed " << seed;
    EXPECT_EQ(valid->header.max_timestamp, latest) << "seed " << seed;
    EXPECT_EQ(valid->uncompressed_bytes, uncompressed) << "seed " << seed;
    EXPECT_EQ(valid->header.producer_id, options.producer_id);
    EXPECT_EQ(valid->header.transactional, options.transactional);
  }
}

TEST(RecordBatchProperty, RecompressionChangesTheCodecAlone) {
  BatchScratch scratch;
  for (unsigned seed = 0; seed < 100; ++seed) {
    Random random(seed);
    BatchBuilder builder(random.options());
    for (std::int64_t i = random.number(1, 30); i > 0; --i) add(builder, random.record());
    const ByteVector batch = builder.finish();
    const Compression with{static_cast<Codec>(random.number(0, 4)), 4};
    const auto made = recompress(batch, with, scratch);
    ASSERT_TRUE(made);
    EXPECT_EQ(read_all(*made), read_all(batch));
    BatchHeader was = **peek_batch(batch);
    const BatchHeader is = **peek_batch(*made);
    EXPECT_EQ(is.codec, with.codec);
    was.codec = is.codec;
    was.crc = is.crc;
    was.length = is.length;
    EXPECT_EQ(is, was);
    EXPECT_TRUE(checksum_matches(*made));
  }
}

// Changes bytes at random; whatever comes of it, nothing reads outside, and the checksum is right
// so that the records are reached.
TEST(RecordBatchProperty, DamageNeverDoesHarm) {
  BatchScratch scratch;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    BatchBuilder builder(random.options());
    for (std::int64_t i = random.number(1, 10); i > 0; --i) add(builder, random.record());
    ByteVector batch = builder.finish();
    const auto last = static_cast<std::int64_t>(batch.size()) - 1;
    for (std::int64_t i = random.number(1, 4); i > 0; --i) {
      const auto at = static_cast<std::size_t>(random.number(random.coin() ? 0 : 21, last));
      batch[at] = static_cast<std::byte>(random.number(0, 255));
    }
    const auto header = peek_batch(batch);
    if (header && *header && (*header)->size() == batch.size()) {
      set_max_timestamp(batch, (*header)->timestamp_type, (*header)->max_timestamp);
    }
    for (const Origin origin : {Origin::Client, Origin::Replica}) {
      const auto valid =
          validate_batch(batch, {.origin = origin, .max_uncompressed_bytes = 1 << 20}, scratch);
      if (!valid) continue;
      EXPECT_TRUE(for_each_record(batch, scratch, [](const RecordView&) {})) << "seed " << seed;
    }
  }
}

TEST(BatchBuilder, IsAsNewAfterFinish) {
  BatchBuilder builder({.base_offset = Offset{7}});
  EXPECT_TRUE(builder.empty());
  builder.add(kTime, as_bytes("k"), as_bytes("v"));
  EXPECT_EQ(builder.count(), 1);
  const std::size_t size = builder.size();
  const ByteVector first = builder.finish();
  EXPECT_EQ(first.size(), size);
  EXPECT_TRUE(builder.empty());
  builder.add(kTime, as_bytes("k"), as_bytes("v"));
  EXPECT_EQ(builder.finish(), first);
}

TEST(BatchBuilder, KeepsTheOffsetsOfRecordsItIsGiven) {
  BatchBuilder builder({.base_offset = Offset{100}});
  builder.add(RecordView{.offset = Offset{103}, .timestamp = kTime, .value = as_bytes("a")});
  builder.add(RecordView{.offset = Offset{110}, .timestamp = kTime, .value = as_bytes("b")});
  builder.add(kTime, {}, as_bytes("c"));
  const ByteVector batch = builder.finish();
  const std::vector<Owned> records = read_all(batch);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].offset, Offset{103});
  EXPECT_EQ(records[1].offset, Offset{110});
  EXPECT_EQ(records[2].offset, Offset{111});
  EXPECT_EQ((**peek_batch(batch)).next_offset(), Offset{112});
}

TEST(BatchReader, AnEmptyBatchHasNoRecords) {
  // Compaction leaves such, to remember a producer's last sequence.
  ByteVector batch(kBatchOverhead);
  write_batch_header(batch, {.length = kBatchOverhead - kBatchPrefix, .last_offset_delta = 9});
  EXPECT_TRUE(read_all(batch).empty());
  BatchScratch scratch;
  const auto made = recompress(batch, {Codec::Gzip}, scratch);
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, batch);
}

TEST(BatchReader, GivesTheEncodedSize) {
  BatchBuilder builder;
  builder.add(kTime, as_bytes("k"), as_bytes("v"));
  const std::size_t size = builder.size() - kBatchOverhead;
  BatchScratch scratch;
  const ByteVector batch = builder.finish();
  EXPECT_TRUE(for_each_record(
      batch, scratch, [&](const RecordView& record) { EXPECT_EQ(record.encoded_size, size); }));
}

TEST(BatchIterator, GivesWholeBatchesAndLeavesATornOne) {
  ByteVector run;
  for (std::int64_t i = 0; i < 3; ++i) {
    BatchBuilder builder({.base_offset = Offset{i * 10}});
    builder.add(kTime, {}, as_bytes("value"));
    const ByteVector batch = builder.finish();
    run.insert(run.end(), batch.begin(), batch.end());
  }
  const std::size_t each = run.size() / 3;
  for (std::size_t size = 0; size <= run.size(); ++size) {
    BatchIterator batches(Bytes(run).first(size));
    std::size_t count = 0;
    for (;;) {
      const auto found = batches.next();
      ASSERT_TRUE(found);
      if (!*found) break;
      EXPECT_EQ((*found)->header.base_offset, Offset{static_cast<std::int64_t>(count) * 10});
      EXPECT_EQ((*found)->bytes.size(), each);
      ++count;
    }
    EXPECT_EQ(count, size / each);
    EXPECT_EQ(batches.rest().size(), size % each);
  }
}

TEST(BatchIterator, StopsAtGarbage) {
  ByteVector run(200, std::byte{0x5a});
  BatchIterator batches(run);
  EXPECT_EQ(batches.next().error().code, ErrorCode::CorruptMessage);
}

}  // namespace
}  // namespace wire

#include "wire/legacy_message_set.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace wire {
namespace {

// What Kafka's own code wrote is read in tests/formats/batches_test.cc; here is what nobody should.

template <class T>
void put(ByteVector& to, T value) {
  to.resize(to.size() + sizeof(T));
  store_big(to.data() + to.size() - sizeof(T), value);
}

void put_sized(ByteVector& to, std::optional<Bytes> bytes) {
  put(to, bytes ? static_cast<std::int32_t>(bytes->size()) : -1);
  if (bytes) to.insert(to.end(), bytes->begin(), bytes->end());
}

struct Spec {
  std::int64_t offset = 7;
  std::int8_t magic = 1;
  std::int8_t attributes = 0;
  std::int64_t timestamp = 1000;
};

ByteVector message(const Spec& spec, std::optional<Bytes> value, Bytes behind = {}) {
  ByteVector body;
  put(body, std::uint32_t{0});
  put(body, spec.magic);
  put(body, spec.attributes);
  if (spec.magic > 0) put(body, spec.timestamp);
  put_sized(body, as_bytes("key"));
  put_sized(body, value);
  body.insert(body.end(), behind.begin(), behind.end());
  ByteVector entry;
  put(entry, spec.offset);
  put(entry, static_cast<std::int32_t>(body.size()));
  entry.insert(entry.end(), body.begin(), body.end());
  return entry;
}

ByteVector packed(Codec codec, Bytes inner) {
  ByteVector to;
  CodecScratch scratch;
  compress({codec}, inner, to, scratch);
  return to;
}

ErrorCode outcome(Bytes entry) {
  BatchScratch scratch;
  const auto records = read_legacy(entry, scratch, 1 << 20);
  return records ? ErrorCode::None : records.error().code;
}

TEST(LegacyMessageSet, OffsetsInsideAreRelativeInVersion1AndAbsoluteIn0) {
  BatchScratch scratch;
  for (const std::int8_t magic : {std::int8_t{0}, std::int8_t{1}}) {
    const std::int64_t first = magic == 0 ? 90 : 0;
    ByteVector inner = message({.offset = first, .magic = magic}, as_bytes("a"));
    const ByteVector second = message({.offset = first + 2, .magic = magic}, as_bytes("b"));
    inner.insert(inner.end(), second.begin(), second.end());
    const ByteVector zipped = packed(Codec::Gzip, inner);
    const ByteVector entry = message({.offset = 92, .magic = magic, .attributes = 1}, zipped);
    const auto records = read_legacy(entry, scratch);
    ASSERT_TRUE(records) << records.error().detail;
    ASSERT_EQ(records->size(), 2u);
    EXPECT_EQ((*records)[0].offset, Offset{90});
    EXPECT_EQ((*records)[1].offset, Offset{92});
    EXPECT_EQ((*records)[1].timestamp, magic == 0 ? kNoTimestamp : Timestamp{1000});
  }
}

TEST(LegacyMessageSet, PeekTellsTooFewBytesFromCorruption) {
  const ByteVector entry = message({}, as_bytes("value"));
  for (std::size_t size = 0; size < kLegacyOverhead; ++size) {
    const auto header = peek_legacy(Bytes(entry).first(size));
    ASSERT_TRUE(header) << size;
    EXPECT_FALSE(*header) << size;
  }
  EXPECT_EQ((*peek_legacy(Bytes(entry).first(kLegacyOverhead)))->size(), entry.size());
}

TEST(LegacyMessageSet, EachBrokenEntryIsRefused) {
  using enum ErrorCode;
  const ByteVector inner = message({.offset = 0}, as_bytes("v"));
  const auto wrapped = [&](Bytes messages, std::int64_t offset = 7) {
    return message({.offset = offset, .attributes = 2}, packed(Codec::Snappy, messages));
  };
  const auto shortened = [](ByteVector entry) {
    entry.pop_back();
    return entry;
  };
  const auto sized = [&](std::int32_t size) {
    ByteVector entry = message({}, as_bytes("v"));
    store_big(entry.data() + 8, size);
    return entry;
  };
  struct Row {
    const char* why;
    ErrorCode expected;
    ByteVector entry;
  };
  const std::vector<Row> rows = {
      {"sound", None, message({}, as_bytes("v"))},
      {"null value", None, message({}, {})},
      {"sound wrapper", None, wrapped(inner)},
      {"cut short", InvalidRecord, shortened(message({}, as_bytes("v")))},
      {"bytes behind the value", InvalidRecord, message({}, as_bytes("v"), as_bytes("x"))},
      {"length below a message", CorruptMessage, sized(21)},
      {"negative length", CorruptMessage, sized(-1)},
      {"length of 2 GiB", InvalidRecord, sized(std::numeric_limits<std::int32_t>::max())},
      {"negative offset", CorruptMessage, message({.offset = -1}, as_bytes("v"))},
      {"version 2", UnsupportedForMessageFormat, message({.magic = 2}, as_bytes("v"))},
      {"version 3", CorruptMessage, message({.magic = 3}, as_bytes("v"))},
      {"codec zstd", UnsupportedCompressionType, message({.attributes = 4}, as_bytes("v"))},
      {"codec 7", UnsupportedCompressionType, message({.attributes = 7}, as_bytes("v"))},
      {"wrapper of null", InvalidRecord, message({.attributes = 1}, {})},
      {"wrapper of noise", InvalidRecord, message({.attributes = 1}, as_bytes("noise"))},
      {"wrapper of nothing", InvalidRecord, wrapped({})},
      {"wrapper of a torn message", InvalidRecord, wrapped(shortened(inner))},
      {"wrapper in a wrapper", InvalidRecord, wrapped(wrapped(inner, 0))},
      {"version 0 inside", InvalidRecord,
       wrapped(message({.offset = 0, .magic = 0}, as_bytes("v")))},
      {"inner offset past the outer", InvalidRecord,
       wrapped(message({.offset = 8}, as_bytes("v")))},
      {"a bomb", MessageTooLarge, wrapped(message({.offset = 0}, ByteVector(2 << 20)))},
  };
  for (const Row& row : rows) EXPECT_EQ(outcome(row.entry), row.expected) << row.why;
}

TEST(LegacyMessageSet, DamageNeverDoesHarm) {
  std::mt19937 random(1);
  const ByteVector inner = message({.offset = 0}, as_bytes("value"));
  const ByteVector entry = message({.attributes = 2}, packed(Codec::Snappy, inner));
  for (int i = 0; i < 20000; ++i) {
    ByteVector damaged = entry;
    for (int n = 0; n < 3; ++n)
      damaged[random() % damaged.size()] = static_cast<std::byte>(random());
    damaged.resize(random() % 4 == 0 ? random() % damaged.size() : damaged.size());
    outcome(damaged);
    legacy_checksum_matches(damaged);
  }
}

}  // namespace
}  // namespace wire

#include "txn/snapshot.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"

namespace txn {
namespace {

// Made by ProducerStateManager of Apache Kafka 4.2.1 out of the three producers of from_kafka().
constexpr std::string_view kKafkaFile =
    "0001cf76a1520000000300000000000000070000000000290000000000000063000000090000018bcfe5687bffffff"
    "ff"
    "ffffffffffffffff0000000000000fa000037fffffff0000000000000081000000090000018bcfe569c80000000200"
    "00"
    "0000000000780000000000000fa1000cffffffffffffffffffffffff000000000000018bcfe56b1500000005ffffff"
    "ff"
    "ffffffff";

ByteVector from_hex(std::string_view hex) {
  ByteVector bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const std::string pair(hex.substr(i, 2));
    bytes.push_back(static_cast<std::byte>(std::stoi(pair, nullptr, 16)));
  }
  return bytes;
}

Producers from_kafka() {
  Producers producers;
  const Timestamp first{1700000000123};
  const Timestamp second{1700000000456};
  restore(producers, ProducerId{7},
          {.epoch = ProducerEpoch{0},
           .batches = {{Sequence{41}, Offset{99}, 9, first}},
           .last_active = first});
  restore(producers, ProducerId{4000},
          {.epoch = ProducerEpoch{3},
           .batches = {{Sequence{2147483647}, Offset{129}, 9, second}},
           .last_active = second,
           .coordinator_epoch = 2,
           .transaction_start = Offset{120}});
  restore(producers, ProducerId{4001},
          {.epoch = ProducerEpoch{12},
           .batches = {},
           .last_active = Timestamp{1700000000789},
           .coordinator_epoch = 5});
  return producers;
}

TEST(Snapshot, ReadsWhatKafkaWrote) {
  const auto read = decode_snapshot(from_hex(kKafkaFile));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, from_kafka());
  EXPECT_EQ(read->first_open(), Offset{120});
}

TEST(Snapshot, WritesTheBytesThatKafkaWrites) {
  EXPECT_EQ(encode_snapshot(from_kafka()), from_hex(kKafkaFile));
}

TEST(Snapshot, KeepsTheLastBatchOnly) {
  Producers live;
  for (std::int32_t i = 0; i < 3; ++i) {
    apply(live, AppendedBatch{.facts = {.producer = ProducerId{1},
                                        .epoch = ProducerEpoch{0},
                                        .first = Sequence{i},
                                        .last = Sequence{i}},
                              .first = Offset{i},
                              .last = Offset{i}});
  }
  const auto loaded = decode_snapshot(encode_snapshot(live));
  ASSERT_TRUE(loaded);
  const Producer* producer = loaded->find(ProducerId{1});
  ASSERT_TRUE(producer);
  ASSERT_EQ(producer->batches.size(), 1U);
  EXPECT_EQ(producer->batches.back(), live.find(ProducerId{1})->batches.back());
}

void seal(ByteVector& file) { store_big(file.data() + 2, crc32c(Bytes(file).subspan(6))); }

TEST(Snapshot, RefusesEveryTruncation) {
  const ByteVector whole = from_hex(kKafkaFile);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_snapshot(Bytes(whole).first(size))) << size;
  }
}

TEST(Snapshot, RefusesEveryFlippedBit) {
  for (std::size_t i = 0; i < kKafkaFile.size() / 2; ++i) {
    ByteVector file = from_hex(kKafkaFile);
    file[i] ^= std::byte{0x10};
    EXPECT_FALSE(decode_snapshot(file)) << i;
  }
}

TEST(Snapshot, RefusesLiesUnderARightChecksum) {
  struct Row {
    const char* why;
    std::size_t at;
    std::byte value;
  };
  const Row rows[] = {
      {"a count of four billion", 6, std::byte{0xff}},
      {"one producer more than there are bytes for", 9, std::byte{4}},
      {"a negative producer id", 10, std::byte{0x80}},
      {"a negative offset delta", 32, std::byte{0x80}},
      {"a batch that begins before the log", 35, std::byte{200}},
  };
  for (const Row& row : rows) {
    ByteVector file = from_hex(kKafkaFile);
    file[row.at] = row.value;
    seal(file);
    EXPECT_FALSE(decode_snapshot(file)) << row.why;
  }
}

TEST(Snapshot, RefusesAProducerNamedTwice) {
  ByteVector file = from_hex(kKafkaFile);
  std::copy_n(file.begin() + 10, 46, file.begin() + 56);
  seal(file);
  EXPECT_FALSE(decode_snapshot(file));
}

TEST(Snapshot, RefusesTransactionsThatBeginAtOneOffset) {
  ByteVector file = from_hex(kKafkaFile);
  constexpr std::size_t kFirst = 10;
  constexpr std::size_t kStartAt = 38;  // In an entry.
  std::copy_n(file.begin() + kFirst + 46 + kStartAt, 8, file.begin() + kFirst + kStartAt);
  seal(file);
  EXPECT_FALSE(decode_snapshot(file));
}

}  // namespace
}  // namespace txn

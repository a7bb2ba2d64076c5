#include "group/record.h"

#include <gtest/gtest.h>

namespace group {
namespace {

ByteVector from_hex(std::string_view hex) {
  ByteVector bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const std::string pair(hex.substr(i, 2));
    bytes.push_back(static_cast<std::byte>(std::stoi(pair, nullptr, 16)));
  }
  return bytes;
}

ByteVector bytes(std::initializer_list<int> values) {
  ByteVector out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

const GroupId kGroup{"audit"};
const TopicPartition kPartition{TopicName{"orders"}, PartitionIndex{3}};

Committed committed() {
  return {.offset = Offset{4711},
          .leader_epoch = LeaderEpoch{6},
          .metadata = "note",
          .at = Timestamp{1700000000123}};
}

Committed committed_with_id() {
  Committed committed_ = committed();
  for (std::size_t i = 0; i < 16; ++i) {
    committed_.topic_id.value.bytes[i] = static_cast<std::byte>(i + 1);
  }
  return committed_;
}

Committed expiring() {
  Committed committed_ = committed();
  committed_.expires = Timestamp{1700000009999};
  return committed_;
}

StoredGeneration generation() {
  return {.protocol_type = "consumer",
          .generation = Generation{9},
          .protocol = "range",
          .leader = MemberId{"m-1"},
          .since = Timestamp{1700000000456},
          .members = {{.id = MemberId{"m-1"},
                       .instance = InstanceId{"till-1"},
                       .client_id = "cart",
                       .client_host = "/127.0.0.1",
                       .rebalance_timeout = Millis{60000},
                       .session_timeout = Millis{45000},
                       .subscription = bytes({1, 2, 3}),
                       .assignment = bytes({9})},
                      {.id = MemberId{"m-2"},
                       .client_id = "cart",
                       .client_host = "/127.0.0.2",
                       .rebalance_timeout = Millis{60000},
                       .session_timeout = Millis{45000},
                       .subscription = bytes({4})}}};
}

struct Row {
  const char* what;
  Record record;
  const char* key;
  const char* value;  // Null for a tombstone.
};

constexpr const char* kOffsetKey = "00010005617564697400066f726465727300000003";
constexpr const char* kGroupKey = "000200056175646974";

// The bytes that Apache Kafka 4.2.1's own record helpers give for the same content.
std::vector<Row> rows() {
  return {
      {"an offset", OffsetStored{kGroup, kPartition, committed()}, kOffsetKey,
       "0004000000000000126700000006056e6f74650000018bcfe5687b00"},
      {"an offset of a topic with an id", OffsetStored{kGroup, kPartition, committed_with_id()},
       kOffsetKey,
       "0004000000000000126700000006056e6f74650000018bcfe5687b0100100102030405060708090a0b0c0d0e0f"
       "10"},
      {"an offset is gone", OffsetDropped{kGroup, kPartition}, kOffsetKey, nullptr},
      {"a generation", GroupStored{kGroup, generation()}, kGroupKey,
       "00030008636f6e73756d657200000009000572616e676500036d2d310000018bcfe569c80000000200036d2d31"
       "000674696c6c2d31000463617274000a2f3132372e302e302e310000ea600000afc80000000301020300000001"
       "0900036d2d32ffff000463617274000a2f3132372e302e302e320000ea600000afc8000000010400000000"},
      {"a group is gone", GroupDropped{kGroup}, kGroupKey, nullptr},
  };
}

TEST(GroupRecord, HasTheBytesThatKafkaWrites) {
  for (const Row& row : rows()) {
    const Encoded encoded = encode(row.record);
    EXPECT_EQ(encoded.key, from_hex(row.key)) << row.what;
    ASSERT_EQ(encoded.value.has_value(), row.value != nullptr) << row.what;
    if (row.value) EXPECT_EQ(*encoded.value, from_hex(row.value)) << row.what;
  }
}

TEST(GroupRecord, ReadsWhatKafkaWrote) {
  for (const Row& row : rows()) {
    const ByteVector value = from_hex(row.value ? row.value : "");
    const auto read =
        decode(from_hex(row.key), row.value ? std::optional<Bytes>(value) : std::nullopt);
    ASSERT_TRUE(read) << row.what << ": " << read.error().detail;
    ASSERT_TRUE(*read) << row.what;
    EXPECT_EQ(**read, row.record) << row.what;
  }
}

// An expiry of its own leaves no room for the leader epoch in the only version that has it.
TEST(GroupRecord, WritesAnOffsetThatExpiresInTheOldVersion) {
  const Encoded encoded = encode(OffsetStored{kGroup, kPartition, expiring()});
  EXPECT_EQ(*encoded.value,
            from_hex("0001000000000000126700046e6f74650000018bcfe5687b0000018bcfe58f0f"));
  const auto read = decode(encoded.key, *encoded.value);
  ASSERT_TRUE(read && *read);
  Committed expected = expiring();
  expected.leader_epoch = kNoLeaderEpoch;
  EXPECT_EQ(std::get<OffsetStored>(**read).committed, expected);
}

TEST(GroupRecord, ReadsTheOldestKeysAndValues) {
  const ByteVector value = from_hex("0000000000000000126700046e6f74650000018bcfe5687b");
  const auto read = decode(from_hex("00000005617564697400066f726465727300000003"), value);
  ASSERT_TRUE(read && *read);
  Committed expected = committed();
  expected.leader_epoch = kNoLeaderEpoch;
  EXPECT_EQ(**read, Record(OffsetStored{kGroup, kPartition, expected}));
}

TEST(GroupRecord, LeavesKindsThatItDoesNotKnowAlone) {
  const auto read = decode(from_hex("7fff00056175646974"), std::nullopt);
  ASSERT_TRUE(read);
  EXPECT_FALSE(*read);
}

TEST(GroupRecord, RefusesEveryTruncation) {
  for (const Row& row : rows()) {
    const ByteVector key = from_hex(row.key);
    for (std::size_t size = 0; size < key.size(); ++size) {
      EXPECT_FALSE(decode(Bytes(key).first(size), std::nullopt)) << row.what << " " << size;
    }
    if (!row.value) continue;
    const ByteVector value = from_hex(row.value);
    for (std::size_t size = 0; size < value.size(); ++size) {
      const auto read = decode(key, Bytes(value).first(size));
      ASSERT_FALSE(read) << row.what << " " << size;
      EXPECT_EQ(read.error().code, ErrorCode::CorruptMessage) << row.what << " " << size;
    }
  }
}

TEST(GroupRecord, RefusesAVersionFromTheFuture) {
  const auto read = decode(from_hex(kOffsetKey), from_hex("0009000000000000126700"));
  EXPECT_FALSE(read);
}

}  // namespace
}  // namespace group

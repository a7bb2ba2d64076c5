// The encodings themselves: what is refused, what is skipped, and what writing gives notice of.
#include "wire/io.h"

#include <gtest/gtest.h>

#include "base/varint.h"
#include "wire/000_produce.h"
#include "wire/001_fetch.h"
#include "wire/003_metadata.h"
#include "wire/013_leave_group.h"
#include "wire/015_describe_groups.h"
#include "wire/018_api_versions.h"
#include "wire/068_consumer_group_heartbeat.h"

namespace wire {
namespace {

ByteVector from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  ByteVector bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(digit(text[i]) * 16 + digit(text[i + 1])));
  }
  return bytes;
}

template <class M>
ByteVector bytes_of(const M& message, Version version) {
  Output out;
  write(message, version, out);
  return std::move(out.bytes);
}

template <class M>
bool drops(const M& message, Version version) {
  Output out;
  write(message, version, out);
  return out.dropped;
}

TEST(Io, LeaveGroupBytes) {
  const LeaveGroupRequest old{.group_id = GroupId{"g"}, .member_id = MemberId{"m"}};
  EXPECT_EQ(bytes_of(old, 0), from_hex("000167"
                                       "00016d"));
  const LeaveGroupRequest flexible{
      .group_id = GroupId{"g"},
      .members = {{.member_id = MemberId{"m"}, .reason = "bye"}},
  };
  EXPECT_EQ(bytes_of(flexible, 5), from_hex("0267"
                                            "02"
                                            "026d"
                                            "00"
                                            "04627965"
                                            "00"
                                            "00"));
}

TEST(Io, BadLeaveGroupsAreRefused) {
  struct Row {
    const char* bytes;
    Version version;
    const char* why;
  };
  const Row rows[] = {
      {"", 0, "nothing at all"},
      {"0001", 0, "a string longer than the input"},
      {"ffff00016d", 0, "null where no null may be"},
      {"fffe00016d", 0, "a length below null"},
      {"0001677fffffff", 3, "more elements than bytes"},
      {"000167ffffffff", 3, "a null array where no null may be"},
      {"00016780000000", 3, "an array of negative length"},
      {"000100", 3, "the array missing"},
      {"00010100", 4, "null where no null may be"},
      {"0267ffffffff7f", 5, "a varint of more than 32 bits"},
      {"0267ffffffffff01", 5, "a varint that does not end"},
      {"0267ffffffff0f", 5, "more elements than bytes, as a varint"},
      {"02670101", 5, "a tag that is announced and missing"},
      {"0267010105", 5, "a tag without a length"},
      {"026701010502aa", 5, "a tag longer than the input"},
      {"026701ffffffff0f", 5, "more tags than bytes"},
  };
  for (const Row& row : rows) {
    const auto read = read_leave_group_request(from_hex(row.bytes), row.version);
    ASSERT_FALSE(read) << row.why;
    EXPECT_EQ(read.error().code, ErrorCode::InvalidRequest) << row.why;
  }
}

TEST(Io, BytesBehindTheMessageAreLetPass) {
  EXPECT_TRUE(read_leave_group_request(from_hex("02670100"), 5));
  EXPECT_TRUE(read_leave_group_request(from_hex("02670100ffff"), 5));
}

TEST(Io, VersionsThatAreNotThereAreRefused) {
  for (const Version version : {Version{-1}, Version{6}, kNever}) {
    EXPECT_EQ(read_leave_group_request({}, version).error().code, ErrorCode::UnsupportedVersion);
  }
}

TEST(Io, UnknownTagsAreSkipped) {
  const auto read = read_leave_group_request(from_hex("026701"  // group "g", no members,
                                                      "02"      // two tags:
                                                      "0501aa"  // 5, one byte,
                                                      "0900"),  // and 9, which is empty.
                                             5);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, LeaveGroupRequest{.group_id = GroupId{"g"}});
}

TEST(Io, KnownTagsMustBeAsLongAsTheySay) {
  const ByteVector good = bytes_of(FetchRequest{.cluster_id = "c"}, 12);
  ASSERT_TRUE(read_fetch_request(good, 12));
  // It ends with: one tag, number 0, two bytes: "c" and its length.
  const auto tail = good.size() - 5;
  ASSERT_EQ(ByteVector(good.begin() + static_cast<std::ptrdiff_t>(tail), good.end()),
            from_hex("0100020263"));
  ByteVector longer = good;
  longer[tail + 2] = std::byte{3};
  longer.push_back(std::byte{0});
  EXPECT_FALSE(read_fetch_request(longer, 12)) << "a byte of the tag is left over";
  ByteVector shorter = good;
  shorter[tail + 2] = std::byte{1};
  EXPECT_FALSE(read_fetch_request(shorter, 12)) << "the field reaches beyond its tag";
}

TEST(Io, TagsAtTheirDefaultAreNotWritten) {
  EXPECT_LT(bytes_of(FetchRequest{}, 17).size(),
            bytes_of(FetchRequest{.cluster_id = ""}, 17).size());
  FetchRequest follower;
  follower.replica_state.replica_id = BrokerId{1};
  const auto back = read_fetch_request(bytes_of(follower, 17), 17);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->replica_state.replica_id, BrokerId{1});
  EXPECT_EQ(back->replica_state.replica_epoch, -1);
}

TEST(Io, FieldsOfOtherVersionsKeepTheirDefaults) {
  const auto read = read_metadata_request(from_hex("00000000"), 0);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->allow_auto_topic_creation) << "that is what version 0 means";
}

TEST(Io, WritingTellsWhatItDrops) {
  EXPECT_FALSE(drops(LeaveGroupRequest{.member_id = MemberId{"m"}}, 2));
  EXPECT_TRUE(drops(LeaveGroupRequest{.member_id = MemberId{"m"}}, 3))
      << "v3 names members in an array";
  EXPECT_TRUE(drops(LeaveGroupRequest{.members = {{}}}, 2)) << "and before there was none";
  EXPECT_FALSE(drops(LeaveGroupRequest{.members = {{.reason = "why"}}}, 4))
      << "nobody misses a reason";
  EXPECT_TRUE(drops(MetadataRequest{.topics = {}}, 0)) << "version 0 has no null";
  const std::string long_text(40000, 'x');
  Output out;
  write(LeaveGroupRequest{.group_id = GroupId{long_text}}, 5, out);
  EXPECT_TRUE(out.dropped) << "Kafka reads no string as long as this";
  const auto back = read_leave_group_request(out.bytes, 5);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->group_id.value.size(), 32767U);
}

TEST(Io, AStructMayBeNull) {
  ConsumerGroupHeartbeatResponse response;
  const auto none = read_consumer_group_heartbeat_response(bytes_of(response, 0), 0);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->assignment);
  response.assignment = ConsumerGroupHeartbeatResponse::Assignment{};
  const auto some = read_consumer_group_heartbeat_response(bytes_of(response, 0), 0);
  ASSERT_TRUE(some);
  EXPECT_TRUE(some->assignment);
}

ProduceRequest produce(Records records) {
  return {.topic_data = {{.name = TopicName{"t"}, .partition_data = {{.records = records}}}}};
}

TEST(Io, RecordsAreViewsIntoTheFrame) {
  const ByteVector batch = from_hex("0102030405");
  const ByteVector frame = bytes_of(produce({.bytes = batch}), 9);
  const auto read = read_produce_request(frame, 9);
  ASSERT_TRUE(read);
  const Bytes view = read->topic_data[0].partition_data[0].records->bytes;
  EXPECT_EQ(to_vector(view), batch);
  EXPECT_GE(view.data(), frame.data());
  EXPECT_LE(view.data() + view.size(), frame.data() + frame.size());
}

TEST(Io, RecordsFromElsewhereAreSplicedIn) {
  const ByteVector batch(300, std::byte{7});
  for (const Version version : {Version{3}, Version{9}}) {
    Output out;
    write(produce({.elsewhere = batch.size(), .token = 42}), version, out);
    ASSERT_EQ(out.splices.size(), 1U);
    const Splice splice = out.splices[0];
    EXPECT_EQ(splice.size, batch.size());
    EXPECT_EQ(splice.token, 42U);
    EXPECT_EQ(out.size(), out.bytes.size() + batch.size());
    ByteVector frame = out.bytes;
    frame.insert(frame.begin() + static_cast<std::ptrdiff_t>(splice.position), batch.begin(),
                 batch.end());
    EXPECT_EQ(frame, bytes_of(produce({.bytes = batch}), version))
        << "the same, but for where it lay";
  }
}

// DescribeGroups v5: an array of texts, and a flag. An empty text is a byte here and 32 in memory.
ByteVector groups_request(std::uint32_t said, std::size_t texts, ByteVector text) {
  ByteVector bytes;
  put_uvarint(bytes, said + 1);
  for (std::size_t i = 0; i < texts; ++i) bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.insert(bytes.end(), {std::byte{0}, std::byte{0}});
  return bytes;
}

TEST(Io, WhatIsMadeIsBounded) {
  struct Case {
    const char* why;
    std::uint32_t said;
    std::size_t texts;
    ByteVector text;
    bool read;
  };
  const ByteVector empty{std::byte{1}};
  const ByteVector named{std::byte{6},   std::byte{'g'}, std::byte{'r'},
                         std::byte{'o'}, std::byte{'u'}, std::byte{'p'}};
  const std::vector<Case> cases{
      {"as many as it says", 3, 3, named, true},
      {"more elements than bytes", 1000, 3, named, false},
      {"a small message may be of any shape", 1000, 1000, empty, true},
      {"a large one may not grow to 32 times its size", 100'000, 100'000, empty, false},
      {"names that somebody may have do not", 100'000, 100'000, named, true},
  };
  for (const Case& c : cases) {
    const ByteVector bytes = groups_request(c.said, c.texts, c.text);
    std::size_t made = 0;
    const auto read =
        read_message<DescribeGroupsRequest>(bytes, 5, DescribeGroupsRequest::api, &made);
    EXPECT_EQ(read.has_value(), c.read) << c.why;
    EXPECT_LE(made, bytes.size() * kMostMadePerByte + kMostMadeOfFew) << c.why;
    if (c.read) EXPECT_EQ(made, c.texts * sizeof(GroupId)) << c.why;
  }
}

// A count that the bytes could hold if elements were a byte each, but they are not.
TEST(Io, ACountIsHeldAgainstTheLeastSizeOfAnElement) {
  static_assert(kLeastBytesOf<FetchRequest::FetchPartition> == 16);
  static_assert(kLeastBytesOf<std::int32_t> == 4);
  static_assert(kLeastBytesOf<PartitionIndex> == 4);
  static_assert(kLeastBytesOf<TopicName> == 1);
  FetchRequest request{.topics = {{.topic = TopicName{"t"}, .partitions = {{}, {}}}}};
  ByteVector bytes = bytes_of(request, 4);
  const auto read_one = [&] {
    Reader reader(bytes, 4, false);
    FetchRequest read;
    walk(reader, read);
    return std::pair(reader.ok(), reader.made());
  };
  const auto [good, made] = read_one();
  EXPECT_TRUE(good);
  // Where the count of partitions stands: behind replica, wait, bytes, isolation, topics, "t".
  const std::size_t at = 4 + 4 + 4 + 4 + 1 + 4 + 3;
  ASSERT_EQ(load_big<std::int32_t>(&bytes[at]), 2);
  store_big(&bytes[at], std::int32_t{3});
  const auto [lied, made_of_lie] = read_one();
  EXPECT_FALSE(lied);
  EXPECT_EQ(made_of_lie, sizeof(FetchRequest::FetchTopic)) << "no partition was made";
  EXPECT_GT(made, made_of_lie);
}

}  // namespace
}  // namespace wire

#include "group/record.h"

#include <gtest/gtest.h>

namespace group {
namespace {

TopicId topic(int number) {
  TopicId id;
  id.value.bytes[15] = static_cast<std::byte>(number);
  return id;
}

ConsumerRecord record(ConsumerChange change) { return {GroupId{"audit"}, std::move(change)}; }

MemberFacts facts() {
  return {.instance = InstanceId{"till-1"},
          .rack = "r1",
          .client_id = "cart",
          .client_host = "/10.0.0.1",
          .topics = {TopicName{"orders"}, TopicName{"carts"}},
          .regex = "o.*",
          .rebalance_timeout = Millis{60'000},
          .assignor = "range"};
}

MemberFacts classic_facts() {
  MemberFacts classic = facts();
  classic.classic = ClassicSide{Millis{45'000}, {{"range", ByteVector(3)}}};
  return classic;
}

const Assigned kSome{{topic(1), {PartitionIndex{0}, PartitionIndex{2}}},
                     {topic(2), {PartitionIndex{5}}}};

TEST(ConsumerRecord, ComesBackFromItsBytes) {
  const Resolved resolved{{TopicName{"orders"}}, 7, Timestamp{1'700'000'000'000}};
  const Holding holding{
      Epoch{5}, Epoch{4}, MemberState::UnrevokedPartitions, kSome, {{topic(3), {{}}}}};
  const MemberId a{"a"};
  const ConsumerRecord rows[] = {
      record(GroupEpochSet{GroupEpoch{Epoch{9}, -77}}),
      record(GroupEpochSet{GroupEpoch{Epoch{9}, 0}}),
      record(GroupEpochSet{}),
      record(TopicMetadataDropped{}),
      record(MemberSet{a, MemberFacts{}}),
      record(MemberSet{a, facts()}),
      record(MemberSet{a, classic_facts()}),
      record(MemberSet{.member = a}),
      record(TargetEpochSet{Epoch{9}}),
      record(TargetEpochSet{}),
      record(TargetSet{a, kSome}),
      record(TargetSet{a, Assigned{}}),
      record(TargetSet{.member = a}),
      record(HoldingSet{a, holding}),
      record(HoldingSet{.member = a}),
      record(RegexSet{"o.*", resolved}),
      record(RegexSet{.regex = "o.*"}),
  };
  for (const ConsumerRecord& row : rows) {
    const Encoded encoded = encode(row);
    const auto read =
        decode(encoded.key, encoded.value ? std::optional<Bytes>(*encoded.value) : std::nullopt);
    ASSERT_TRUE(read) << read.error().detail;
    ASSERT_TRUE(*read);
    EXPECT_EQ(**read, Record(row)) << "of kind " << row.change.index();
    EXPECT_EQ(group_of(**read), GroupId{"audit"});
  }
}

TEST(ConsumerRecord, PutsCarelessListsInOrder) {
  struct Listed {
    TopicId topic_id;
    std::vector<PartitionIndex> partitions;
  };
  const std::vector<Listed> list{{topic(2), {}},
                                 {topic(1), {PartitionIndex{3}, PartitionIndex{1}}},
                                 {topic(1), {PartitionIndex{3}, PartitionIndex{2}}}};
  EXPECT_EQ(gather(list),
            (Assigned{{topic(1), {PartitionIndex{1}, PartitionIndex{2}, PartitionIndex{3}}}}));
  Assigned assigned;
  add(assigned, topic(2), {});
  add(assigned, topic(1), {PartitionIndex{3}, PartitionIndex{1}});
  add(assigned, topic(1), {PartitionIndex{3}, PartitionIndex{2}});
  EXPECT_EQ(assigned,
            (Assigned{{topic(1), {PartitionIndex{1}, PartitionIndex{2}, PartitionIndex{3}}}}));
}

TEST(ConsumerRecord, BrokenBytesAreCorrupt) {
  const Encoded encoded = encode(record(HoldingSet{MemberId{"a"}, Holding{.assigned = kSome}}));
  for (std::size_t size = 0; size < encoded.value->size(); ++size) {
    const auto read = decode(encoded.key, Bytes(*encoded.value).first(size));
    ASSERT_FALSE(read) << size << " bytes";
    EXPECT_EQ(read.error().code, ErrorCode::CorruptMessage);
  }
}

TEST(ConsumerRecord, AStateOfANewerBrokerIsOneThatWeDoNotKnow) {
  Encoded encoded = encode(record(HoldingSet{MemberId{"a"}, Holding{}}));
  constexpr std::size_t kStateAt = 2 + 4 + 4;
  encoded.value->at(kStateAt) = std::byte{9};
  const auto read = decode(encoded.key, Bytes(*encoded.value));
  ASSERT_TRUE(read && *read);
  const auto& set = std::get<HoldingSet>(std::get<ConsumerRecord>(**read).change);
  EXPECT_EQ(set.value->state, MemberState::Unknown);
}

}  // namespace
}  // namespace group

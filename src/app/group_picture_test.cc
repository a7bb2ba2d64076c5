#include "app/group_picture.h"

#include <gtest/gtest.h>

namespace app {
namespace {

TopicPartition orders(std::int32_t index) { return {TopicName{"orders"}, PartitionIndex{index}}; }

GroupRow row(std::optional<std::int64_t> committed, std::int64_t start, std::int64_t end) {
  GroupRow made{.partition = orders(0), .range = client::Range{Offset{start}, Offset{end}}};
  if (committed) made.committed = Offset{*committed};
  return made;
}

TEST(GroupPicture, SaysHowFarBehind) {
  struct Case {
    const char* why;
    GroupRow row;
    std::int64_t lag;
    std::optional<std::int64_t> first_unread;
  };
  const Case cases[] = {
      {"some are not read", row(150, 100, 200), 50, 150},
      {"all is read", row(200, 100, 200), 0, {}},
      {"nothing was committed", row({}, 100, 200), 100, 100},
      {"what was committed is deleted by now", row(50, 100, 200), 100, 100},
      {"the log lost its end", row(300, 100, 200), 0, {}},
      {"it is empty", row({}, 0, 0), 0, {}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(one.row.lag(), one.lag) << one.why;
    const auto first = one.row.first_unread();
    EXPECT_EQ(first ? std::optional(first->value) : std::nullopt, one.first_unread) << one.why;
  }
  EXPECT_EQ(GroupRow{}.lag(), std::nullopt) << "of what is not there nothing can be said";
}

TEST(GroupPicture, SaysHowLongBehind) {
  GroupRow late = row(150, 100, 200);
  EXPECT_EQ(late.behind(Timestamp{5'000}), std::nullopt) << "the record has no time";
  late.unread_since = Timestamp{2'000};
  EXPECT_EQ(late.behind(Timestamp{5'000}), Millis{3'000});
  EXPECT_EQ(late.behind(Timestamp{1'000}), Millis{0}) << "its producer's clock is ahead of ours";
  EXPECT_EQ(row(200, 100, 200).behind(Timestamp{5'000}), Millis{0}) << "all is read";

  const GroupPicture picture{
      .group = {}, .rows = {row(200, 0, 200), late, row(10, 0, 20)}, .now = Timestamp{5'000}};
  EXPECT_EQ(picture.lag(), 60);
  EXPECT_EQ(picture.behind(), Millis{3'000}) << "the worst of those that can be told";
}

TEST(GroupPicture, FindsWhatNobodyReads) {
  client::GroupInfo group{.id = GroupId{"billing"}};
  group.members.push_back({.id = MemberId{"a"},
                           .topics = {TopicName{"orders"}, TopicName{"gone"}},
                           .assignment = {orders(0), orders(2)}});
  group.members.push_back({.id = MemberId{"b"}, .assignment = {orders(2)}});
  client::TopicInfo topic;
  topic.name = TopicName{"orders"};
  for (std::int32_t i = 0; i < 4; ++i) topic.partitions.emplace_back().index = PartitionIndex{i};
  const TopicPartition old{TopicName{"old"}, PartitionIndex{0}};

  GroupPicture picture{.group = group};
  picture.rows = rows_of(picture.group, {{old, {Offset{5}, ""}}}, {topic});
  ASSERT_EQ(picture.rows.size(), 5U);
  EXPECT_EQ(picture.rows.front().partition, old) << "committed once, and read by nobody now";
  EXPECT_EQ(brief(picture.unowned()), "orders:1,3");
  EXPECT_EQ(picture.rows[3].owners.size(), 2U) << "a share group's members share partitions";
}

TEST(GroupPicture, AShareGroupIsBehindAsFarAsItsClusterSays) {
  GroupPicture picture;
  picture.rows = rows_of(picture.group, {{orders(0), {Offset{10}, "", 3}}}, {});
  EXPECT_FALSE(picture.rows[0].lag()) << "the partition is gone";
  picture.rows[0].range = {Offset{0}, Offset{20}};
  EXPECT_EQ(picture.lag(), 3) << "some after the tenth are done with";
  EXPECT_EQ(picture.rows[0].first_unread(), Offset{10});
}

TEST(GroupPicture, IsBriefAboutPartitions) {
  const TopicPartition other{TopicName{"payments"}, PartitionIndex{1}};
  EXPECT_EQ(brief({}), "");
  EXPECT_EQ(brief({orders(7), other, orders(0), orders(1), orders(2)}), "orders:0-2,7 payments:1");
}

}  // namespace
}  // namespace app

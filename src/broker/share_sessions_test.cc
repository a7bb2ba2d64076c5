#include "broker/share_sessions.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

const ShareSessionKey kAnn{GroupId{"workers"}, MemberId{"ann"}};
const ShareSessionKey kBob{GroupId{"workers"}, MemberId{"bob"}};

ShareSessions::Partitions partitions(std::initializer_list<std::int32_t> indexes) {
  ShareSessions::Partitions all;
  for (const std::int32_t index : indexes) all.push_back({{}, PartitionIndex{index}});
  return all;
}
ErrorCode code(const auto& result) { return result ? ErrorCode::None : result.error().code; }

TEST(ShareSessions, RememberWhatAMemberReads) {
  ShareSessions sessions(10);
  EXPECT_EQ(*sessions.begin({kAnn, 1, partitions({0, 1, 0})}), partitions({0, 1}));
  EXPECT_EQ(sessions.next({kAnn, 1})->size(), 2U);
  EXPECT_EQ(sessions.next({kAnn, 2, partitions({2, 1}), partitions({0})})->size(), 2U);
  EXPECT_EQ(*sessions.end(kAnn), partitions({1, 2}));
  EXPECT_EQ(sessions.size(), 0U);
}

TEST(ShareSessions, ServeAnotherPartitionFirstEachTime) {
  ShareSessions sessions(10);
  ASSERT_TRUE(sessions.begin({kAnn, 1, partitions({0, 1, 2})}));
  EXPECT_EQ(*sessions.next({kAnn, 1}), partitions({1, 2, 0}));
  EXPECT_EQ(*sessions.next({kAnn, 2}), partitions({2, 0, 1}));
  EXPECT_EQ(*sessions.next({kAnn, 3}), partitions({0, 1, 2}));
}

TEST(ShareSessions, HoldRequestsToTheirOrder) {
  ShareSessions sessions(10);
  EXPECT_EQ(code(sessions.next({kAnn, 1})), ErrorCode::ShareSessionNotFound);
  EXPECT_EQ(code(sessions.end(kAnn)), ErrorCode::ShareSessionNotFound);
  ASSERT_TRUE(sessions.begin({kAnn, 1, partitions({0})}));
  for (const std::int32_t wrong : {2, 7, -2}) {
    EXPECT_EQ(code(sessions.next({kAnn, wrong})), ErrorCode::InvalidShareSessionEpoch);
  }
  EXPECT_EQ(code(sessions.next({kAnn, 1})), ErrorCode::None);
  EXPECT_EQ(code(sessions.next({kAnn, 1})), ErrorCode::InvalidShareSessionEpoch);
  ASSERT_TRUE(sessions.begin({kAnn, 1, partitions({0})}));
  EXPECT_EQ(code(sessions.next({kAnn, 1})), ErrorCode::None) << "a new one begins anew";
}

TEST(ShareSessions, AreLimited) {
  ShareSessions sessions(1);
  ASSERT_TRUE(sessions.begin({kAnn, 1, {}}));
  EXPECT_EQ(code(sessions.begin({kBob, 1, {}})), ErrorCode::ShareSessionLimitReached);
  EXPECT_EQ(code(sessions.begin({kAnn, 2, {}})), ErrorCode::None) << "its own makes room";
}

TEST(ShareSessions, EndWithTheConnectionTheyBeganOn) {
  ShareSessions sessions(10);
  ASSERT_TRUE(sessions.begin({kAnn, 1, partitions({0})}));
  ASSERT_TRUE(sessions.begin({kAnn, 2, partitions({1})}));
  EXPECT_TRUE(sessions.end_of(kAnn, 1).empty()) << "it began anew on another";
  EXPECT_EQ(sessions.end_of(kAnn, 2), partitions({1}));
  EXPECT_EQ(sessions.size(), 0U);
}

TEST(ShareSessions, EndWithTheirGroup) {
  ShareSessions sessions(10);
  ASSERT_TRUE(sessions.begin({kAnn, 1, partitions({0})}));
  ASSERT_TRUE(sessions.begin({{GroupId{"others"}, MemberId{"ann"}}, 1, partitions({0})}));
  sessions.forget_group(kAnn.group);
  EXPECT_EQ(sessions.size(), 1U);
}

}  // namespace
}  // namespace broker

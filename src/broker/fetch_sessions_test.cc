#include "broker/fetch_sessions.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

using namespace std::chrono_literals;

FetchKey key(int partition) { return {{}, TopicName{"orders"}, PartitionIndex{partition}}; }
FetchWanted want(int partition, int offset = 0) {
  return {.key = key(partition), .offset = Offset{offset}, .max_bytes = 1024};
}
std::vector<int> partitions(const FetchScope& scope) {
  std::vector<int> all;
  for (const FetchWanted& wanted : scope.wanted) all.push_back(wanted.key.partition.value);
  return all;
}
Instant at(Duration since) { return {since}; }

TEST(FetchSessions, WithoutASessionEverythingIsServedAndNothingIsKept) {
  FetchSessions sessions(10, 2min);
  const auto scope = sessions.open({.epoch = -1, .wanted = {want(0), want(1)}}, at(0s), 7);
  ASSERT_TRUE(scope);
  EXPECT_EQ(scope->session, nullptr);
  EXPECT_FALSE(scope->only_changes);
  EXPECT_EQ(partitions(*scope), (std::vector{0, 1}));
  EXPECT_EQ(sessions.size(), 0U);
}

TEST(FetchSessions, ASessionRemembersAddsAndForgets) {
  FetchSessions sessions(10, 2min);
  const auto first = sessions.open({.epoch = 0, .wanted = {want(0), want(1)}}, at(0s), 7);
  ASSERT_TRUE(first && first->session);
  const std::int32_t id = first->session->id();
  EXPECT_EQ(id, 7);

  const auto second = sessions.open(
      {.session_id = id, .epoch = 1, .wanted = {want(2), want(1, 5)}, .forgotten = {key(0)}},
      at(1s), 8);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->only_changes);
  EXPECT_EQ(partitions(*second), (std::vector{1, 2}));
  EXPECT_EQ(second->wanted[0].offset, Offset{5});
}

TEST(FetchSessions, WhoWasGivenDataWaitsItsTurn) {
  FetchSessions sessions(10, 2min);
  const auto first = sessions.open({.epoch = 0, .wanted = {want(0), want(1)}}, at(0s), 7);
  first->session->told(key(0), {Offset{3}, Offset{0}}, true);
  const auto second = sessions.open({.session_id = 7, .epoch = 1}, at(1s), 8);
  EXPECT_EQ(partitions(*second), (std::vector{1, 0}));
  EXPECT_EQ(second->session->find_told(key(0))->high_watermark, Offset{3});
}

struct Refusal {
  const char* why;
  FetchSessions::Request request;
  ErrorCode error;
};

TEST(FetchSessions, Refusals) {
  const Refusal rows[] = {
      {"nobody knows this session",
       {.session_id = 8, .epoch = 1},
       ErrorCode::FetchSessionIdNotFound},
      {"an epoch was skipped", {.session_id = 7, .epoch = 2}, ErrorCode::InvalidFetchSessionEpoch},
      {"names and ids do not mix",
       {.session_id = 7, .epoch = 1, .by_id = true},
       ErrorCode::FetchSessionTopicIdError},
  };
  for (const Refusal& row : rows) {
    FetchSessions sessions(10, 2min);
    ASSERT_TRUE(sessions.open({.epoch = 0, .wanted = {want(0)}}, at(0s), 7));
    const auto refused = sessions.open(row.request, at(1s), 9);
    ASSERT_FALSE(refused) << row.why;
    EXPECT_EQ(refused.error().code, row.error) << row.why;
  }
}

TEST(FetchSessions, ASessionWithoutPartitionsEnds) {
  FetchSessions sessions(10, 2min);
  ASSERT_TRUE(sessions.open({.epoch = 0, .wanted = {want(0)}}, at(0s), 7));
  const auto last = sessions.open({.session_id = 7, .epoch = 1, .forgotten = {key(0)}}, at(1s), 8);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->session, nullptr);
  EXPECT_EQ(sessions.size(), 0U);
}

TEST(FetchSessions, ClosingEndsASession) {
  FetchSessions sessions(10, 2min);
  ASSERT_TRUE(sessions.open({.epoch = 0, .wanted = {want(0)}}, at(0s), 7));
  ASSERT_TRUE(sessions.open({.session_id = 7, .epoch = -1}, at(1s), 8));
  EXPECT_EQ(sessions.size(), 0U);
}

TEST(FetchSessions, AFullCacheDropsOnlyWhatIsIdle) {
  FetchSessions sessions(1, 2min);
  ASSERT_TRUE(sessions.open({.epoch = 0, .wanted = {want(0)}}, at(0s), 7));
  EXPECT_EQ(sessions.open({.epoch = 0, .wanted = {want(0)}}, at(1min), 8)->session, nullptr);
  EXPECT_NE(sessions.open({.epoch = 0, .wanted = {want(0)}}, at(3min), 9)->session, nullptr);
  EXPECT_EQ(sessions.size(), 1U);
}

}  // namespace
}  // namespace broker

#include "broker/group_timelines.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

using group::Happening;
using group::HappeningKind;

const GroupId kOrders{"orders"};

Happening joined(std::string cause) {
  return {HappeningKind::Joined, MemberId{"m"}, std::move(cause)};
}

TEST(GroupTimelines, TellHowLongARebalanceTook) {
  GroupTimelines timelines({});
  EXPECT_EQ(timelines.note(kOrders, Timestamp{100}, {HappeningKind::Rebalancing}), std::nullopt);
  EXPECT_EQ(timelines.note(kOrders, Timestamp{200}, {HappeningKind::Rebalancing}), std::nullopt)
      << "it goes on";
  EXPECT_EQ(timelines.note(kOrders, Timestamp{350}, {HappeningKind::Rebalanced}), Millis{250});
  EXPECT_EQ(timelines.note(kOrders, Timestamp{400}, {HappeningKind::Rebalanced}), std::nullopt)
      << "none was begun";
  timelines.note(kOrders, Timestamp{500}, {HappeningKind::Rebalancing});
  EXPECT_EQ(timelines.note(kOrders, Timestamp{90}, {HappeningKind::Rebalanced}), Millis{0})
      << "the clock was set back";
}

TEST(GroupTimelines, KeepTheLastOfEachGroup) {
  GroupTimelines timelines({.events = 3});
  for (int i = 0; i < 10; ++i) timelines.note(kOrders, Timestamp{i}, joined(std::to_string(i)));
  ASSERT_NE(timelines.find(kOrders), nullptr);
  ASSERT_EQ(timelines.find(kOrders)->size(), 3U);
  EXPECT_EQ(timelines.find(kOrders)->front().what.cause, "7");
  EXPECT_EQ(timelines.find(GroupId{"other"}), nullptr);
}

TEST(GroupTimelines, ForgetTheQuietestGroupFirst) {
  GroupTimelines timelines({.events = 100, .bytes = 10'000});
  for (int i = 0; i < 1'000; ++i) {
    timelines.note(kOrders, Timestamp{i}, joined("busy"));
    timelines.note(GroupId{"group-" + std::to_string(i)}, Timestamp{i}, joined("quiet"));
    EXPECT_LE(timelines.bytes(), 10'000U);
  }
  EXPECT_NE(timelines.find(kOrders), nullptr);
  EXPECT_EQ(timelines.find(GroupId{"group-0"}), nullptr);
  EXPECT_NE(timelines.find(GroupId{"group-999"}), nullptr);
}

TEST(GroupTimelines, AGroupThatIsTooLargeAloneIsForgottenToo) {
  GroupTimelines timelines({.events = 100, .bytes = 1'000});
  timelines.note(kOrders, Timestamp{1}, joined(std::string(5'000, 'x')));
  EXPECT_EQ(timelines.bytes(), 0U);
  EXPECT_EQ(timelines.find(kOrders), nullptr);
}

TEST(GroupTimelines, SpeakJson) {
  GroupTimelines timelines({});
  timelines.note(kOrders, Timestamp{1}, {HappeningKind::Rebalancing, {}, "\"a\" joined"});
  timelines.note(kOrders, Timestamp{5}, {HappeningKind::Rebalanced, MemberId{"m"}, ""});
  const auto& events = *timelines.find(kOrders);
  EXPECT_EQ(timeline_json(kOrders, events, 0),
            R"({"group":"orders","events":[)"
            R"({"number":1,"at":1,"what":"rebalancing","member":null,"cause":"\"a\" joined",)"
            R"("took_ms":null},)"
            R"({"number":2,"at":5,"what":"rebalanced","member":"m","cause":"","took_ms":4}]})");
  EXPECT_EQ(timeline_json(kOrders, events, 2), R"({"group":"orders","events":[]})");
}

}  // namespace
}  // namespace broker

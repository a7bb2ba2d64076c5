// What a classic group tells people of.
#include "group/group_test_support.h"

namespace group {
namespace {

// "joined a (client cart at /10.0.0.1)", one a line.
std::string told(Stage& stage) {
  std::string text;
  for (const Happening& one : std::exchange(stage.happened, {})) {
    text += std::string(to_text(one.kind)) + (one.member ? " " + one.member->value : "") + " (" +
            one.cause + ")\n";
  }
  return text;
}

TEST(ClassicHappenings, OfAGroupThatComesAndGoes) {
  Stage stage;
  stage.settle({"a", "b"});
  EXPECT_EQ(told(stage),
            "joined a (client cart at /10.0.0.1)\n"
            "rebalancing (a member joined)\n"
            "joined b (client cart at /10.0.0.1)\n"
            "rebalanced (generation 1 with 2 members, range by a)\n");

  stage.leave({{"b", ""}});
  EXPECT_EQ(told(stage), "left b (by its own wish)\nrebalancing (a member left)\n");
  stage.fire(TimerKind::JoinPhase);
  EXPECT_EQ(told(stage),
            "timed out a (it did not join the rebalance within 60 s (rebalance timeout))\n"
            "became empty (generation 2)\n");
}

TEST(ClassicHappenings, OfSilenceAndItsLength) {
  Stage stage;
  stage.settle({"a", "b"});
  told(stage);
  stage.fire(TimerKind::Session, "b");
  EXPECT_EQ(told(stage),
            "timed out b (silent for 10 s (session timeout))\n"
            "rebalancing (a member timed out)\n");
}

TEST(ClassicHappenings, OfAssignmentsNobodyAsksFor) {
  Stage stage;
  stage.join({}, "a");
  stage.fire(TimerKind::JoinPhase);
  told(stage);
  stage.fire(TimerKind::SyncPhase);
  EXPECT_EQ(told(stage),
            "timed out a (it did not ask for its assignment within 60 s (rebalance timeout))\n"
            "rebalancing (members did not ask for their assignment)\n"
            "became empty (generation 2)\n");
}

TEST(ClassicHappenings, OfAnInstanceThatComesBack) {
  Stage stage;
  stage.join({.instance = "till-1"}, "a");
  stage.fire(TimerKind::JoinPhase);
  stage.hand_out();
  told(stage);
  stage.join({.instance = "till-1"}, "a2");
  EXPECT_EQ(told(stage), "replaced a2 (instance till-1 came back, and a is fenced)\n");
  stage.leave({{"", "till-1"}});
  EXPECT_EQ(told(stage),
            "left a2 (somebody took instance till-1 out)\nrebalancing (a member left)\n"
            "became empty (generation 2)\n");
}

TEST(ClassicHappenings, OfWhatAMemberWantsAnew) {
  Stage stage;
  stage.settle({"a", "b"});
  told(stage);
  stage.join({.id = "b", .topics = "other"});
  EXPECT_EQ(told(stage),
            "subscription changed b (its topics, its protocols or what it owns are others now)\n"
            "rebalancing (a member's subscription changed)\n");

  Stage led;
  led.settle({"a", "b"});
  told(led);
  led.join({.id = "a"});
  EXPECT_EQ(told(led), "rebalancing (the leader asked for a new assignment)\n");
}

}  // namespace
}  // namespace group

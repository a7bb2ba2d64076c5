#include "group/group_test_support.h"

namespace group {
namespace {

using enum TimerKind;

Player player(const std::string& id) { return {.id = id}; }
Player fresh() { return {}; }
Player fixed(const std::string& instance) { return {.instance = instance}; }

// What a newcomer is told that joins a stable group of a (the leader) and b, who speak "range" and
// "sticky".
TEST(Join, RefusesWhoCannotTakePart) {
  struct Row {
    const char* why;
    Player joins;
    const char* answer;
  };
  const Row rows[] = {
      {"another type of group", {.type = "connect"}, "error 23"},
      {"no type", {.type = ""}, "error 23"},
      {"no protocol", {.protocols = {}}, "error 23"},
      {"no protocol that all speak", {.protocols = {"roundrobin"}}, "error 23"},
      {"a session too short", {.session_ms = 5'999}, "error 26"},
      {"a session too long", {.session_ms = 1'800'001}, "error 26"},
      {"a negative session", {.session_ms = -1}, "error 26"},
      {"an id that we never gave", {.id = "stranger"}, "error 25 as stranger"},
      {"an id, and an instance of nobody", {.id = "a", .instance = "till"}, "error 25 as a"},
      {"one protocol of several is enough", {.protocols = {"roundrobin", "sticky"}}, "waits"},
  };
  for (const Row& row : rows) {
    Stage stage;
    stage.join({.protocols = {"range", "sticky"}}, "a");
    stage.join({.protocols = {"sticky", "range"}}, "b");
    stage.fire(JoinPhase);
    stage.fire(JoinPhase);
    stage.hand_out();
    ASSERT_EQ(stage.group.state, State::Stable);
    EXPECT_EQ(stage.answer(stage.join(row.joins)), row.answer) << row.why;
  }
}

TEST(Join, RefusesAGroupOfNoTypeOrProtocolFromTheStart) {
  Stage stage;
  EXPECT_EQ(stage.answer(stage.join({.type = ""})), "error 23");
  EXPECT_EQ(stage.answer(stage.join({.protocols = {}})), "error 23");
  EXPECT_EQ(stage.answer(stage.join({.id = "a", .protocols = {}})), "error 25 as a")
      << "there is no group that it could be of";
  EXPECT_TRUE(stage.group.members.empty());
}

TEST(Join, TellsANewcomerItsIdFirst) {  // KIP-394.
  Stage stage;
  Player newcomer = fresh();
  newcomer.must_know_its_id = true;
  EXPECT_EQ(stage.answer(stage.join(newcomer, "a")), "error 79 as a");
  EXPECT_EQ(stage.group.state, State::Empty);
  EXPECT_EQ(stage.left(Session, "a"), Millis{10'000});

  newcomer.id = "a";
  const Token joined = stage.join(newcomer);
  EXPECT_EQ(stage.answer(joined), "waits");
  EXPECT_TRUE(stage.group.reserved.empty());
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.answer(joined), "a @1 led by a in range; a");
}

TEST(Join, StaticMembersNeedNotKnowTheirIdFirst) {
  Stage stage;
  Player newcomer = fixed("till");
  newcomer.must_know_its_id = true;
  EXPECT_EQ(stage.answer(stage.join(newcomer, "a")), "waits");
}

TEST(Join, ForgetsAnIdThatIsNotUsed) {
  Stage stage;
  Player newcomer = fresh();
  newcomer.must_know_its_id = true;
  stage.join(newcomer, "a");
  stage.fire(Session, "a");
  newcomer.id = "a";
  EXPECT_EQ(stage.answer(stage.join(newcomer)), "error 25 as a");
}

TEST(Join, AnIdGivenOutHoldsTheRebalanceUp) {
  Stage stage;
  stage.settle({"a"});
  Player newcomer = fresh();
  newcomer.must_know_its_id = true;
  stage.join(newcomer, "b");
  const Token again = stage.join(player("a"));  // The leader wants a new assignment.
  EXPECT_EQ(stage.answer(again), "waits");
  newcomer.id = "b";
  const Token joined = stage.join(newcomer);
  EXPECT_EQ(stage.answer(again), "a @2 led by a in range; a; b");
  EXPECT_EQ(stage.answer(joined), "b @2 led by a in range");
}

TEST(Join, AskingForIdsCannotFillTheMemory) {
  Stage stage;
  stage.limits.most_reserved = 2;
  Player newcomer = fresh();
  newcomer.must_know_its_id = true;
  EXPECT_EQ(stage.answer(stage.join(newcomer, "a")), "error 79 as a");
  EXPECT_EQ(stage.answer(stage.join(newcomer, "b")), "error 79 as b");
  EXPECT_EQ(stage.answer(stage.join(newcomer, "c")), "error 81");
}

TEST(Join, GathersTheFirstMembers) {
  Stage stage;
  stage.join(fresh(), "a");
  EXPECT_EQ(stage.left(JoinPhase), Millis{3'000});
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.group.generation, Generation{1}) << "nobody else came";
}

TEST(Join, DrawsTheGatheringOutWhileMembersCome) {
  Stage stage;
  Player newcomer = fresh();
  newcomer.rebalance_ms = 8'000;
  stage.join(newcomer, "a");
  stage.join(newcomer, "b");
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.left(JoinPhase), Millis{3'000}) << "b came";
  stage.join(newcomer, "c");
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.left(JoinPhase), Millis{2'000}) << "no longer than the rebalance timeout";
  stage.join(newcomer, "d");
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.group.generation, Generation{1});
  EXPECT_EQ(stage.group.members.size(), 4U);
}

TEST(Join, TheLeaderAloneHearsOfTheOthers) {
  Stage stage;
  const Token a = stage.join(fresh(), "a");
  const Token b = stage.join(fresh(), "b");
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.answer(a), "a @1 led by a in range; a; b");
  EXPECT_EQ(stage.answer(b), "b @1 led by a in range");
}

TEST(Join, TakesTheProtocolWithTheMostVotes) {
  Stage stage;
  const Token a = stage.join({.protocols = {"range", "sticky"}}, "a");
  stage.join({.protocols = {"sticky", "range"}}, "b");
  stage.join({.protocols = {"own", "sticky", "range"}}, "c");
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.join_reply(a).protocol, "sticky") << "own is not spoken by all";
}

TEST(Join, ANewcomerStartsARebalance) {
  Stage stage;
  stage.settle({"a"});
  const Token b = stage.join(fresh(), "b");
  EXPECT_EQ(stage.group.state, State::PreparingRebalance);
  EXPECT_EQ(stage.left(JoinPhase), Millis{60'000});
  EXPECT_EQ(stage.heartbeat("a", 1), "error 27");
  stage.join(player("a"));
  EXPECT_EQ(stage.answer(b), "b @2 led by a in range");
}

TEST(Join, GoesOnWithoutThoseWhoDoNotComeInTime) {
  Stage stage;
  stage.join(fresh(), "a");
  stage.join(fresh(), "b");
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  stage.hand_out();
  const Token b = stage.join({.id = "b", .topics = "other"});
  EXPECT_EQ(stage.answer(b), "waits");
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.answer(b), "b @2 led by b in range; b") << "a, the leader, is out";
}

TEST(Join, AFollowerThatMissedItsAnswerGetsItAgain) {
  Stage stage;
  stage.join(fresh(), "a");
  stage.join(fresh(), "b");
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.answer(stage.join(player("b"))), "b @1 led by a in range");
  EXPECT_EQ(stage.answer(stage.join(player("a"))), "a @1 led by a in range; a; b");
  stage.hand_out();
  EXPECT_EQ(stage.answer(stage.join(player("b"))), "b @1 led by a in range") << "stable too";
  EXPECT_EQ(stage.group.state, State::Stable);
}

TEST(Join, AChangedSubscriptionRebalances) {
  Stage stage;
  stage.join(fresh(), "a");
  stage.join(fresh(), "b");
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  stage.hand_out();
  EXPECT_EQ(stage.answer(stage.join({.id = "b", .topics = "more"})), "waits");
  EXPECT_EQ(stage.group.state, State::PreparingRebalance);
}

TEST(Join, TheLeaderCanAskForANewAssignment) {
  Stage stage;
  stage.join(fresh(), "a");
  stage.join(fresh(), "b");
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  stage.hand_out();
  EXPECT_EQ(stage.answer(stage.join(player("a"))), "waits");
  EXPECT_EQ(stage.group.state, State::PreparingRebalance);
}

TEST(Join, ASecondJoinOfAMemberReplacesItsFirst) {
  Stage stage;
  stage.settle({"a"});
  stage.join(fresh(), "b");
  const Token first = stage.join({.id = "b"});
  const Token second = stage.join({.id = "b"});
  EXPECT_EQ(stage.answer(first), "error 27 as b");
  EXPECT_EQ(stage.answer(second), "waits");
  stage.join(player("a"));
  EXPECT_EQ(stage.answer(second), "b @2 led by a in range");
}

TEST(Join, ANewcomerThatIsNeverAnsweredIsDropped) {
  Stage stage;
  stage.settle({"a"});
  const Token b = stage.join(fresh(), "b");
  EXPECT_EQ(stage.left(Session, "b"), Millis{300'000});
  stage.fire(Session, "b");
  EXPECT_EQ(stage.answer(b), "error 25");
}

TEST(Join, AGroupHasRoomForSoManyAndNoMore) {
  Stage stage;
  stage.limits.most_members = 2;
  stage.join(fresh(), "a");
  stage.join(fresh(), "b");
  EXPECT_EQ(stage.answer(stage.join(fresh(), "c")), "error 81") << "while they gather";
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.answer(stage.join(fresh(), "c")), "error 81") << "while they complete";
  stage.hand_out();
  EXPECT_EQ(stage.answer(stage.join(fresh(), "c")), "error 81") << "when stable";
  EXPECT_NE(stage.answer(stage.join(player("b"))), "error 81") << "members may join again";
}

// A limit that was lowered takes out the last to join again, and does not hold up the others.
TEST(Join, AGroupThatIsTooLargeLosesItsLast) {
  Stage stage;
  for (const char* id : {"a", "b", "c"}) stage.join(fresh(), id);
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  stage.hand_out();
  stage.limits.most_members = 2;
  const Token a = stage.join(player("a"));
  const Token b = stage.join(player("b"));
  EXPECT_EQ(stage.answer(stage.join(player("c"))), "error 81");
  EXPECT_EQ(stage.answer(a), "a @2 led by a in range; a; b");
  EXPECT_EQ(stage.answer(b), "b @2 led by a in range");
}

// And so does one that was too large when it was read from the log.
TEST(Join, AGroupThatIsLoadedTooLargeIsRebalanced) {
  Stage stage;
  for (const char* id : {"a", "b", "c"}) stage.join(fresh(), id);
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  stage.hand_out();
  stage.limits.most_members = 2;
  stage.restart();
  EXPECT_EQ(stage.heartbeat("a", 1), "error 27");
  stage.join(player("a"));
  stage.join(player("b"));
  EXPECT_EQ(stage.answer(stage.join(player("c"))), "error 81");
  EXPECT_EQ(stage.group.members.size(), 2U);
  stage.hand_out();
  stage.restart();
  EXPECT_EQ(stage.heartbeat("a", 2), "fine") << "now it is as large as it may be";
}

// Static membership (KIP-345).

// Static members x (the leader) and y, stable in generation 1.
Stage two_static() {
  Stage stage;
  stage.join(fixed("till-1"), "x");
  stage.join(fixed("till-2"), "y");
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  stage.hand_out();
  return stage;
}

TEST(StaticMember, TakesItsOldPlaceQuietly) {
  Stage stage = two_static();
  const std::size_t stored = stage.records.size();
  EXPECT_EQ(stage.answer(stage.join(fixed("till-2"), "y2")), "y2 @1 led by x in range");
  EXPECT_EQ(stage.group.state, State::Stable);
  EXPECT_EQ(stage.records.size(), stored + 1) << "its new id is kept";
  EXPECT_EQ(stage.answer(stage.sync("y2", 1)), "does w-y") << "and so is its work";
  EXPECT_EQ(stage.heartbeat("y2", 1, "till-2"), "fine");
}

TEST(StaticMember, ALeaderThatComesBackNeedNotAssign) {
  Stage stage = two_static();
  EXPECT_EQ(stage.answer(stage.join(fixed("till-1"), "x2")),
            "x2 @1 led by x2 in range, need not assign; x2; y");
}

TEST(StaticMember, AnOldClientThatComesBackIsNotToldThatItLeads) {
  Stage stage = two_static();
  Player old = fixed("till-1");
  old.can_skip = false;
  EXPECT_EQ(stage.answer(stage.join(old, "x2")), "x2 @1 led by x in range");
}

TEST(StaticMember, FencesItsPredecessor) {
  struct Row {
    const char* why;
    std::string answer;
  };
  Stage stage = two_static();
  stage.join(fixed("till-2"), "y2");
  EXPECT_EQ(stage.heartbeat("y", 1, "till-2"), "error 82");
  EXPECT_EQ(stage.answer(stage.sync("y", 1, {}, {.instance = "till-2"})), "error 82");
  EXPECT_EQ(stage.answer(stage.join({.id = "y", .instance = "till-2"})), "error 82 as y");
  EXPECT_EQ(stage.leave({{"y", "till-2"}}), "error 82");
  EXPECT_EQ(refuse_commit(stage.group, {MemberId{"y"}, InstanceId{"till-2"}}, Generation{1}),
            ErrorCode::FencedInstanceId);
  EXPECT_EQ(stage.heartbeat("y", 1), "error 25") << "without its instance it is unknown";
}

TEST(StaticMember, FencesAPredecessorThatStillJoins) {
  Stage stage = two_static();
  const Token first = stage.join({.id = "y", .instance = "till-2", .topics = "more"});
  const Token second = stage.join(fixed("till-2"), "y2");
  EXPECT_EQ(stage.answer(first), "error 82 as y");
  EXPECT_EQ(stage.answer(second), "waits");
}

TEST(StaticMember, FencesAPredecessorThatStillSyncs) {
  Stage stage;
  stage.join(fixed("till-1"), "x");
  stage.join(fixed("till-2"), "y");
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  const Token synced = stage.sync("y", 1);
  const Token again = stage.join(fixed("till-2"), "y2");
  EXPECT_EQ(stage.answer(synced), "error 82");
  EXPECT_EQ(stage.answer(again), "waits") << "x may have assigned to y: all join again";
  EXPECT_EQ(stage.group.state, State::PreparingRebalance);
}

TEST(StaticMember, RebalancesIfItsReturnChangesTheProtocol) {
  Stage stage;
  stage.join({.instance = "till-1", .protocols = {"range", "sticky"}}, "x");
  stage.join({.instance = "till-2", .protocols = {"range", "sticky"}}, "y");
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  stage.hand_out();
  ASSERT_EQ(stage.group.protocol, "range");
  const Token back = stage.join({.instance = "till-2", .protocols = {"sticky"}}, "y2");
  EXPECT_EQ(stage.answer(back), "waits");
  EXPECT_EQ(stage.group.state, State::PreparingRebalance);
}

TEST(StaticMember, IsNotMissedBeforeItsSessionEnds) {
  Stage stage = two_static();
  stage.join(fresh(), "z");
  const Token x = stage.join({.id = "x", .instance = "till-1"});
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.answer(x), "x @2 led by x in range; x; y; z") << "y still has its place";
}

TEST(StaticMember, WaitsOnForStaticMembersWhenNobodyJoined) {
  Stage stage = two_static();
  Player newcomer = fresh();
  const Token z = stage.join(newcomer, "z");
  EXPECT_EQ(stage.leave({{"z", ""}}), "left");
  EXPECT_EQ(stage.answer(z), "error 25");
  stage.fire(JoinPhase);
  EXPECT_EQ(stage.group.state, State::PreparingRebalance);
  EXPECT_TRUE(stage.armed(JoinPhase));
  stage.fire(Session, "x");
  stage.fire(Session, "y");
  EXPECT_EQ(stage.group.state, State::Empty);
}

}  // namespace
}  // namespace group

#include "group/group_test_support.h"

namespace group {
namespace {

using enum TimerKind;

Player fresh() { return {}; }

// Members a (the leader) and b, joined in generation 1, before any sync.
Stage two_joined() {
  Stage stage;
  stage.join(fresh(), "a");
  stage.join(fresh(), "b");
  stage.fire(JoinPhase);
  stage.fire(JoinPhase);
  return stage;
}
Stage two_stable() {
  Stage stage = two_joined();
  stage.hand_out();
  return stage;
}

TEST(Sync, WaitsForTheLeader) {
  Stage stage = two_joined();
  const Token b = stage.sync("b", 1);
  EXPECT_EQ(stage.answer(b), "waits");
  const Token a = stage.sync("a", 1, {{"a", "left"}, {"b", "right"}});
  EXPECT_EQ(stage.answer(a), "does left");
  EXPECT_EQ(stage.answer(b), "does right");
  EXPECT_EQ(stage.group.state, State::Stable);
  EXPECT_FALSE(stage.armed(SyncPhase));
  ASSERT_EQ(stage.records.size(), 1U);
  EXPECT_EQ(std::get<GroupStored>(stage.records[0]).generation, stored(stage.group));
}

TEST(Sync, TheLeaderMayComeFirst) {
  Stage stage = two_joined();
  EXPECT_EQ(stage.answer(stage.sync("a", 1, {{"a", "left"}, {"b", "right"}})), "does left");
  EXPECT_TRUE(stage.armed(SyncPhase)) << "b has not taken up its work";
  EXPECT_EQ(stage.answer(stage.sync("b", 1)), "does right");
  EXPECT_FALSE(stage.armed(SyncPhase));
}

TEST(Sync, WhomTheLeaderForgetsHasNothingToDo) {
  Stage stage = two_joined();
  const Token b = stage.sync("b", 1);
  stage.sync("a", 1, {{"a", "all"}, {"nobody", "something"}});
  EXPECT_EQ(stage.answer(b), "does ");
}

TEST(Sync, OnlyTheLeaderAssigns) {
  Stage stage = two_joined();
  EXPECT_EQ(stage.answer(stage.sync("b", 1, {{"b", "all"}})), "waits");
  EXPECT_EQ(stage.group.state, State::CompletingRebalance);
}

TEST(Sync, RefusesWhatDoesNotFitTheGeneration) {
  struct Row {
    const char* why;
    std::string id;
    int generation;
    SyncOptions options;
    const char* answer;
  };
  const Row rows[] = {
      {"a stranger", "c", 1, {}, "error 25"},
      {"no name", "", 1, {}, "error 25"},
      {"a generation that was", "a", 0, {}, "error 22"},
      {"a generation to come", "a", 2, {}, "error 22"},
      {"another type", "a", 1, {.type = "connect"}, "error 23"},
      {"another protocol", "a", 1, {.protocol = "sticky"}, "error 23"},
      {"the right ones", "a", 1, {.type = "consumer", .protocol = "range"}, "does "},
      {"an instance of nobody", "a", 1, {.instance = "till"}, "error 25"},
  };
  for (const Row& row : rows) {
    Stage stage = two_joined();
    EXPECT_EQ(stage.answer(stage.sync(row.id, row.generation, {}, row.options)), row.answer)
        << row.why;
  }
}

TEST(Sync, IsToldToJoinAgainWhenTheGroupRebalances) {
  Stage stage = two_joined();
  const Token b = stage.sync("b", 1);
  stage.join(fresh(), "c");
  EXPECT_EQ(stage.answer(b), "error 27") << "while it waits";
  EXPECT_EQ(stage.answer(stage.sync("a", 1)), "error 27") << "when it comes late";
}

TEST(Sync, MembersThatDoNotSyncInTimeAreTakenOut) {
  Stage stage = two_joined();
  const Token b = stage.sync("b", 1);
  stage.fire(SyncPhase);
  EXPECT_EQ(stage.answer(b), "error 27");
  EXPECT_EQ(stage.group.members.size(), 1U) << "the leader never assigned";
  EXPECT_TRUE(stage.group.is_leader(MemberId{"b"}));
  EXPECT_EQ(stage.answer(stage.join({.id = "b"})), "b @2 led by b in range; b");
}

TEST(Sync, AnAnswerThatWasMissedIsGivenAgain) {
  Stage stage = two_stable();
  EXPECT_EQ(stage.answer(stage.sync("b", 1)), "does w-b");
}

TEST(Sync, ASecondSyncReplacesTheFirst) {
  Stage stage = two_joined();
  const Token first = stage.sync("b", 1);
  const Token second = stage.sync("b", 1);
  EXPECT_EQ(stage.answer(first), "error 27");
  EXPECT_EQ(stage.answer(second), "waits");
}

TEST(Heartbeat, KeepsASessionAndTellsOfTroubles) {
  struct Row {
    const char* why;
    std::string id;
    int generation;
    const char* answer;
  };
  const Row rows[] = {
      {"all is well", "b", 1, "fine"},
      {"a stranger", "c", 1, "error 25"},
      {"no name", "", 1, "error 25"},
      {"an old generation", "b", 0, "error 22"},
  };
  for (const Row& row : rows) {
    Stage stage = two_stable();
    EXPECT_EQ(stage.heartbeat(row.id, row.generation), row.answer) << row.why;
  }
  Stage joined = two_joined();
  EXPECT_EQ(joined.heartbeat("b", 1), "fine") << "before the assignment too";
  Stage empty;
  EXPECT_EQ(empty.heartbeat("a", 0), "error 25");
}

TEST(Session, AMemberThatIsSilentIsTakenOut) {
  Stage stage = two_stable();
  stage.fire(Session, "b");
  EXPECT_EQ(stage.group.state, State::PreparingRebalance);
  EXPECT_EQ(stage.heartbeat("b", 1), "error 25");
  EXPECT_EQ(stage.heartbeat("a", 1), "error 27");
}

TEST(Session, TheLastMemberLeavesAnEmptyGroup) {
  Stage stage = two_stable();
  stage.now = Timestamp{5'000'000};
  stage.fire(Session, "a");
  stage.fire(Session, "b");
  EXPECT_EQ(stage.group.state, State::Empty);
  const auto& last = std::get<GroupStored>(stage.records.back()).generation;
  EXPECT_TRUE(last.members.empty());
  EXPECT_EQ(last.generation, Generation{2});
  EXPECT_EQ(last.since, Timestamp{5'000'000}) << "from now on its offsets age";
}

TEST(Session, DoesNotEndForAMemberThatWaitsForUs) {
  Stage stage = two_stable();
  stage.join(fresh(), "c");
  const Token b = stage.join({.id = "b"});
  stage.fire(Session, "b");
  EXPECT_EQ(stage.answer(b), "waits");
  stage.join({.id = "a"});
  EXPECT_EQ(stage.answer(b), "b @2 led by a in range");
  EXPECT_TRUE(stage.armed(Session, "b")) << "its time runs again";
}

TEST(Leave, TellsEachHowItWent) {
  Stage stage = two_stable();
  EXPECT_EQ(stage.leave({{"b", ""}, {"c", ""}, {"b", ""}, {"", "till"}, {"", ""}}),
            "left; error 25; error 25; error 25; error 25");
  EXPECT_EQ(stage.group.state, State::PreparingRebalance);
}

TEST(Leave, AnOperatorTakesAStaticMemberOutByItsInstance) {
  Stage stage;
  stage.join({.instance = "till-1"}, "x");
  stage.fire(JoinPhase);
  stage.hand_out();
  EXPECT_EQ(stage.leave({{"", "till-1"}}), "left");
  EXPECT_EQ(stage.group.state, State::Empty);
}

TEST(Leave, TheLastOfAGroupEmptiesIt) {
  Stage stage = two_stable();
  EXPECT_EQ(stage.leave({{"a", ""}, {"b", ""}}), "left; left");
  EXPECT_EQ(stage.group.state, State::Empty);
  EXPECT_TRUE(stage.timers.empty());
}

TEST(Leave, LetsARebalanceGoOn) {
  Stage stage = two_stable();
  const Token c = stage.join(fresh(), "c");
  stage.join({.id = "a"});
  EXPECT_EQ(stage.answer(c), "waits");
  stage.leave({{"b", ""}});
  EXPECT_EQ(stage.answer(c), "c @2 led by a in range");
}

TEST(Leave, AnswersWhatTheMemberWaitedFor) {
  Stage stage = two_joined();
  const Token b = stage.sync("b", 1);
  stage.leave({{"b", ""}});
  EXPECT_EQ(stage.answer(b), "error 25");
}

TEST(Leave, AnIdThatWasOnlyReservedGoesWithoutARebalance) {
  Stage stage = two_stable();
  Player newcomer;
  newcomer.must_know_its_id = true;
  stage.join(newcomer, "c");
  EXPECT_EQ(stage.leave({{"c", ""}}), "left");
  EXPECT_EQ(stage.group.state, State::Stable);
  EXPECT_FALSE(stage.armed(Session, "c"));
}

TEST(Leave, NobodyFromAGroupOfNobody) {
  Stage stage;
  EXPECT_EQ(stage.leave({{"a", ""}}), "error 25");
  EXPECT_EQ(stage.leave({}), "");
}

TEST(Commit, IsForMembersOfTheGeneration) {
  struct Row {
    const char* why;
    Stage stage;
    const char* id;
    int generation;
    std::optional<ErrorCode> refused;
  };
  const Row rows[] = {
      {"a member", two_stable(), "b", 1, {}},
      {"a stranger", two_stable(), "c", 1, ErrorCode::UnknownMemberId},
      {"nobody, while there are members", two_stable(), "", -1, ErrorCode::UnknownMemberId},
      {"a member without a generation", two_stable(), "b", -1, ErrorCode::IllegalGeneration},
      {"an old generation", two_stable(), "b", 0, ErrorCode::IllegalGeneration},
      {"before the assignment", two_joined(), "b", 1, ErrorCode::RebalanceInProgress},
      {"nobody, to a group of nobody", Stage(), "", -1, {}},
      {"a member of a group of nobody", Stage(), "b", 1, ErrorCode::UnknownMemberId},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(refuse_commit(row.stage.group, {MemberId{row.id}}, Generation{row.generation}),
              row.refused)
        << row.why;
  }
}

TEST(Commit, IsASignOfLife) {
  Stage stage = two_stable();
  EXPECT_EQ(hear_from(stage.group, MemberId{"b"}).timers.size(), 1U);
  EXPECT_TRUE(hear_from(stage.group, MemberId{"nobody"}).timers.empty());
}

TEST(Restore, BringsAStableGroupBack) {
  Stage stage = two_stable();
  const StoredGeneration kept = std::get<GroupStored>(stage.records.back()).generation;
  Classic back = restore(GroupId{"audit"}, kept);
  EXPECT_EQ(back.state, State::Stable);
  EXPECT_EQ(stored(back), kept);
  EXPECT_EQ(resume(back, stage.limits, stage.now).timers.size(), 2U);
}

TEST(Restore, BearsWithALogThatMakesNoSense) {
  StoredGeneration generation{.protocol_type = "consumer",
                              .generation = Generation{2147483647},
                              .leader = MemberId{"nobody"},
                              .members = {{.id = MemberId{"a"}, .instance = InstanceId{"till"}},
                                          {.id = MemberId{"a"}},
                                          {.id = MemberId{"b"}, .instance = InstanceId{"till"}}}};
  Stage stage;
  stage.group = restore(GroupId{"audit"}, generation);
  EXPECT_EQ(stage.group.members.size(), 1U);
  EXPECT_TRUE(stage.group.is_leader(MemberId{"a"}));
  for (const TimerChange& change : resume(stage.group, stage.limits, stage.now).timers) {
    stage.timers[change.key] = *change.after;
  }
  EXPECT_EQ(stage.leave({{"a", ""}}), "left");
  EXPECT_EQ(stage.group.generation, Generation{1}) << "there is none after 2^31 - 1";
}

}  // namespace
}  // namespace group

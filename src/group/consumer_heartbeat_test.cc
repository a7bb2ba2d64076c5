#include "group/consumer_test_support.h"

namespace group {
namespace {

constexpr int kInvalid = 42;
constexpr int kUnknownMember = 25;
constexpr int kGroupFull = 81;
constexpr int kFencedInstance = 82;
constexpr int kFencedEpoch = 110;
constexpr int kUnreleased = 111;
constexpr int kNoSuchAssignor = 112;
constexpr int kBadRegex = 128;

std::string to_text(const ConsumerReply& reply) {
  if (reply.error != ErrorCode::None) {
    EXPECT_FALSE(reply.message.empty());
    return "error " + std::to_string(static_cast<int>(reply.error));
  }
  std::string text = reply.member.value + " @" + std::to_string(reply.epoch.value);
  if (reply.assignment) text += " [" + group::to_text(*reply.assignment) + "]";
  return text;
}
std::string error(int code) { return "error " + std::to_string(code); }

// "orders" with four partitions; a and b have two each, in epoch 2; s is a static member that has
// nothing, with the instance "till".
class Audit : public ConsumerStage {
 public:
  Audit() {
    set_topic("orders", 1, 4);
    set_topic("carts", 2, 2);
    join("a");
    join("b");
    send({.id = "a", .epoch = 1});
    send({.id = "a", .epoch = 1, .owned = "1:0,1"});
    send({.id = "b", .epoch = 2});
  }
};

TEST(ConsumerHeartbeat, SharesPartitionsAmongThoseWhoCome) {
  ConsumerStage stage;
  stage.set_topic("orders", 1, 4);
  EXPECT_EQ(to_text(stage.join("a")), "a @1 [1:0,1,2,3]") << "one has all";
  EXPECT_EQ(to_text(stage.join("b")), "b @2 []") << "a has not let go yet";
  const ConsumerReply told = stage.send({.id = "a", .epoch = 1});
  ASSERT_TRUE(told.assignment);
  EXPECT_EQ(told.epoch, Epoch{1}) << "it stays in its epoch until it has let go";
  EXPECT_EQ(count(*told.assignment), 2U);
  EXPECT_TRUE(stage.armed(TimerKind::Revocation, "a"));
  EXPECT_EQ(to_text(stage.send({.id = "b", .epoch = 2})), "b @2") << "nothing is free yet";

  const std::string kept = group::to_text(*told.assignment);
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 1, .owned = kept})), "a @2");
  EXPECT_FALSE(stage.armed(TimerKind::Revocation, "a"));
  const ConsumerReply given = stage.send({.id = "b", .epoch = 2});
  ASSERT_TRUE(given.assignment);
  EXPECT_EQ(count(*given.assignment), 2U);
  EXPECT_FALSE(overlap(*given.assignment, *told.assignment));
  EXPECT_EQ(stage.group()->state(), ConsumerState::Stable);
  EXPECT_EQ(stage.happened.back().kind, HappeningKind::Rebalanced);
}

TEST(ConsumerHeartbeat, IsRefusedWithKafkasCodes) {
  const std::vector<std::string> orders = {"orders"};
  struct Row {
    const char* why;
    Beat beat;
    std::string answer;
  };
  const Row rows[] = {
      {"in step", {.id = "a", .epoch = 2}, "a @2"},
      {"a stranger", {.id = "x", .epoch = 2}, error(kUnknownMember)},
      {"an epoch to come", {.id = "a", .epoch = 3}, error(kFencedEpoch)},
      {"an epoch long gone", {.id = "b", .epoch = 1}, error(kFencedEpoch)},
      {"the answer was lost", {.id = "a", .epoch = 1, .owned = "1:0"}, "a @2"},
      {"... but it does not say what it owns", {.id = "a", .epoch = 1}, error(kFencedEpoch)},
      {"... or owns what it must not",
       {.id = "a", .epoch = 1, .owned = "1:3"},
       error(kFencedEpoch)},
      {"no member id", {.epoch = 2}, error(kInvalid)},
      {"no member id where it is to bring one",
       {.topics = orders, .owned = "", .rebalance_ms = 1},
       error(kInvalid)},
      {"no such epoch", {.id = "a", .epoch = -3}, error(kInvalid)},
      {"leaves for a while without an instance", {.id = "a", .epoch = -2}, error(kInvalid)},
      {"joins without a rebalance timeout",
       {.id = "c", .topics = orders, .owned = ""},
       error(kInvalid)},
      {"joins without saying that it owns nothing",
       {.id = "c", .topics = orders, .rebalance_ms = 1},
       error(kInvalid)},
      {"joins owning something",
       {.id = "c", .topics = orders, .owned = "1:0", .rebalance_ms = 1},
       error(kInvalid)},
      {"joins without topics", {.id = "c", .owned = "", .rebalance_ms = 1}, error(kInvalid)},
      {"an assignor that there is not",
       {.id = "a", .epoch = 2, .assignor = "sticky"},
       error(kNoSuchAssignor)},
      {"an assignor that there is", {.id = "a", .epoch = 2, .assignor = "range"}, "a @2"},
      {"not a regular expression", {.id = "a", .epoch = 2, .regex = "(orders"}, error(kBadRegex)},
      {"a back reference, which is not in RE2",
       {.id = "a", .epoch = 2, .regex = "(o)\\1"},
       error(kBadRegex)},
      {"one that would explode",
       {.id = "a", .epoch = 2, .regex = "((((a{0,99}){0,99}){0,99}){0,99})"},
       error(kBadRegex)},
      {"one that is too long",
       {.id = "a", .epoch = 2, .regex = std::string(20'000, 'a')},
       error(kBadRegex)},
      {"an instance that is not there",
       {.id = "a", .epoch = 2, .instance = "till"},
       error(kUnknownMember)},
      {"leaves without being in", {.id = "x", .epoch = -1}, error(kUnknownMember)},
      {"leaves by an instance that is not there",
       {.id = "a", .epoch = -1, .instance = "till"},
       error(kUnknownMember)},
  };
  for (const Row& row : rows) {
    Audit stage;
    const std::size_t records = stage.records.size();
    EXPECT_EQ(to_text(stage.send(row.beat)), row.answer) << row.why;
    if (row.answer.starts_with("error")) EXPECT_EQ(stage.records.size(), records) << row.why;
  }
}

TEST(ConsumerHeartbeat, NamesMembersThatMayAskForIt) {
  ConsumerStage stage;
  const ConsumerReply reply =
      stage.send({.topics = {{"orders"}}, .owned = "", .rebalance_ms = 1, .may_ask_for_id = true});
  EXPECT_EQ(reply.member, MemberId{"fresh"});
}

TEST(ConsumerHeartbeat, MembersAreToComeSoonerWhileTheGroupIsInMotion) {
  ConsumerStage stage;
  stage.set_topic("orders", 1, 2);
  const auto interval = [&](const char* id, int epoch) {
    return stage.send({.id = id, .epoch = epoch}).heartbeat_interval;
  };
  EXPECT_EQ(stage.join("a").heartbeat_interval, Millis{250}) << "others may join";
  stage.now.value += 5'000;
  EXPECT_EQ(interval("a", 1), Millis{5'000});
  stage.join("b");
  stage.now.value += 5'000;
  EXPECT_EQ(interval("b", 2), Millis{250}) << "it waits for what a has to give up";
  EXPECT_EQ(interval("a", 1), Millis{250}) << "and a has not said yet that it did";
  stage.send({.id = "a", .epoch = 1, .owned = "1:0"});
  EXPECT_EQ(interval("b", 2), Millis{5'000}) << "it has all it is to have";
  EXPECT_EQ(interval("a", 2), Millis{5'000});
  stage.now.value -= 60'000;
  EXPECT_EQ(interval("a", 2), Millis{5'000}) << "a clock that was set back says nothing";
}

TEST(ConsumerHeartbeat, AMemberThatJoinsAgainKeepsItsPlace) {
  Audit stage;
  const std::string before = group::to_text(stage.group()->find(MemberId{"a"})->holding.assigned);
  EXPECT_EQ(to_text(stage.join("a")), "a @2 [" + before + "]");
  EXPECT_EQ(stage.group()->epoch.epoch, Epoch{2}) << "nobody else is troubled";
}

TEST(ConsumerHeartbeat, AFullGroupTakesNobodyMore) {
  Audit stage;
  stage.limits.consumer.most_members = 2;
  EXPECT_EQ(to_text(stage.join("c")), error(kGroupFull));
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 2})), "a @2");
}

TEST(ConsumerHeartbeat, LeavingFreesPartitionsForTheOthers) {
  Audit stage;
  EXPECT_EQ(to_text(stage.send({.id = "b", .epoch = -1})), "b @-1");
  EXPECT_FALSE(stage.armed(TimerKind::Session, "b"));
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 2})), "a @3 [1:0,1,2,3]");
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = -1})), "a @-1");
  EXPECT_EQ(stage.group()->state(), ConsumerState::Empty);
  EXPECT_EQ(stage.happened.back().kind, HappeningKind::BecameEmpty);
  EXPECT_TRUE(stage.timers.empty());
}

TEST(ConsumerHeartbeat, SilenceEndsAMember) {
  Audit stage;
  stage.fire(TimerKind::Session, "b");
  EXPECT_EQ(to_text(stage.send({.id = "b", .epoch = 2})), error(kUnknownMember));
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 2})), "a @3 [1:0,1,2,3]");
}

TEST(ConsumerHeartbeat, WhoDoesNotLetGoInTimeIsSentAway) {
  ConsumerStage stage;
  stage.set_topic("orders", 1, 2);
  stage.join("a");
  stage.join("b");
  stage.send({.id = "a", .epoch = 1});
  stage.fire(TimerKind::Revocation, "a");
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 1})), error(kUnknownMember));
  EXPECT_EQ(to_text(stage.send({.id = "b", .epoch = 2})), "b @3 [1:0,1]");
}

TEST(ConsumerHeartbeat, StaticMembersKeepTheirPlace) {
  ConsumerStage stage;
  stage.set_topic("orders", 1, 4);
  stage.join("a", {"orders"}, "till-1");
  EXPECT_EQ(to_text(stage.join("b", {"orders"}, "till-1")), error(kUnreleased));
  EXPECT_EQ(to_text(stage.send({.id = "b", .epoch = -1, .instance = "till-1"})),
            error(kFencedInstance));
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = -2, .instance = "till-1"})), "a @-2");

  EXPECT_EQ(to_text(stage.join("b", {"orders"}, "till-1")), "b @1 [1:0,1,2,3]");
  EXPECT_EQ(stage.group()->epoch.epoch, Epoch{1}) << "the group did not rebalance";
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 1, .instance = "till-1"})),
            error(kFencedInstance));
  EXPECT_FALSE(stage.armed(TimerKind::Session, "a"));

  stage.send({.id = "b", .epoch = -2, .instance = "till-1"});
  stage.fire(TimerKind::Session, "b");
  EXPECT_EQ(stage.group()->state(), ConsumerState::Empty) << "it stayed away for too long";
}

TEST(ConsumerHeartbeat, FollowsTopicsThatComeGrowAndGo) {
  ConsumerStage stage;
  EXPECT_EQ(to_text(stage.join("a")), "a @1 []") << "there is no such topic yet";
  stage.set_topic("orders", 1, 1);
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 1})), "a @2 [1:0]");
  stage.set_topic("orders", 1, 2);
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 2})), "a @3 [1:0,1]");
  stage.set_topic("carts", 2, 2);
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 3})), "a @3") << "that is not its topic";
  stage.set_topic("orders", 1, 0);
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 3})), "a @3 []");
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 3, .owned = ""})), "a @4");
}

TEST(ConsumerHeartbeat, FollowsTopicsThatMatch) {
  ConsumerStage stage;
  stage.set_topic("orders-eu", 1, 1);
  stage.set_topic("my-orders", 2, 1);
  EXPECT_EQ(to_text(stage.join_by("a", "orders.*")), "a @1 [1:0]") << "the whole name matches";
  stage.set_topic("orders-us", 3, 1);
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 1})), "a @2 [1:0;3:0]");
  stage.set_topic("orders-eu", 1, 0);
  stage.send({.id = "a", .epoch = 2});
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 2, .owned = "3:0"})), "a @3");
  ASSERT_EQ(stage.group()->regexes.size(), 1U);
  EXPECT_EQ(to_text(stage.join_by("b", "orders.*")), "b @4 []");
  stage.send({.id = "a", .epoch = -1});
  EXPECT_EQ(stage.group()->regexes.size(), 1U) << "b still uses it";
  stage.send({.id = "b", .epoch = 4, .topics = {{"my-orders"}}, .regex = ""});
  EXPECT_TRUE(stage.group()->regexes.empty());
}

TEST(ConsumerHeartbeat, LetsGoOfTopicsThatAMemberTurnsAwayFrom) {
  Audit stage;
  stage.send({.id = "a", .epoch = 2, .topics = {{"carts"}}});
  EXPECT_EQ(stage.group()->find(MemberId{"a"})->holding.state, MemberState::UnrevokedPartitions);
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 2, .owned = ""})), "a @3 [2:0,1]");
  EXPECT_EQ(to_text(stage.send({.id = "b", .epoch = 2})), "b @3 [1:0,1,2,3]");
}

TEST(ConsumerHeartbeat, TakesTheAssignorThatMostAskFor) {
  ConsumerStage stage;
  stage.join("a");
  EXPECT_EQ(preferred_assignor(*stage.group(), stage.limits.consumer), "uniform");
  stage.send({.id = "a", .epoch = 1, .assignor = "range"});
  EXPECT_EQ(preferred_assignor(*stage.group(), stage.limits.consumer), "range");
  stage.join("b");
  stage.send({.id = "b", .epoch = 2, .assignor = "uniform"});
  EXPECT_EQ(preferred_assignor(*stage.group(), stage.limits.consumer), "uniform") << "a tie";
}

// Many who come at once do not cost an assignment each.
TEST(ConsumerHeartbeat, ALargeGroupRestsBetweenAssignments) {
  ConsumerStage stage;
  stage.limits.consumer.rest_per_member = Millis{1'000};
  stage.set_topic("orders", 1, 4);
  EXPECT_EQ(to_text(stage.join("a")), "a @1 [1:0,1,2,3]");
  EXPECT_EQ(to_text(stage.join("b")), "b @1 []");
  EXPECT_EQ(to_text(stage.join("c")), "c @1 []");
  EXPECT_EQ(stage.group()->epoch.epoch, Epoch{3});
  EXPECT_EQ(stage.group()->state(), ConsumerState::Assigning);
  stage.now.value += 1'000;
  stage.fire(TimerKind::Assignment);
  EXPECT_EQ(stage.group()->target_epoch, Epoch{3});
  EXPECT_EQ(count(*stage.send({.id = "a", .epoch = 1}).assignment), 2U);
}

TEST(ConsumerHeartbeat, ARestartTakesTheGroupUpWhereItWas) {
  Audit stage;
  const Consumer before = *stage.group();
  stage.restart();
  EXPECT_EQ(*stage.group(), before) << "and no more was written";
  EXPECT_EQ(to_text(stage.send({.id = "a", .epoch = 2})), "a @2");
  stage.set_topic("orders", 1, 6, false);
  stage.restart();
  EXPECT_EQ(stage.group()->epoch.epoch, Epoch{3}) << "the topic grew while nobody looked";
}

TEST(ConsumerHeartbeat, AGroupHasSettingsOfItsOwn) {
  Audit stage;
  const auto own = std::make_shared<const config::Pairs>(config::Pairs{
      {"consumer.session.timeout.ms", "50000"}, {"consumer.heartbeat.interval.ms", "7000"}});
  stage.image->configs.put({cluster::ResourceType::Group, "audit"}, own);
  stage.now.value += 7'000;
  EXPECT_EQ(stage.send({.id = "a", .epoch = 2}).heartbeat_interval, Millis{7'000});
  EXPECT_EQ((stage.timers.at({TimerKind::Session, MemberId{"a"}})), Millis{50'000});
}

// What it has let go of may be another's by now, and a late commit for that is known by its epoch.
TEST(ConsumerHeartbeat, LettingGoTakesAMemberOnToTheNextEpoch) {
  ConsumerStage stage;
  stage.set_topic("orders", 1, 6);
  stage.join("a");
  stage.join("b");
  stage.send({.id = "a", .epoch = 1});
  const auto holding = [&] { return stage.group()->find(MemberId{"a"})->holding; };
  EXPECT_EQ(count(holding().revoking), 3U);
  stage.join("c");
  const ConsumerReply let_go =
      stage.send({.id = "a", .epoch = 1, .owned = group::to_text(holding().assigned)});
  EXPECT_EQ(let_go.epoch, Epoch{2}) << "it has let go, but c's share is yet to be";
  EXPECT_EQ(count(holding().revoking), 1U);
  const Commit late{.group = stage.id,
                    .who = {.member = MemberId{"a"}},
                    .generation = Generation{1},
                    .knows_epochs = true};
  EXPECT_EQ(decide_commit(stage.groups, late, {}).error().code, ErrorCode::StaleMemberEpoch);
  const ConsumerReply done =
      stage.send({.id = "a", .epoch = 2, .owned = group::to_text(holding().assigned)});
  EXPECT_EQ(done.epoch, Epoch{3});
}

// A client that uses the id of one member for another's instance. All that both had stays shared
// out.
TEST(ConsumerHeartbeat, AMemberThatTakesAnInstancesPlaceLeavesItsOwn) {
  ConsumerStage stage;
  stage.set_topic("orders", 1, 4);
  stage.join("s", {"orders"}, "till");
  stage.join("b");
  stage.send({.id = "s", .epoch = 1, .instance = "till"});
  stage.send({.id = "s", .epoch = -2, .instance = "till"});
  const ConsumerReply joined = stage.join("b", {"orders"}, "till");
  EXPECT_EQ(joined.error, ErrorCode::None);
  stage.send({.id = "b", .epoch = joined.epoch.value, .instance = "till"});
  ASSERT_EQ(stage.group()->members.size(), 1U);
  const Holding& holding = stage.group()->find(MemberId{"b"})->holding;
  EXPECT_EQ(group::to_text(holding.assigned), "1:0,1,2,3");
  EXPECT_EQ(stage.group()->state(), ConsumerState::Stable);
}

}  // namespace
}  // namespace group

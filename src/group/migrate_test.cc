// Groups that go over from one protocol to the other while their members run: a table of what is
// let through, and a property over random histories of members of both kinds. Members are simulated
// as their clients behave, with cooperative assignors on the classic side.
#include "group/migrate.h"

#include <algorithm>
#include <random>

#include "group/assign.h"
#include "group/consumer_test_support.h"
#include "group/subscription.h"
#include "wire/consumer_protocol.h"
#include "wire/io.h"

namespace group {
namespace {

NamedPartitions named(const Assigned& assigned, const cluster::Image& image) {
  NamedPartitions partitions;
  for (const auto& [id, list] : assigned) partitions.emplace(image.find(id)->name, list);
  return partitions;
}
Assigned numbered(const NamedPartitions& partitions, const cluster::Image& image) {
  Assigned assigned;
  for (const auto& [name, list] : partitions) add(assigned, image.find(name)->id, list);
  return assigned;
}

ByteVector subscription_of(const std::vector<std::string>& topics, const NamedPartitions& owned) {
  wire::ConsumerProtocolSubscription message;
  for (const std::string& topic : topics) message.topics.push_back(TopicName{topic});
  for (const auto& [topic, list] : owned) message.owned_partitions.push_back({topic, list});
  wire::Output out;
  out.bytes.resize(2);
  store_big(out.bytes.data(), std::int16_t{1});
  write(message, 1, out);
  return std::move(out.bytes);
}

// A consumer of the classic protocol with a cooperative assignor.
class ClassicClient {
 public:
  ClassicClient(ConsumerStage& stage, std::string fresh, std::string instance_name = "")
      : fresh_id(std::move(fresh)), instance(std::move(instance_name)), stage_(&stage) {}

  std::string fresh_id;
  std::string instance;
  std::string id = {};
  std::vector<std::string> topics = {"orders"};
  std::vector<std::string> protocols = {"cooperative-sticky"};
  int generation = -1;
  Assigned owned = {};
  ErrorCode failed = ErrorCode::None;  // For good.

  // Does what it has to do next.
  void act() {
    if (failed != ErrorCode::None) return;
    if (waiting_) {
      take_answer();
    } else if (must_join_) {
      join();
    } else {
      heartbeat();
    }
    if (waiting_) take_answer();
  }
  bool is_settled() const { return !waiting_ && !must_join_ && generation >= 0; }
  // Its connection broke: what it asked is not answered any more.
  void lose_answer() {
    if (std::exchange(waiting_, {})) must_join_ = true;
  }
  ErrorCode leave() {
    const Token token = stage_->next_token();
    stage_->take(Leave{.token = token, .members = {who()}});
    return std::get<LeaveReply>(stage_->answers.at(token)).members.at(0).error;
  }

 private:
  Identity who() const {
    Identity who{.member = MemberId{id}};
    if (!instance.empty()) who.instance = InstanceId{instance};
    return who;
  }

  void join() {
    waiting_ = stage_->next_token();
    Join join{.token = *waiting_,
              .who = who(),
              .fresh_id = MemberId{fresh_id},
              .client_id = "cart",
              .client_host = "/10.0.0.2",
              .session_timeout = Millis{10'000},
              .rebalance_timeout = Millis{60'000},
              .protocol_type = "consumer",
              .must_know_its_id = true,
              .can_skip_assignment = true};
    const ByteVector metadata = subscription_of(topics, named(owned, *stage_->image));
    for (const std::string& name : protocols) join.protocols.push_back({name, metadata});
    stage_->take(join);
  }

  void take_answer() {
    const auto at = stage_->answers.find(*waiting_);
    if (at == stage_->answers.end()) return;
    waiting_.reset();
    if (const auto* joined = std::get_if<JoinReply>(&at->second)) {
      take_join(*joined);
    } else {
      take_sync(std::get<SyncReply>(at->second));
    }
  }

  void take_join(const JoinReply& reply) {
    if (reply.error == ErrorCode::MemberIdRequired) {
      id = reply.member.value;
    } else if (reply.error != ErrorCode::None) {
      fall_out(reply.error);
    } else {
      id = reply.member.value;
      generation = reply.generation.value;
      waiting_ = stage_->next_token();
      Sync sync{.token = *waiting_,
                .who = who(),
                .generation = reply.generation,
                .protocol_type = reply.protocol_type,
                .protocol = reply.protocol};
      if (reply.leader == reply.member && !reply.skip_assignment) sync.assignments = assign(reply);
      stage_->take(sync);
      take_answer();
    }
  }

  // What one owns goes to nobody else before it has let go.
  std::vector<Assignment> assign(const JoinReply& reply) const {
    AssignmentTask task;
    Assigned all_owned;
    for (const JoinedMember& member : reply.members) {
      const Subscription said = read_subscription(member.metadata).value();
      Subscriber& subscriber = task.members.emplace_back();
      subscriber.id = member.id;
      subscriber.has = numbered(said.owned, *stage_->image);
      all_owned = together(all_owned, subscriber.has);
      for (const TopicName& name : said.topics) {
        const cluster::Topic* topic = stage_->image->find(name);
        if (!topic) continue;
        subscriber.topics.insert(topic->id);
        task.topics[topic->id].partitions = static_cast<std::int32_t>(topic->partitions.size());
      }
    }
    Target target = assign_uniform(task);
    std::vector<Assignment> assignments;
    for (const Subscriber& member : task.members) {
      const Assigned others = without(all_owned, member.has);
      const Assigned now = without(target.at(member.id), others);
      assignments.push_back({member.id, write_assignment(named(now, *stage_->image), 1)});
    }
    return assignments;
  }

  void take_sync(const SyncReply& reply) {
    if (reply.error != ErrorCode::None) return fall_out(reply.error);
    const Assigned now = numbered(read_assignment(reply.assignment).value(), *stage_->image);
    must_join_ = !is_subset(owned, now);  // What it let go of it says at once.
    owned = now;
  }

  void heartbeat() {
    const Token token = stage_->next_token();
    stage_->take(Heartbeat{token, who(), Generation{generation}});
    const ErrorCode error = std::get<HeartbeatReply>(stage_->answers.at(token)).error;
    if (error != ErrorCode::None) fall_out(error);
  }

  void fall_out(ErrorCode error) {
    must_join_ = true;
    if (error == ErrorCode::RebalanceInProgress) return;
    owned.clear();
    generation = -1;
    if (error == ErrorCode::UnknownMemberId) {
      id.clear();
      fresh_id += "'";
    } else if (error != ErrorCode::IllegalGeneration) {
      failed = error;
    }
  }

  ConsumerStage* stage_;
  bool must_join_ = true;
  std::optional<Token> waiting_ = {};
};

// A consumer of the newer protocol.
struct ModernClient {
  std::string id;
  std::string instance = {};
  std::vector<std::string> topics = {"orders"};
  int epoch = 0;
  Assigned owned = {};
  bool tells_all = true;
  ErrorCode failed = ErrorCode::None;

  void act(ConsumerStage& stage) {
    if (failed != ErrorCode::None) return;
    Beat beat{.id = id, .epoch = epoch, .instance = instance};
    if (epoch == 0 || tells_all) {
      beat.topics = topics;
      beat.owned = to_text(owned);
      beat.rebalance_ms = 60'000;
    }
    const ConsumerReply reply = stage.send(beat);
    if (reply.error != ErrorCode::None) {
      const bool again = epoch > 0 && (reply.error == ErrorCode::UnknownMemberId ||
                                       reply.error == ErrorCode::FencedMemberEpoch);
      if (!again) failed = reply.error;
      owned.clear();
      epoch = 0;
      tells_all = true;
      return;
    }
    epoch = reply.epoch.value;
    tells_all = false;
    if (!reply.assignment) return;
    tells_all = !is_subset(owned, *reply.assignment);
    owned = *reply.assignment;
  }
};

class MigrateTest : public testing::Test {
 protected:
  MigrateTest() { stage.set_topic("orders", 1, 6, false); }

  const Classic* classic() const {
    const Group* found = stage.groups.find(stage.id);
    return found ? found->as<Classic>() : nullptr;
  }
  // Everyone acts in turn, and timers of phases run out.
  void play(std::vector<ClassicClient*> old, std::vector<ModernClient*> modern, int rounds = 8) {
    for (int i = 0; i < rounds; ++i) {
      stage.now.value += 3'000;
      if (stage.armed(TimerKind::JoinPhase) && classic() && classic()->gathering) {
        stage.fire(TimerKind::JoinPhase);
      }
      if (stage.armed(TimerKind::Assignment)) stage.fire(TimerKind::Assignment);
      for (ClassicClient* client : old) client->act();
      for (ModernClient* client : modern) client->act(stage);
    }
  }

  ConsumerStage stage;
};

TEST_F(MigrateTest, AGroupGoesOverWithItsFirstNewMemberAndBackAfterItsLast) {
  ClassicClient a(stage, "a");
  ClassicClient b(stage, "b");
  play({&a, &b}, {});
  ASSERT_TRUE(classic());
  EXPECT_EQ(count(a.owned), 3U);
  const int generation = a.generation;

  ModernClient c{.id = "c"};
  c.act(stage);
  ASSERT_TRUE(stage.group()) << "not a consumer group";
  EXPECT_EQ(c.failed, ErrorCode::None);
  EXPECT_GT(c.epoch, generation);
  play({&a, &b}, {&c});
  EXPECT_EQ(stage.group()->state(), ConsumerState::Stable);
  for (const Assigned* owned : {&a.owned, &b.owned, &c.owned}) EXPECT_EQ(count(*owned), 2U);

  stage.send({.id = "c", .epoch = -1});
  ASSERT_TRUE(classic()) << "it did not go back";
  EXPECT_EQ(classic()->state, State::PreparingRebalance);
  EXPECT_EQ(count(a.owned), 2U) << "nobody lost what it had";
  play({&a, &b}, {});
  EXPECT_EQ(classic()->state, State::Stable);
  EXPECT_EQ(count(a.owned) + count(b.owned), 6U);
}

struct Policy {
  Migration policy;
  bool up;
  bool back;
};
class MigrationPolicy : public MigrateTest, public testing::WithParamInterface<Policy> {
 protected:
  MigrationPolicy() { stage.limits.consumer.migration = GetParam().policy; }
};
INSTANTIATE_TEST_SUITE_P(All, MigrationPolicy,
                         testing::Values(Policy{Migration::Disabled, false, false},
                                         Policy{Migration::Upgrade, true, false},
                                         Policy{Migration::Downgrade, false, true},
                                         Policy{Migration::Bidirectional, true, true}));

TEST_P(MigrationPolicy, SaysWhetherAClassicGroupGoesOver) {
  ClassicClient a(stage, "a");
  play({&a}, {});
  ModernClient b{.id = "b"};
  b.act(stage);
  EXPECT_EQ(b.failed, GetParam().up ? ErrorCode::None : ErrorCode::GroupIdNotFound);
  EXPECT_EQ(classic() == nullptr, GetParam().up);
}

TEST_P(MigrationPolicy, SaysWhetherAConsumerGroupGoesBack) {
  ModernClient a{.id = "a"};
  a.act(stage);
  ClassicClient b(stage, "b");
  play({&b}, {&a});
  ASSERT_TRUE(stage.group());
  stage.send({.id = "a", .epoch = -1});
  EXPECT_EQ(classic() != nullptr, GetParam().back);
  play({&b}, {});
  EXPECT_EQ(count(b.owned), 6U) << "a classic member alone in a consumer group is served";
}

TEST_F(MigrateTest, IsNotDoneForWhatCannotBe) {
  ClassicClient a(stage, "a");
  play({&a}, {});
  const auto refuses = [&](const char* why, ErrorCode error, const Beat& beat) {
    SCOPED_TRACE(why);
    EXPECT_EQ(stage.send(beat).error, error);
    EXPECT_TRUE(classic()) << "it went over all the same";
    EXPECT_EQ(classic()->state, State::Stable) << "and nobody was disturbed";
  };
  const Beat good{
      .id = "b", .topics = std::vector<std::string>{"orders"}, .owned = "", .rebalance_ms = 1};
  Beat bad = good;
  bad.assignor = "none of ours";
  refuses("an assignor that there is not", ErrorCode::UnsupportedAssignor, bad);
  bad = good;
  bad.epoch = 1;
  refuses("not a join", ErrorCode::GroupIdNotFound, bad);
  bad = good;
  bad.regex = "(";
  refuses("a regular expression that is none", ErrorCode::InvalidRegularExpression, bad);
  stage.limits.consumer.most_members = 1;
  refuses("more members than there may be", ErrorCode::GroupMaxSizeReached, good);
}

TEST_F(MigrateTest, IsNotDoneWhereAClientsBytesCannotBeRead) {
  stage.take(Join{.token = stage.next_token(),
                  .who = {},
                  .fresh_id = MemberId{"odd"},
                  .session_timeout = Millis{10'000},
                  .rebalance_timeout = Millis{1'000},
                  .protocol_type = "consumer",
                  .protocols = {{"range", ByteVector(1)}}});
  EXPECT_EQ(stage.join("b").error, ErrorCode::GroupIdNotFound);
  EXPECT_TRUE(classic());
}

TEST_F(MigrateTest, ARebalanceUnderWayIsJoinedAgain) {
  ClassicClient a(stage, "a");
  play({&a}, {});
  ClassicClient b(stage, "b");
  b.act();
  b.act();  // Knows its id now, and waits for a.
  ASSERT_EQ(classic()->state, State::PreparingRebalance);
  ModernClient c{.id = "c"};
  c.act(stage);
  ASSERT_TRUE(stage.group());
  play({&a, &b}, {&c});
  for (const Assigned* owned : {&a.owned, &b.owned, &c.owned}) EXPECT_EQ(count(*owned), 2U);
}

TEST_F(MigrateTest, AStaticMemberChangesItsProtocolOnTheSpot) {
  ClassicClient a(stage, "a", "till-1");
  ClassicClient b(stage, "b", "till-2");
  play({&a, &b}, {});
  const Assigned had = a.owned;
  ModernClient again{.id = "a2", .instance = "till-1"};
  again.act(stage);
  ASSERT_TRUE(stage.group());
  EXPECT_EQ(to_text(again.owned), to_text(had)) << "it got what its predecessor had";
  play({&b}, {&again});
  EXPECT_EQ(count(again.owned), 3U);

  ClassicClient back(stage, "a3", "till-1");
  play({&b, &back}, {});
  ASSERT_TRUE(classic()) << "the last member of the newer protocol was replaced";
  EXPECT_EQ(count(back.owned), 3U);
  EXPECT_EQ(count(b.owned), 3U);
}

// What classic members hear of a consumer group.
TEST_F(MigrateTest, AnswersClassicRequestsInAConsumerGroup) {
  ModernClient modern{.id = "m"};
  ClassicClient a(stage, "a");
  modern.act(stage);
  play({&a}, {&modern});
  ASSERT_TRUE(stage.group());
  const auto join = [&](const std::string& id, const std::string& type, const std::string& protocol,
                        ByteVector metadata, int session = 10'000) {
    const Token token = stage.next_token();
    stage.take(Join{.token = token,
                    .who = {.member = MemberId{id}},
                    .fresh_id = MemberId{"x"},
                    .session_timeout = Millis{session},
                    .rebalance_timeout = Millis{1'000},
                    .protocol_type = type,
                    .protocols = {{protocol, std::move(metadata)}}});
    return std::get<JoinReply>(stage.answers.at(token)).error;
  };
  const ByteVector good = subscription_of({"orders"}, {});
  const std::string both = "cooperative-sticky";
  EXPECT_EQ(join("", "connect", both, good), ErrorCode::InconsistentGroupProtocol);
  EXPECT_EQ(join("", "consumer", "range", good), ErrorCode::InconsistentGroupProtocol);
  EXPECT_EQ(join("", "consumer", both, ByteVector(1)), ErrorCode::InconsistentGroupProtocol);
  EXPECT_EQ(join("", "consumer", both, good, 1), ErrorCode::InvalidSessionTimeout);
  stage.limits.consumer.most_members = 2;
  EXPECT_EQ(join("", "consumer", both, good), ErrorCode::GroupMaxSizeReached);

  const auto sync = [&](const std::string& id, int generation, const std::string& protocol) {
    const Token token = stage.next_token();
    stage.take(Sync{.token = token,
                    .who = {.member = MemberId{id}},
                    .generation = Generation{generation},
                    .protocol = protocol});
    return std::get<SyncReply>(stage.answers.at(token)).error;
  };
  EXPECT_EQ(sync("nobody", 1, both), ErrorCode::UnknownMemberId);
  EXPECT_EQ(sync("m", modern.epoch, both), ErrorCode::UnknownMemberId) << "it is not classic";
  EXPECT_EQ(sync(a.id, a.generation + 1, both), ErrorCode::IllegalGeneration);
  EXPECT_EQ(sync(a.id, a.generation, "range"), ErrorCode::InconsistentGroupProtocol);
  EXPECT_EQ(sync(a.id, a.generation, both), ErrorCode::None);

  const auto beat = [&](const std::string& id, int generation) {
    const Token token = stage.next_token();
    stage.take(Heartbeat{token, {.member = MemberId{id}}, Generation{generation}});
    return std::get<HeartbeatReply>(stage.answers.at(token)).error;
  };
  EXPECT_EQ(beat("nobody", 1), ErrorCode::UnknownMemberId);
  EXPECT_EQ(beat(a.id, a.generation - 1), ErrorCode::IllegalGeneration);
  EXPECT_EQ(beat(a.id, a.generation), ErrorCode::None);
  EXPECT_EQ(a.leave(), ErrorCode::None);
  EXPECT_EQ(a.leave(), ErrorCode::UnknownMemberId);
}

TEST_F(MigrateTest, AClassicMemberThatDoesNotRejoinIsTakenOut) {
  ClassicClient a(stage, "a");
  play({&a}, {});
  ModernClient b{.id = "b"};
  b.act(stage);
  const Token token = stage.next_token();
  stage.take(Heartbeat{token, {.member = MemberId{a.id}}, Generation{a.generation}});
  EXPECT_EQ(std::get<HeartbeatReply>(stage.answers.at(token)).error,
            ErrorCode::RebalanceInProgress);
  ASSERT_TRUE(stage.armed(TimerKind::JoinPhase, a.id));
  stage.fire(TimerKind::JoinPhase, a.id);
  play({}, {&b});
  EXPECT_EQ(count(b.owned), 6U);
}

// A restart in the middle of a way back must not leave what nobody owns.
TEST_F(MigrateTest, ARestartOnTheWayBackMissesNobody) {
  ClassicClient a(stage, "a");
  play({&a}, {});
  ModernClient b{.id = "b"};
  play({&a}, {&b});
  ASSERT_EQ(count(b.owned), 3U);
  stage.send({.id = "b", .epoch = -1});
  ASSERT_TRUE(classic());
  stage.restart();
  play({&a}, {});
  EXPECT_EQ(count(a.owned), 6U);
}

class MixedHistory {
 public:
  explicit MixedHistory(std::uint32_t seed) : random_(seed) {
    stage_.set_topic("orders", 1, 5, false);
    stage_.set_topic("carts", 2, 3, false);
    stage_.limits.consumer.rest_per_member = Millis{pick(2) == 0 ? 0 : 300};
    constexpr Migration kPolicies[] = {Migration::Bidirectional, Migration::Bidirectional,
                                       Migration::Upgrade, Migration::Downgrade,
                                       Migration::Disabled};
    stage_.limits.consumer.migration = kPolicies[pick(5)];
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      stage_.now.value += static_cast<std::int64_t>(pick(700));
      one();
      bury();
      check_owners();
    }
  }

  void come_to_rest() {
    if (testing::Test::HasFailure()) return;
    for (int round = 0; round < 30; ++round) {
      stage_.now.value += 5'000;
      end_sessions_of_the_dead();
      fire_if(TimerKind::JoinPhase);
      fire_if(TimerKind::Assignment);
      for (ClassicClient& client : old_) client.act();
      for (ModernClient& client : modern_) client.act(stage_);
      bury();
      check_owners();
    }
    std::size_t owned = 0;
    std::set<std::string> topics;
    for (const ClassicClient& client : old_) {
      EXPECT_TRUE(client.is_settled()) << client.id;
      owned += count(client.owned);
      topics.insert(client.topics.begin(), client.topics.end());
    }
    for (const ModernClient& client : modern_) {
      owned += count(client.owned);
      topics.insert(client.topics.begin(), client.topics.end());
    }
    std::size_t wanted = 0;
    for (const std::string& topic : topics) {
      wanted += stage_.image->find(TopicName{topic})->partitions.size();
    }
    EXPECT_EQ(owned, wanted) << "a partition that nobody owns\n" << told();
  }
  std::string told() const {
    const Group* group = stage_.groups.find(stage_.id);
    std::string text = group ? std::string(type_of(*group)) + " " + std::string(state_of(*group))
                             : std::string("no group");
    for (const ClassicClient& client : old_) {
      text += "\nclassic " + client.id + " in " + client.instance + " @" +
              std::to_string(client.generation) + " owns " + to_text(client.owned);
    }
    for (const ModernClient& client : modern_) {
      text += "\nmodern " + client.id + " in " + client.instance + " @" +
              std::to_string(client.epoch) + " owns " + to_text(client.owned);
    }
    return text;
  }
  std::size_t migrations() const {
    return static_cast<std::size_t>(
        std::ranges::count(stage_.happened, HappeningKind::Migrated, &Happening::kind));
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::vector<std::string> some_topics() {
    if (pick(2) == 0) return {"orders"};
    return {"carts", "orders"};
  }
  std::string some_instance() {
    return pick(3) == 0 ? "till-" + std::to_string(pick(2)) : std::string();
  }

  void one() {
    switch (pick(12)) {
      case 0:
        if (old_.size() > 3) return;
        old_.emplace_back(stage_, "o" + std::to_string(++names_), some_instance());
        old_.back().topics = some_topics();
        return;
      case 1:
        if (modern_.size() > 3) return;
        modern_.push_back({.id = "n" + std::to_string(++names_),
                           .instance = some_instance(),
                           .topics = some_topics()});
        return;
      case 2:
        return leave_or_die();
      case 3:
        return fire_any();
      case 4:
        if (pick(4) != 0) return;
        for (ClassicClient& client : old_) client.lose_answer();
        stage_.restart();
        return;
      case 5:
        fire_if(TimerKind::JoinPhase);
        fire_if(TimerKind::Assignment);
        return;
      case 6:
      case 7:
      case 8:
        if (!modern_.empty()) modern_[pick(modern_.size())].act(stage_);
        return;
      default:
        if (!old_.empty()) old_[pick(old_.size())].act();
    }
  }

  void leave_or_die() {
    const bool says_so = pick(2) == 0;
    if (pick(2) == 0 && !old_.empty()) {
      const auto at = old_.begin() + static_cast<std::ptrdiff_t>(pick(old_.size()));
      if (says_so && !at->id.empty()) at->leave();
      old_.erase(at);
    } else if (!modern_.empty()) {
      const auto at = modern_.begin() + static_cast<std::ptrdiff_t>(pick(modern_.size()));
      if (says_so && at->epoch > 0) {
        stage_.send({.id = at->id, .epoch = -1, .instance = at->instance});
      }
      modern_.erase(at);
    }
  }

  void fire_if(TimerKind kind) {
    if (stage_.armed(kind)) fire({kind});
  }
  void fire(const TimerKey& key) {
    if (key.kind == TimerKind::JoinPhase && key.member.value.empty()) drop_sleepers();
    stage_.fire(key.kind, key.member.value);
    drop_strangers();
  }
  // Who has not joined for as long as it may take does not go on with what it had. A group does not
  // take a static member's place away for that.
  void drop_sleepers() {
    const Group* group = stage_.groups.find(stage_.id);
    const auto* classic = group ? group->as<Classic>() : nullptr;
    if (!classic) return;
    std::erase_if(old_, [&](const ClassicClient& client) {
      const Member* member = classic->find(MemberId{client.id});
      return member && !member->joining;
    });
  }
  void fire_any() {
    if (stage_.timers.empty()) return;
    auto at = stage_.timers.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(pick(stage_.timers.size())));
    fire(TimerKey(at->first));
  }
  bool is_member(const std::string& id) const {
    const Group* group = stage_.groups.find(stage_.id);
    if (!group) return false;
    if (const auto* classic = group->as<Classic>()) return classic->find(MemberId{id});
    return group->as<Consumer>() && group->as<Consumer>()->find(MemberId{id});
  }
  // Whom the group has given up on while it ran would own what others get, as a paused process
  // does.
  void drop_strangers() {
    std::erase_if(old_,
                  [&](const ClassicClient& c) { return c.generation >= 0 && !is_member(c.id); });
    std::erase_if(modern_, [&](const ModernClient& c) { return c.epoch > 0 && !is_member(c.id); });
  }
  void bury() {
    std::erase_if(old_, [](const auto& client) { return client.failed != ErrorCode::None; });
    std::erase_if(modern_, [](const auto& client) { return client.failed != ErrorCode::None; });
    // A newer member of the same instance has replaced them, and they do not know yet.
    drop_replaced();
  }
  void drop_replaced() {
    const Group* group = stage_.groups.find(stage_.id);
    if (!group) return;
    const auto& instances =
        group->as<Classic>() ? group->as<Classic>()->instances : group->as<Consumer>()->instances;
    const auto is_replaced = [&](const auto& client) {
      const auto at = instances.find(InstanceId{client.instance});
      return !client.instance.empty() && at != instances.end() && !client.id.empty() &&
             at->second.value != client.id && !client.owned.empty();
    };
    std::erase_if(old_, is_replaced);
    std::erase_if(modern_, is_replaced);
  }

  void end_sessions_of_the_dead() {
    std::set<std::string> alive;
    // One that joins for the first time is not told its id before all have joined.
    for (const ClassicClient& client : old_) alive.insert({client.id, client.fresh_id});
    for (const ModernClient& client : modern_) alive.insert(client.id);
    std::vector<std::string> dead;
    for (const auto& [key, after] : stage_.timers) {
      if (key.kind == TimerKind::Session && !alive.contains(key.member.value)) {
        dead.push_back(key.member.value);
      }
    }
    for (const std::string& id : dead) {
      if (stage_.armed(TimerKind::Session, id)) stage_.fire(TimerKind::Session, id);
    }
  }

  void check_owners() const {
    std::map<std::pair<TopicId, PartitionIndex>, std::string> owners;
    const auto note = [&](const std::string& id, const Assigned& owned) {
      for (const auto& [topic, partitions] : owned) {
        for (const PartitionIndex partition : partitions) {
          const auto [at, is_first] = owners.emplace(std::pair{topic, partition}, id);
          ASSERT_TRUE(is_first) << at->second << " and " << id << " own the same";
        }
      }
    };
    for (const ClassicClient& client : old_) note(client.id, client.owned);
    for (const ModernClient& client : modern_) note(client.id, client.owned);
  }

  std::mt19937 random_;
  ConsumerStage stage_;
  std::vector<ClassicClient> old_;
  std::vector<ModernClient> modern_;
  int names_ = 0;
};

TEST(MixedHistory, NeverHasTwoOwnersAndAlwaysComesToRest) {
  std::size_t migrations = 0;
  for (std::uint32_t seed = 0; seed < 60 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MixedHistory history(seed);
    history.run(120);
    history.come_to_rest();
    migrations += history.migrations();
  }
  EXPECT_GT(migrations, 60U) << "the histories are too quiet to prove much";
}

}  // namespace
}  // namespace group

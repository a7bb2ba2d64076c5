#include "broker/coordinator.h"

#include <gtest/gtest.h>

#include "broker/coordinator_timers.h"
#include "broker/memory_log_test_support.h"
#include "sim/world.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

class Coordinator : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void TearDown() override { shut(); }

  void open() {
    groups_.emplace(shard_, limits_, notes_);
    groups_->set_partitions(1);
    groups_->see(image_, {});
    groups_->open(PartitionIndex{0}, log_);
  }
  void load() { world_.run_for(20ms); }
  void shut() {
    if (!groups_) return;
    world_.run(groups_->shutdown());
    groups_.reset();
  }
  // As after kill -9: what was told to nobody may be lost, the rest is in the log.
  void restart() {
    shut();
    open();
    load();
  }

  template <class T>
  struct Asked {
    std::shared_ptr<std::optional<T>> answer = std::make_shared<std::optional<T>>();
    bool waits() const { return !answer->has_value(); }
    const T* operator->() const { return &answer->value(); }
  };
  template <class T>
  Asked<T> ask(env::Task<T> task) {
    Asked<T> asked;
    env::spawn(std::move(task), [to = asked.answer](T value) { to->emplace(std::move(value)); });
    return asked;
  }

  static wire::JoinGroupRequest join_request(const std::string& member = "") {
    wire::JoinGroupRequest request;
    request.group_id = GroupId{"audit"};
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 60'000;
    request.member_id = MemberId{member};
    request.protocol_type = "consumer";
    request.protocols.push_back({"range", {}});
    return request;
  }
  Asked<wire::JoinGroupResponse> join(const std::string& member = "", std::int16_t version = 3) {
    return ask(groups_->join(join_request(member), {"cart", "/10.0.0.1", version}));
  }
  Asked<wire::SyncGroupResponse> sync(const MemberId& member, int generation,
                                      const std::map<std::string, std::string>& work = {}) {
    wire::SyncGroupRequest request;
    request.group_id = GroupId{"audit"};
    request.member_id = member;
    request.generation_id = generation;
    for (const auto& [id, bytes] : work) {
      request.assignments.push_back({MemberId{id}, to_vector(as_bytes(bytes))});
    }
    return ask(groups_->sync(request));
  }
  ErrorCode heartbeat(const MemberId& member, int generation) {
    wire::HeartbeatRequest request;
    request.group_id = GroupId{"audit"};
    request.member_id = member;
    request.generation_id = generation;
    return world_.run(groups_->heartbeat(request)).error_code;
  }
  // Topic "orders", with so many partitions.
  void make_topic(int partitions, int id = 1) {
    auto image = std::make_shared<cluster::Image>();
    auto topic = std::make_shared<cluster::Topic>();
    topic->name = TopicName{"orders"};
    topic->id.value.bytes[15] = static_cast<std::byte>(id);
    topic->partitions.resize(static_cast<std::size_t>(partitions));
    image->topics.put(topic->name, topic);
    image->topics_by_id.put(topic->id, topic);
    image_ = image;
    groups_->see(image_, {{topic->name}});
  }
  Asked<wire::ConsumerGroupHeartbeatResponse> consumer_beat(const std::string& member, int epoch) {
    wire::ConsumerGroupHeartbeatRequest request;
    request.group_id = GroupId{"audit"};
    request.member_id = MemberId{member};
    request.member_epoch = epoch;
    if (epoch == 0) {
      request.rebalance_timeout_ms = 60'000;
      request.subscribed_topic_names.emplace().emplace_back("orders");
      request.topic_partitions.emplace();
    }
    return ask(groups_->consumer_heartbeat(request, {"cart", "/10.0.0.1", 1}));
  }

  static wire::OffsetCommitRequest commit_request(std::int64_t offset) {
    wire::OffsetCommitRequest request;
    request.group_id = GroupId{"audit"};
    request.topics.push_back({.name = TopicName{"orders"},
                              .partitions = {{.partition_index = PartitionIndex{3},
                                              .committed_offset = Offset{offset}}}});
    return request;
  }
  Asked<wire::OffsetCommitResponse> commit(std::int64_t offset) {
    return ask(groups_->commit(commit_request(offset), {"cart", "/10.0.0.1", 8}));
  }
  static ErrorCode code(const Asked<wire::OffsetCommitResponse>& answer) {
    return answer->topics.at(0).partitions.at(0).error_code;
  }
  Asked<wire::OffsetFetchResponse::OffsetFetchResponseGroup> fetch() {
    return ask(groups_->fetch_offsets({.group_id = GroupId{"audit"}}));
  }
  std::int64_t committed() {
    const auto fetched = fetch();
    world_.run_for(20ms);
    return fetched->topics.empty() ? -1 : fetched->topics[0].partitions[0].committed_offset.value;
  }

  // A commit that was let through while the topic was the one of this id.
  void commit_for_topic(int id, std::int64_t offset) {
    wire::OffsetCommitRequest request = commit_request(offset);
    request.topics[0].topic_id.value.bytes[15] = static_cast<std::byte>(id);
    const auto answer = ask(groups_->commit(request, {"cart", "/10.0.0.1", 8}));
    world_.run_for(20ms);
    EXPECT_EQ(code(answer), ErrorCode::None);
  }

  // One member, joined and assigned "work".
  MemberId settle() {
    const auto joined = join();
    world_.run_for(4s);
    const auto synced = sync(joined->member_id, 1, {{joined->member_id.value, "work"}});
    world_.run_for(20ms);
    EXPECT_EQ(as_text(synced->assignment), "work");
    return joined->member_id;
  }

  sim::World world_{1};
  sim::Machine& machine_ = world_.add_machine("10.0.0.2");
  env::Shard& shard_ = machine_.shard();
  group::Limits limits_;
  std::shared_ptr<MemoryLog> log_ = std::make_shared<MemoryLog>(shard_);
  cluster::ImagePtr image_ = std::make_shared<const cluster::Image>();
  observe::Metrics metrics_;
  GroupNotes notes_{metrics_, {}};
  std::optional<GroupCoordinator> groups_;
};

// Computed by Java's String.hashCode and Kafka's Utils.abs.
TEST(PartitionOf, IsTheOneThatKafkaTakes) {
  struct Row {
    const char* group;
    int partition;
  };
  const Row rows[] = {
      {"", 0},
      {"audit", 5},
      {"group-\xc3\xa9-\xe6\x97\xa5\xe6\x9c\xac", 35},
      {"polygenelubricants", 0},  // Its hash is -2^31, which has no absolute value.
      {"console-consumer-12345", 6},
      {"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", 30},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(GroupCoordinator::partition_of(GroupId{row.group}, 50), PartitionIndex{row.partition})
        << row.group;
  }
}

TEST_F(Coordinator, AnswersThatItLoadsWhileItDoes) {
  const auto committed = commit(1);
  EXPECT_EQ(code(committed), ErrorCode::CoordinatorLoadInProgress);
  EXPECT_EQ(join()->error_code, ErrorCode::CoordinatorLoadInProgress);
  EXPECT_EQ(heartbeat(MemberId{"a"}, 1), ErrorCode::None) << "no session runs out meanwhile";
  EXPECT_EQ(groups_->list({}).error_code, ErrorCode::CoordinatorLoadInProgress);
  load();
  EXPECT_TRUE(groups_->is_loaded(PartitionIndex{0}));
  EXPECT_EQ(groups_->list({}).error_code, ErrorCode::None);
}

TEST_F(Coordinator, RefusesGroupsOfPartitionsThatItDoesNotHave) {
  load();
  groups_->close(PartitionIndex{0});
  EXPECT_EQ(code(commit(1)), ErrorCode::NotCoordinator);
  EXPECT_EQ(fetch()->error_code, ErrorCode::NotCoordinator);
}

TEST_F(Coordinator, ALogThatCannotBeReadIsReadAgain) {
  log_->broken = true;
  load();
  EXPECT_EQ(code(commit(1)), ErrorCode::CoordinatorNotAvailable);
  world_.run_for(10s);
  EXPECT_EQ(code(commit(1)), ErrorCode::CoordinatorNotAvailable);
  log_->broken = false;
  world_.run_for(10s);
  const auto done = commit(1);
  world_.run_for(10ms);
  EXPECT_EQ(code(done), ErrorCode::None) << "nobody has to restart the broker";
  log_->broken = true;
  restart();
  shut();
  world_.run_for(10s);  // Nothing is read for a coordinator that is gone.
}

TEST_F(Coordinator, GroupsHaveNames) {
  load();
  wire::JoinGroupRequest request = join_request();
  request.group_id = {};
  const auto answer = ask(groups_->join(request, {"cart", "/10.0.0.1", 3}));
  EXPECT_EQ(answer->error_code, ErrorCode::InvalidGroupId);
}

TEST_F(Coordinator, MembersOfAGroupGetTogether) {
  load();
  const auto a = join();
  const auto b = join();
  world_.run_for(2s);
  EXPECT_TRUE(a.waits());
  world_.run_for(10s);
  ASSERT_FALSE(a.waits());
  ASSERT_FALSE(b.waits());
  EXPECT_NE(a->member_id, b->member_id);
  EXPECT_EQ(a->member_id.value.substr(0, 5), "cart-");
  const auto& leader = a->leader == a->member_id.value ? a : b;
  const auto& other = a->leader == a->member_id.value ? b : a;
  EXPECT_EQ(leader->members.size(), 2U);
  EXPECT_TRUE(other->members.empty());

  const auto waits = sync(other->member_id, 1);
  world_.run_for(10ms);
  EXPECT_TRUE(waits.waits());
  const auto assigns =
      sync(leader->member_id, 1, {{leader->member_id.value, "l"}, {other->member_id.value, "o"}});
  world_.run_for(1ms);
  EXPECT_TRUE(assigns.waits()) << "the assignment is not durable yet";
  EXPECT_TRUE(waits.waits());
  world_.run_for(10ms);
  EXPECT_EQ(as_text(assigns->assignment), "l");
  EXPECT_EQ(as_text(waits->assignment), "o");
  EXPECT_EQ(heartbeat(other->member_id, 1), ErrorCode::None);
}

TEST_F(Coordinator, TheVersionDecidesWhatAJoinMeans) {
  load();
  EXPECT_EQ(join("", 4)->error_code, ErrorCode::MemberIdRequired);
  const auto old = join("", 3);
  world_.run_for(20s);
  EXPECT_EQ(old->error_code, ErrorCode::None);
}

TEST_F(Coordinator, ASilentMemberIsOut) {
  load();
  const MemberId member = settle();
  for (int i = 0; i < 5; ++i) {
    world_.run_for(9s);
    ASSERT_EQ(heartbeat(member, 1), ErrorCode::None) << "each heartbeat is good for ten seconds";
  }
  world_.run_for(11s);
  EXPECT_EQ(heartbeat(member, 1), ErrorCode::UnknownMemberId);
}

TEST_F(Coordinator, AGroupIsBackAfterARestartWithoutARebalance) {
  load();
  const MemberId member = settle();
  const auto answer = commit(41);
  EXPECT_EQ(code(answer), ErrorCode::UnknownMemberId) << "members own the offsets";
  restart();
  EXPECT_EQ(heartbeat(member, 1), ErrorCode::None);
  const auto synced = sync(member, 1);
  world_.run_for(10ms);
  EXPECT_EQ(as_text(synced->assignment), "work");
  world_.run_for(11s);
  EXPECT_EQ(heartbeat(member, 1), ErrorCode::UnknownMemberId) << "its session ran on";
}

TEST_F(Coordinator, ACommitIsToldWhenItIsDurableAndKept) {
  load();
  const auto first = commit(41);
  world_.run_for(1ms);
  EXPECT_TRUE(first.waits());
  const auto fetched = fetch();
  EXPECT_TRUE(fetched.waits()) << "what is not durable is not shown";
  world_.run_for(10ms);
  EXPECT_EQ(code(first), ErrorCode::None);
  EXPECT_EQ(fetched->topics[0].partitions[0].committed_offset, Offset{41});
  restart();
  EXPECT_EQ(committed(), 41);
}

TEST_F(Coordinator, CommitsOfOneTurnShareABatch) {
  load();
  std::vector<Asked<wire::OffsetCommitResponse>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(commit(i));
  world_.run_for(20ms);
  for (const auto& answer : answers) EXPECT_EQ(code(answer), ErrorCode::None);
  EXPECT_EQ(log_->appends, 1);
  EXPECT_EQ(committed(), 99);
}

// A crash between them would leave half of what the step decided.
TEST_F(Coordinator, WhatOneStepWritesIsInOneBatchHoweverLarge) {
  load();
  make_topic(200'000);  // Its target and its holding are 800 kB each.
  const auto joined = consumer_beat("a", 0);
  world_.run_for(50ms);
  EXPECT_EQ(joined->error_code, ErrorCode::None);
  ASSERT_EQ(log_->appends, 1);
  EXPECT_GT(log_->batches[0].size(), 1'500'000U);
}

TEST_F(Coordinator, ACommitThatFailsIsForgotten) {
  load();
  const auto kept = commit(41);
  world_.run_for(20ms);
  log_->failing = true;
  const auto lost = commit(42);
  const auto shown = fetch();
  world_.run_for(6ms);
  EXPECT_EQ(code(lost), ErrorCode::NotCoordinator);
  EXPECT_EQ(shown->error_code, ErrorCode::NotCoordinator);
  EXPECT_EQ(code(commit(43)), ErrorCode::CoordinatorLoadInProgress);
  log_->failing = false;
  world_.run_for(20ms);
  EXPECT_EQ(committed(), 41);
}

TEST_F(Coordinator, AFailedAssignmentLeavesNobodyWaiting) {
  load();
  const auto joined = join();
  world_.run_for(4s);
  log_->failing = true;
  const auto synced = sync(joined->member_id, 1, {{joined->member_id.value, "work"}});
  world_.run_for(20ms);
  EXPECT_EQ(synced->error_code, ErrorCode::NotCoordinator);
}

TEST_F(Coordinator, ShutsDownWithMembersWaiting) {
  load();
  const auto joined = join();
  wire::OffsetCommitRequest request = commit_request(1);
  request.group_id = GroupId{"other"};
  const auto committing = ask(groups_->commit(request, {"cart", "/10.0.0.1", 8}));
  shut();
  world_.run_for(1ms);
  EXPECT_EQ(joined->error_code, ErrorCode::NotCoordinator);
  EXPECT_EQ(code(committing), ErrorCode::NotCoordinator);
}

TEST_F(Coordinator, ShowsListsAndDeletesGroups) {
  load();
  const MemberId member = settle();
  const auto described = ask(groups_->describe(GroupId{"audit"}));
  world_.run_for(10ms);
  EXPECT_EQ(described->group_state, "Stable");
  EXPECT_EQ(described->protocol_data, "range");
  ASSERT_EQ(described->members.size(), 1U);
  EXPECT_EQ(described->members[0].client_host, "/10.0.0.1");
  EXPECT_EQ(groups_->list({}).groups.size(), 1U);
  EXPECT_EQ(groups_->list({.states_filter = {"stable"}}).groups.size(), 1U);
  EXPECT_TRUE(groups_->list({.states_filter = {"Empty"}}).groups.empty());
  EXPECT_TRUE(groups_->list({.types_filter = {"consumer"}}).groups.empty());

  EXPECT_EQ(world_.run(groups_->erase(GroupId{"audit"})), ErrorCode::NonEmptyGroup);
  wire::LeaveGroupRequest leave;
  leave.group_id = GroupId{"audit"};
  leave.member_id = member;
  const auto left = world_.run(groups_->leave(leave, {"cart", "/10.0.0.1", 2}));
  EXPECT_EQ(left.error_code, ErrorCode::None);
  EXPECT_EQ(world_.run(groups_->erase(GroupId{"audit"})), ErrorCode::None);
  EXPECT_EQ(world_.run(groups_->erase(GroupId{"audit"})), ErrorCode::GroupIdNotFound);
  EXPECT_EQ(world_.run(groups_->describe(GroupId{"audit"})).group_state, "Dead");
  restart();
  EXPECT_TRUE(groups_->list({}).groups.empty());
}

TEST_F(Coordinator, ForgetsOffsetsThatNobodyUses) {
  load();
  const auto kept = commit(41);
  world_.run_for(20ms);
  world_.run_for(std::chrono::hours(24 * 6));
  EXPECT_EQ(committed(), 41);
  world_.run_for(std::chrono::hours(25));
  EXPECT_EQ(committed(), -1);
  EXPECT_TRUE(groups_->list({}).groups.empty());
}

TEST_F(Coordinator, ForgetsOffsetsOfATopicThatIsGone) {
  load();
  const auto kept = commit(41);
  world_.run_for(20ms);
  groups_->forget_topic(TopicName{"orders"});
  EXPECT_EQ(committed(), -1);
  restart();
  EXPECT_EQ(committed(), -1);
}

TEST(CoordinatorTimers, FireOnceAtTheLastDeadlineSet) {
  sim::World world(1);
  env::Shard& shard = world.add_machine("10.0.0.2").shard();
  int fired = 0;
  CoordinatorTimers timers(shard, [&](const GroupId&, const group::TimerKey&) { ++fired; });
  const GroupId id{"audit"};
  const group::TimerKey key{group::TimerKind::Session, MemberId{"a"}};

  timers.set(id, {key, Millis{10}});
  world.run_for(9ms);
  timers.set(id, {key, Millis{10}});
  world.run_for(9ms);
  EXPECT_EQ(fired, 0) << "put off";
  world.run_for(2ms);
  EXPECT_EQ(fired, 1);
  world.run_for(1s);
  EXPECT_EQ(fired, 1);

  timers.set(id, {key, Millis{100}});
  timers.set(id, {key, Millis{10}});
  world.run_for(11ms);
  EXPECT_EQ(fired, 2) << "brought forward";

  timers.set(id, {key, Millis{10}});
  timers.set(id, {key, std::nullopt});
  world.run_for(1s);
  EXPECT_EQ(fired, 2) << "cancelled";
  EXPECT_EQ(timers.size(), 0U);
}

TEST_F(Coordinator, AConsumerGroupGoesOnAfterARestartWithoutARebalance) {
  load();
  make_topic(3);
  const auto joined = consumer_beat("a", 0);
  EXPECT_TRUE(joined.waits()) << "it is not durable yet";
  world_.run_for(20ms);
  ASSERT_EQ(joined->error_code, ErrorCode::None);
  EXPECT_EQ(joined->member_epoch, 1);
  ASSERT_EQ(joined->assignment->topic_partitions.size(), 1U);
  EXPECT_EQ(joined->assignment->topic_partitions[0].partitions.size(), 3U);

  const std::size_t batches = log_->batches.size();
  restart();
  const auto beat = consumer_beat("a", 1);
  world_.run_for(20ms);
  EXPECT_EQ(beat->error_code, ErrorCode::None);
  EXPECT_FALSE(beat->assignment) << "nothing has changed";
  const auto described = ask(groups_->describe_consumer(GroupId{"audit"}));
  world_.run_for(20ms);
  EXPECT_EQ(described->group_state, "Stable");
  EXPECT_GE(described->group_epoch, 1);
  EXPECT_EQ(described->members.at(0).assignment.topic_partitions.at(0).topic_name,
            TopicName{"orders"});
  EXPECT_EQ(log_->batches.size(), batches) << "a restart writes nothing";
  world_.run_for(46s);
  EXPECT_EQ(consumer_beat("a", 1)->error_code, ErrorCode::UnknownMemberId) << "its session ran on";
}

TEST_F(Coordinator, AConsumerGroupWhoseWriteFailedIsReadAgain) {
  load();
  make_topic(3);
  log_->failing = true;
  const auto joined = consumer_beat("a", 0);
  world_.run_for(50ms);
  EXPECT_EQ(joined->error_code, ErrorCode::NotCoordinator);
  log_->failing = false;
  world_.run_for(50ms);
  EXPECT_EQ(consumer_beat("a", 1)->error_code, ErrorCode::GroupIdNotFound);
  const auto again = consumer_beat("a", 0);
  world_.run_for(50ms);
  EXPECT_EQ(again->error_code, ErrorCode::None);
}

TEST_F(Coordinator, ListsAndDescribesGroupsByTheirKind) {
  load();
  make_topic(1);
  const auto joined = consumer_beat("a", 0);
  world_.run_for(20ms);
  const auto types = [&](std::vector<std::string> filter) {
    wire::ListGroupsRequest request;
    request.types_filter = std::move(filter);
    std::vector<std::string> found;
    for (const auto& group : groups_->list(request).groups) found.push_back(group.group_type);
    return found;
  };
  EXPECT_EQ(types({}), std::vector<std::string>{"consumer"});
  EXPECT_EQ(types({"Consumer"}), std::vector<std::string>{"consumer"});
  EXPECT_TRUE(types({"classic", "share"}).empty());
  const auto classic = ask(groups_->describe(GroupId{"audit"}));
  EXPECT_EQ(classic->error_code, ErrorCode::GroupIdNotFound);
  EXPECT_EQ(classic->group_state, "Dead");
  EXPECT_EQ(ask(groups_->describe_consumer(GroupId{"other"}))->error_code,
            ErrorCode::GroupIdNotFound);
  EXPECT_EQ(world_.run(groups_->erase(GroupId{"audit"})), ErrorCode::NonEmptyGroup);
}

TEST_F(Coordinator, OffsetsOfATopicThatIsGoneMeanNothingForTheNextOfItsName) {
  world_.run_for(20ms);
  make_topic(4);
  commit_for_topic(1, 1000);
  EXPECT_EQ(committed(), 1000);
  make_topic(4, 2);  // Nobody was told of a deletion: it was loading then.
  EXPECT_EQ(committed(), -1);
  commit_for_topic(1, 1001);  // On its way since before.
  EXPECT_EQ(committed(), -1);
  commit_for_topic(2, 7);
  EXPECT_EQ(committed(), 7);
}

// Offsets of a producer's transaction.
class TransactionalCommit : public Coordinator {
 protected:
  static constexpr ProducerId kProducer{7};

  wire::TxnOffsetCommitRequest request(std::int64_t offset) {
    wire::TxnOffsetCommitRequest request{.transactional_id = TransactionalId{"transfers"},
                                         .group_id = GroupId{"audit"},
                                         .producer_id = kProducer};
    request.topics.push_back(
        {TopicName{"orders"}, {{PartitionIndex{0}, Offset{offset}, LeaderEpoch{-1}, {}}}});
    return request;
  }
  static env::Task<Result<void>> tell(Result<void> joined) { co_return joined; }
  ErrorCode say(const wire::TxnOffsetCommitRequest& request, Result<void> joined = {}) {
    const auto answer =
        ask(groups_->commit(request, [joined](PartitionIndex) { return tell(joined); }));
    world_.run_for(20ms);
    return answer->topics[0].partitions[0].error_code;
  }
  ErrorCode say(std::int64_t offset) { return say(request(offset)); }
  ErrorCode end(txn::Outcome outcome) {
    const Result<void> ended = world_.run(
        groups_->end_transaction(PartitionIndex{0}, {.producer = kProducer, .outcome = outcome}));
    return ended ? ErrorCode::None : ended.error().code;
  }
  ErrorCode fetch_stable() {
    wire::OffsetFetchRequest::OffsetFetchRequestGroup wanted{.group_id = GroupId{"audit"}};
    wanted.topics.emplace();
    wanted.topics->push_back(
        {.name = TopicName{"orders"}, .partition_indexes = {PartitionIndex{0}}});
    const auto fetched = ask(groups_->fetch_offsets(wanted, true));
    world_.run_for(20ms);
    return fetched->topics[0].partitions[0].error_code;
  }
};

TEST_F(TransactionalCommit, CountsFromItsCommitOnAndSoAfterARestart) {
  load();
  for (const bool restarts : {false, true}) {
    const auto maybe_restart = [&] {
      if (restarts) restart();
    };
    const std::int64_t before = committed();
    EXPECT_EQ(say(before + 10), ErrorCode::None);
    maybe_restart();
    EXPECT_EQ(committed(), before) << "not committed yet";
    EXPECT_EQ(fetch_stable(), ErrorCode::UnstableOffsetCommit);
    EXPECT_EQ(end(txn::Outcome::Abort), ErrorCode::None);
    maybe_restart();
    EXPECT_EQ(committed(), before) << "never committed";
    EXPECT_EQ(fetch_stable(), ErrorCode::None);
    EXPECT_EQ(say(before + 11), ErrorCode::None);
    EXPECT_EQ(end(txn::Outcome::Commit), ErrorCode::None);
    maybe_restart();
    EXPECT_EQ(committed(), before + 11);
  }
}

TEST_F(TransactionalCommit, IsRefusedWhereItsTransactionIs) {
  load();
  EXPECT_EQ(say(request(5), fail(ErrorCode::ProducerFenced)), ErrorCode::ProducerFenced);
  EXPECT_EQ(fetch_stable(), ErrorCode::None) << "and leaves nothing behind";
}

// The coordinator said yes, but then a transaction of the producer's ended: this one, or the one
// before. Which of them it was, the coordinator knows.
TEST_F(TransactionalCommit, IsAskedAboutAgainWhereATransactionEndedMeanwhile) {
  load();
  const auto say_after_an_end = [this](std::int64_t offset, Result<void> then) {
    int asked = 0;
    const auto answer =
        ask(groups_->commit(request(offset), [this, &asked, then](PartitionIndex partition) {
          return asked++ ? tell(then)
                         : groups_->end_transaction(partition, {.producer = kProducer});
        }));
    world_.run_for(50ms);
    EXPECT_EQ(asked, 2);
    return answer->topics[0].partitions[0].error_code;
  };
  EXPECT_EQ(say_after_an_end(5, fail(ErrorCode::ProducerFenced)), ErrorCode::ProducerFenced);
  EXPECT_EQ(fetch_stable(), ErrorCode::None) << "nothing is left behind the end";
  EXPECT_EQ(say_after_an_end(6, {}), ErrorCode::None);
  EXPECT_EQ(fetch_stable(), ErrorCode::UnstableOffsetCommit);
  EXPECT_EQ(end(txn::Outcome::Commit), ErrorCode::None);
  EXPECT_EQ(committed(), 6);
}

TEST_F(TransactionalCommit, HoldsAMemberToItsGroup) {
  load();
  const MemberId member = settle();
  EXPECT_EQ(say(5), ErrorCode::None) << "who names no member is held to none";
  auto of_member = request(6);
  of_member.member_id = member;
  of_member.generation_id = 1;
  EXPECT_EQ(say(of_member), ErrorCode::None);
  of_member.generation_id = 2;
  EXPECT_EQ(say(of_member), ErrorCode::IllegalGeneration);
  of_member.member_id = MemberId{"stranger"};
  EXPECT_EQ(say(of_member), ErrorCode::UnknownMemberId);
  of_member.group_id = GroupId{"nobody-knows"};
  EXPECT_EQ(say(of_member), ErrorCode::GroupIdNotFound) << "which the handler tells as it should";
}

}  // namespace
}  // namespace broker

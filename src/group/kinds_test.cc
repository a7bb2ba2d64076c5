// Groups of one kind, asked what another kind is asked.
#include "group/consumer_test_support.h"

namespace group {
namespace {

const GroupId kGroup{"audit"};

Join join_classic(const std::string& id = "") {
  return {.token = Token{7},
          .who = {.member = MemberId{id}},
          .fresh_id = MemberId{"old"},
          .session_timeout = Millis{10'000},
          .rebalance_timeout = Millis{10'000},
          .protocol_type = "consumer",
          .protocols = {{"range", {}}}};
}

template <class Reply>
std::vector<Reply> replies(const Effects& effects) {
  std::vector<Reply> found;
  for (const auto& reply : effects.replies) {
    if (const auto* wanted = std::get_if<Reply>(&reply.answer)) found.push_back(*wanted);
  }
  return found;
}

Effects send(ConsumerStage& stage, const Event& event) {
  return step(stage.groups, kGroup, event,
              {.image = *stage.image, .limits = stage.limits, .now = stage.now});
}

// A group called "audit" in some state, and what it answers a first request of each kind, as Kafka
// does. The members' own bytes are malformed, so that no group goes over while it has members.
struct KindsRow {
  const char* why;
  void (*make)(ConsumerStage& stage);
  ErrorCode to_join;
  ErrorCode to_consumer;
  ErrorCode to_share;
};

ShareHeartbeat share_beat(int epoch) {
  ShareHeartbeat beat{.token = Token{9}, .member = MemberId{"s"}, .epoch = Epoch{epoch}};
  if (epoch == 0) beat.topics = {TopicName{"orders"}};
  return beat;
}
void commit_from_outside(ConsumerStage& stage) {
  apply(stage.groups,
        OffsetStored{kGroup, {TopicName{"orders"}, PartitionIndex{0}}, {.offset = Offset{5}}});
}
void ask_for_an_id(ConsumerStage& stage) {
  Join join = join_classic();
  join.must_know_its_id = true;
  send(stage, join);
}
void empty_classic(ConsumerStage& stage) {
  send(stage, join_classic());
  send(stage, Leave{.token = Token{8}, .members = {{.member = MemberId{"old"}}}});
  send(stage, TimerFired{{TimerKind::JoinPhase}});
}
void empty_consumer(ConsumerStage& stage) {
  stage.join("a");
  stage.send({.id = "a", .epoch = -1});
}
void empty_share(ConsumerStage& stage) {
  send(stage, share_beat(0));
  send(stage, share_beat(-1));
}

const KindsRow kKinds[] = {
    {"nobody has ever heard of it", [](ConsumerStage&) {}, ErrorCode::None, ErrorCode::None,
     ErrorCode::None},
    {"it has offsets alone", commit_from_outside, ErrorCode::None, ErrorCode::None,
     ErrorCode::GroupIdNotFound},
    {"an id was given out", ask_for_an_id, ErrorCode::None, ErrorCode::None,
     ErrorCode::GroupIdNotFound},
    {"classic, with a member", [](ConsumerStage& stage) { send(stage, join_classic()); },
     ErrorCode::None, ErrorCode::GroupIdNotFound, ErrorCode::GroupIdNotFound},
    {"classic, without members", empty_classic, ErrorCode::None, ErrorCode::None,
     ErrorCode::GroupIdNotFound},
    {"consumer, with a member", [](ConsumerStage& stage) { stage.join("a"); },
     ErrorCode::InconsistentGroupProtocol, ErrorCode::None, ErrorCode::GroupIdNotFound},
    {"consumer, without members", empty_consumer, ErrorCode::None, ErrorCode::None,
     ErrorCode::GroupIdNotFound},
    {"share, with a member", [](ConsumerStage& stage) { send(stage, share_beat(0)); },
     ErrorCode::InconsistentGroupProtocol, ErrorCode::GroupIdNotFound, ErrorCode::None},
    {"share, without members", empty_share, ErrorCode::InconsistentGroupProtocol,
     ErrorCode::GroupIdNotFound, ErrorCode::None},
};

// None where it waits: it is in, then.
template <class Reply>
ErrorCode answer_to(const KindsRow& row, const Event& event) {
  ConsumerStage stage;
  stage.set_topic("orders", 1, 1);
  row.make(stage);
  const auto answered = replies<Reply>(send(stage, event));
  return answered.empty() ? ErrorCode::None : answered.at(0).error;
}

TEST(Kinds, AreKeptApartAsKafkaDoes) {
  ConsumerHeartbeat consumer{
      .token = Token{9}, .who = {.member = MemberId{"c"}}, .epoch = kJoining};
  consumer.topics = {TopicName{"orders"}};
  consumer.rebalance_timeout = Millis{60'000};
  consumer.owned = Assigned{};
  Join newcomer = join_classic();
  newcomer.fresh_id = MemberId{"new"};
  for (const KindsRow& row : kKinds) {
    SCOPED_TRACE(row.why);
    EXPECT_EQ(answer_to<JoinReply>(row, newcomer), row.to_join);
    EXPECT_EQ(answer_to<ConsumerReply>(row, consumer), row.to_consumer);
    EXPECT_EQ(answer_to<ShareReply>(row, share_beat(0)), row.to_share);
  }
}

TEST(Kinds, AShareGroupHasNoOffsetsOfThisKind) {
  for (const bool has_members : {true, false}) {
    ConsumerStage stage;
    if (has_members) {
      send(stage, share_beat(0));
    } else {
      empty_share(stage);
    }
    EXPECT_EQ(decide_commit(stage.groups, {.group = kGroup}, {}).error().code,
              ErrorCode::GroupIdNotFound);
    const auto deleted =
        decide_delete_offsets(stage.groups, kGroup, {{TopicName{"orders"}, PartitionIndex{0}}});
    ASSERT_FALSE(deleted);
    EXPECT_EQ(deleted.error().code, ErrorCode::GroupIdNotFound);
  }
}

TEST(Kinds, AConsumerGroupRefusesClassicMembers) {
  ConsumerStage stage;
  stage.join("a");
  const Identity who{.member = MemberId{"old"}};
  EXPECT_EQ(replies<JoinReply>(send(stage, join_classic())).at(0).error,
            ErrorCode::InconsistentGroupProtocol);
  EXPECT_EQ(replies<SyncReply>(send(stage, Sync{.token = Token{1}, .who = who, .generation = {}}))
                .at(0)
                .error,
            ErrorCode::UnknownMemberId);
  EXPECT_EQ(replies<HeartbeatReply>(
                send(stage, Heartbeat{.token = Token{1}, .who = who, .generation = {}}))
                .at(0)
                .error,
            ErrorCode::UnknownMemberId);
  EXPECT_EQ(replies<LeaveReply>(send(stage, Leave{.token = Token{1}, .members = {who}}))
                .at(0)
                .members.at(0)
                .error,
            ErrorCode::UnknownMemberId);
  EXPECT_TRUE(stage.group()) << "and is what it was";
}

TEST(Kinds, AClassicGroupRefusesConsumerMembers) {
  ConsumerStage stage;
  send(stage, join_classic());
  EXPECT_EQ(stage.join("a").error, ErrorCode::GroupIdNotFound);
  EXPECT_EQ(stage.send({.id = "a", .epoch = 3}).error, ErrorCode::GroupIdNotFound);
  EXPECT_EQ(stage.send({.id = "a", .epoch = -5}).error, ErrorCode::InvalidRequest);
  EXPECT_TRUE(stage.groups.find(kGroup)->as<Classic>());
}

TEST(Kinds, AGroupThatIsNotThereHasNoMembers) {
  ConsumerStage stage;
  EXPECT_EQ(stage.send({.id = "a", .epoch = 3}).error, ErrorCode::GroupIdNotFound);
  EXPECT_EQ(stage.send({.id = "a", .epoch = -1}).error, ErrorCode::GroupIdNotFound);
  EXPECT_FALSE(stage.groups.find(kGroup)) << "nor is it made by asking";
}

TEST(Kinds, AnEmptyGroupBecomesWhatItsFirstMemberSpeaks) {
  ConsumerStage stage;
  const TopicPartition partition{TopicName{"orders"}, PartitionIndex{0}};
  const Record commit = OffsetStored{kGroup, partition, {.offset = Offset{5}}};
  apply(stage.groups, commit);
  stage.records.push_back(commit);
  EXPECT_EQ(stage.join("a").error, ErrorCode::None);
  ASSERT_TRUE(stage.group());
  EXPECT_TRUE(find_offset(*stage.groups.find(kGroup), partition)) << "its offsets stay";

  stage.send({.id = "a", .epoch = -1});
  Effects effects = send(stage, join_classic());
  ASSERT_TRUE(stage.groups.find(kGroup)->as<Classic>());
  for (Record& record : effects.records) stage.records.push_back(std::move(record));
  const Groups loaded = stage.replayed();
  ASSERT_TRUE(loaded.find(kGroup)->as<Classic>()) << "a generation is not stored yet";
  EXPECT_TRUE(find_offset(*loaded.find(kGroup), partition));
}

TEST(Kinds, ARefusedJoinLeavesAnEmptyGroupAsItWas) {
  ConsumerStage stage;
  stage.join("a");
  stage.send({.id = "a", .epoch = -1});
  Join join = join_classic();
  join.session_timeout = Millis{1};
  const Effects effects = send(stage, join);
  EXPECT_EQ(replies<JoinReply>(effects).at(0).error, ErrorCode::InvalidSessionTimeout);
  EXPECT_TRUE(effects.records.empty());
  EXPECT_TRUE(stage.group());
}

TEST(Kinds, DeletingAGroupTakesAllOfItOutOfTheLog) {
  ConsumerStage stage;
  stage.set_topic("orders", 1, 2);
  stage.join_by("a", "orders");
  EXPECT_FALSE(decide_erase(stage.groups, kGroup)) << "it has a member";
  stage.send({.id = "a", .epoch = -1});
  const auto records = decide_erase(stage.groups, kGroup);
  ASSERT_TRUE(records);
  for (const Record& record : *records) {
    apply(stage.groups, record);
    stage.records.push_back(record);
  }
  EXPECT_FALSE(stage.groups.find(kGroup));
  EXPECT_TRUE(stage.replayed().by_id.empty());

  // Also of a log that Kafka 4.0 wrote, which has topics' metadata under a key of its own.
  std::map<ByteVector, bool> has_value;
  Encoded old = encode(ConsumerRecord{kGroup, TopicMetadataDropped{}});
  has_value[old.key] = true;
  for (const Record& record : stage.records) {
    const Encoded encoded = encode(record);
    has_value[encoded.key] = encoded.value.has_value();
  }
  for (const auto& [key, is_there] : has_value) EXPECT_FALSE(is_there);
}

TEST(Kinds, KeepOffsetsOfTopicsThatAreSubscribedTo) {
  ConsumerStage stage;
  stage.join("a");
  const auto store = [&](const char* topic) {
    apply(stage.groups, OffsetStored{kGroup,
                                     {TopicName{topic}, PartitionIndex{0}},
                                     {.offset = Offset{1}, .at = Timestamp{0}}});
  };
  store("orders");
  store("carts");
  const auto expired = decide_expiry(*stage.groups.find(kGroup), {}, Timestamp{1LL << 40});
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(std::get<OffsetDropped>(expired[0]).partition.topic, TopicName{"carts"});
  const auto outcome = decide_delete_offsets(
      stage.groups, kGroup,
      {{TopicName{"orders"}, PartitionIndex{0}}, {TopicName{"carts"}, PartitionIndex{0}}});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->outcomes, (std::vector{ErrorCode::GroupSubscribedToTopic, ErrorCode::None}));
}

}  // namespace
}  // namespace group

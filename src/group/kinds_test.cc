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

#include "cluster/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/apply.h"

namespace cluster {
namespace {

using testing::HasSubstr;

constexpr BrokerId kSelf{1};

Uuid numbered(std::uint64_t n) {
  Uuid id;
  store_big<std::int64_t>(id.bytes.data() + 8, static_cast<std::int64_t>(n));
  return id;
}

// A cluster of one broker, or of more, and what a controller on it decides.
class ControllerTest : public testing::Test {
 protected:
  ControllerTest() { join(kSelf); }

  void join(BrokerId id) {
    Broker broker;
    broker.id = id;
    broker.directories = {DirectoryId(numbered(1000 + static_cast<std::uint64_t>(id.value)))};
    take(register_broker(*image_, broker));
  }
  void take(const std::vector<Record>& records) {
    Result<Applied> applied = cluster::apply(*image_, records);
    ASSERT_TRUE(applied.has_value()) << applied.error().detail;
    image_ = applied->image;
  }
  Context context() {
    options_ = config::broker_options(image_->broker_layers(kSelf, fixed_));
    return {*image_, options_, kSelf, fixed_, [this] { return numbered(++ids_); }};
  }
  // Decides and takes up the records; gives the outcomes.
  template <class T>
  std::vector<Result<T>> done(Decision<T> decision) {
    take(decision.records);
    return std::move(decision.outcomes);
  }
  Result<CreatedTopic> create(const NewTopic& topic) {
    return done(create_topics(context(), {&topic, 1})).front();
  }
  Result<CreatedTopic> create(const std::string& name, std::int32_t partitions = 1) {
    return create(NewTopic{.name = TopicName(name), .partitions = partitions});
  }
  const Topic& topic(const std::string& name) { return *image_->find(TopicName(name)); }

  ImagePtr image_ = std::make_shared<const Image>();
  config::Pairs fixed_;
  config::BrokerOptions options_;
  std::uint64_t ids_ = 0;
};

template <class T>
void expect_error(const Result<T>& result, ErrorCode code, const std::string& says,
                  const std::string& why) {
  ASSERT_FALSE(result.has_value()) << why;
  EXPECT_EQ(result.error().code, code) << why;
  EXPECT_THAT(result.error().detail, HasSubstr(says)) << why;
}

NewTopic named(std::string name, std::int32_t partitions = 1, std::int16_t factor = 1) {
  NewTopic topic;
  topic.name = TopicName(std::move(name));
  topic.partitions = partitions;
  topic.replication_factor = factor;
  return topic;
}
NewTopic assigned(std::vector<Assignment> assignments) {
  NewTopic topic = named("a", -1, -1);
  topic.assignments = std::move(assignments);
  return topic;
}
NewTopic configured(std::string name, std::optional<std::string> value) {
  NewTopic topic = named("a");
  topic.configs = {{std::move(name), std::move(value)}};
  return topic;
}

TEST_F(ControllerTest, MakesATopic) {
  NewTopic request = named("orders", 3);
  request.configs = {{"retention.ms", "5"}};
  const Result<CreatedTopic> created = create(request);
  ASSERT_TRUE(created.has_value()) << created.error().detail;
  EXPECT_EQ(created->partitions, 3);
  EXPECT_EQ(created->replication_factor, 1);

  const Topic& orders = topic("orders");
  EXPECT_EQ(orders.id, created->id);
  ASSERT_EQ(orders.partitions.size(), 3U);
  for (const Partition& partition : orders.partitions) {
    EXPECT_EQ(partition.leader, kSelf);
    EXPECT_EQ(partition.leader_epoch, LeaderEpoch(0));
    EXPECT_EQ(partition.replicas, std::vector{kSelf});
    EXPECT_EQ(partition.isr, std::vector{kSelf});
    EXPECT_EQ(partition.directories, std::vector{DirectoryId(numbered(1001))});
  }
  EXPECT_EQ(image_->config({ResourceType::Topic, "orders"}).at("retention.ms"), "5");
}

TEST_F(ControllerTest, TakesDefaultsFromTheBroker) {
  fixed_["num.partitions"] = "4";
  const Result<CreatedTopic> created = create(named("orders", -1, -1));
  ASSERT_TRUE(created.has_value());
  EXPECT_EQ(created->partitions, 4);
  fixed_["default.replication.factor"] = "3";
  expect_error(create(named("more", -1, -1)), ErrorCode::InvalidReplicationFactor,
               "replication factor 3 is larger than the 1 broker there is", "default of 3");
}

TEST_F(ControllerTest, RefusesTopicsThatCannotBe) {
  ASSERT_TRUE(create("there.is").has_value());
  struct Row {
    const char* why;
    NewTopic topic;
    ErrorCode code;
    const char* says;
  };
  const Row rows[] = {
      {"no name", named(""), ErrorCode::InvalidTopicException, "needs a name"},
      {"this folder", named("."), ErrorCode::InvalidTopicException, "'.'"},
      {"the folder above", named(".."), ErrorCode::InvalidTopicException, "'..'"},
      {"a way out of the data folder", named("../x"), ErrorCode::InvalidTopicException, "a-z"},
      {"a space", named("a b"), ErrorCode::InvalidTopicException, "a-z"},
      {"a byte of UTF-8", named("\xc3\xa4"), ErrorCode::InvalidTopicException, "a-z"},
      {"a zero byte", named(std::string("a\0b", 3)), ErrorCode::InvalidTopicException, "a-z"},
      {"too long", named(std::string(250, 'x')), ErrorCode::InvalidTopicException, "at most 249"},
      {"internal", named("__consumer_offsets"), ErrorCode::InvalidRequest, "internal"},
      {"the metadata itself", named("__cluster_metadata"), ErrorCode::InvalidRequest, "internal"},
      {"there already", named("there.is"), ErrorCode::TopicAlreadyExists, "there.is"},
      {"the same in metrics", named("there_is"), ErrorCode::InvalidTopicException, "collide"},
      {"no partitions", named("a", 0), ErrorCode::InvalidPartitions, "at least 1"},
      {"-2 partitions", named("a", -2), ErrorCode::InvalidPartitions, "got -2"},
      {"partitions to fill memory", named("a", 2'147'483'647), ErrorCode::PolicyViolation,
       "at most 10000"},
      {"no replicas", named("a", 1, 0), ErrorCode::InvalidReplicationFactor, "at least 1"},
      {"-2 replicas", named("a", 1, -2), ErrorCode::InvalidReplicationFactor, "got -2"},
      {"more replicas than brokers", named("a", 1, 3), ErrorCode::InvalidReplicationFactor,
       "replication factor 3 is larger than the 1 broker there is"},
      {"unknown option", configured("retention.mz", "1"), ErrorCode::InvalidConfig,
       "did you mean retention.ms?"},
      {"bad value", configured("segment.bytes", "x"), ErrorCode::InvalidConfig,
       "segment.bytes must be"},
      {"null value", configured("segment.bytes", {}), ErrorCode::InvalidConfig, "no value"},
      {"an assignment to nobody", assigned({{PartitionIndex(0), {}}}),
       ErrorCode::InvalidReplicaAssignment, "at least one replica"},
      {"an assignment to a stranger", assigned({{PartitionIndex(0), {BrokerId(9)}}}),
       ErrorCode::InvalidReplicaAssignment, "no broker 9"},
      {"a broker twice", assigned({{PartitionIndex(0), {kSelf, kSelf}}}),
       ErrorCode::InvalidReplicaAssignment, "named twice"},
      {"a partition twice", assigned({{PartitionIndex(0), {kSelf}}, {PartitionIndex(0), {kSelf}}}),
       ErrorCode::InvalidReplicaAssignment, "assigned twice"},
      {"a gap", assigned({{PartitionIndex(1), {kSelf}}}), ErrorCode::InvalidReplicaAssignment,
       "without gaps"},
      {"a negative partition", assigned({{PartitionIndex(-1), {kSelf}}}),
       ErrorCode::InvalidReplicaAssignment, "without gaps"},
  };
  const ImagePtr before = image_;
  for (const Row& row : rows) expect_error(create(row.topic), row.code, row.says, row.why);
  EXPECT_TRUE(*image_ == *before) << "what is refused leaves nothing behind";
}

TEST_F(ControllerTest, AnAssignmentLeavesTheNumbersOut) {
  NewTopic topic = assigned({{PartitionIndex(0), {kSelf}}});
  topic.partitions = 1;
  expect_error(create(topic), ErrorCode::InvalidRequest, "at -1", "both given");
  topic.partitions = -1;
  EXPECT_TRUE(create(topic).has_value());
}

TEST_F(ControllerTest, JudgesEachTopicOfARequestForItself) {
  const NewTopic topics[] = {named("a"), named("b.c"), named("a"), named("b_c"), named("d", 2)};
  const auto outcomes = done(create_topics(context(), topics));
  ASSERT_EQ(outcomes.size(), 5U);
  expect_error(outcomes[0], ErrorCode::InvalidRequest, "named twice", "first of a pair");
  EXPECT_TRUE(outcomes[1].has_value());
  expect_error(outcomes[2], ErrorCode::InvalidRequest, "named twice", "second of a pair");
  expect_error(outcomes[3], ErrorCode::InvalidTopicException, "collide with b.c", "in one request");
  EXPECT_TRUE(outcomes[4].has_value());
  EXPECT_EQ(image_->topics.size(), 2U);
}

TEST_F(ControllerTest, OneRequestMakesTenThousandPartitions) {
  const NewTopic topics[] = {named("a", 9'999), named("b", 2), named("c", 1), named("d", 1)};
  const auto outcomes = done(create_topics(context(), topics));
  EXPECT_TRUE(outcomes[0].has_value());
  expect_error(outcomes[1], ErrorCode::PolicyViolation, "at most 10000", "one too many");
  EXPECT_TRUE(outcomes[2].has_value());
  expect_error(outcomes[3], ErrorCode::PolicyViolation, "at most 10000", "full");
}

TEST_F(ControllerTest, SpreadsReplicasOverBrokers) {
  join(BrokerId(2));
  join(BrokerId(3));
  ASSERT_TRUE(create(named("a", 6, 2)).has_value());
  std::map<BrokerId, int> leads;
  for (const Partition& partition : topic("a").partitions) {
    ++leads[partition.leader];
    ASSERT_EQ(partition.replicas.size(), 2U);
    EXPECT_NE(partition.replicas[0], partition.replicas[1]);
    EXPECT_EQ(partition.leader, partition.replicas[0]);
  }
  EXPECT_EQ(leads, (std::map<BrokerId, int>{{kSelf, 2}, {BrokerId(2), 2}, {BrokerId(3), 2}}));
}

TEST_F(ControllerTest, TheBrokerMakesInternalTopicsItself) {
  NewTopic offsets = named("__consumer_offsets", 50);
  offsets.internal = true;
  EXPECT_TRUE(create(offsets).has_value());
  const TopicRef ref{.name = TopicName("__consumer_offsets"), .id = {}};
  expect_error(done(delete_topics(context(), {&ref, 1})).front(), ErrorCode::InvalidRequest,
               "internal", "deletion");
  const MorePartitions more{
      .topic = TopicName("__consumer_offsets"), .count = 60, .assignments = {}};
  expect_error(done(create_partitions(context(), {&more, 1})).front(), ErrorCode::InvalidRequest,
               "internal", "growth would move groups");
}

TEST_F(ControllerTest, DeletesTopicsByNameAndById) {
  ASSERT_TRUE(create("a").has_value());
  ASSERT_TRUE(create("b").has_value());
  ASSERT_TRUE(create("c").has_value());
  const TopicRef refs[] = {
      {TopicName("a"), {}},
      {{}, topic("b").id},
      {TopicName("x"), {}},
      {{}, TopicId(numbered(9999))},
      {{}, {}},
      {TopicName("c"), topic("c").id},
      {TopicName("c"), {}},
      {{}, topic("c").id},
  };
  const auto outcomes = done(delete_topics(context(), refs));
  ASSERT_EQ(outcomes.size(), 8U);
  EXPECT_EQ(outcomes[0]->name, TopicName("a"));
  EXPECT_EQ(outcomes[1]->name, TopicName("b"));
  expect_error(outcomes[2], ErrorCode::UnknownTopicOrPartition, "no topic x", "unknown name");
  expect_error(outcomes[3], ErrorCode::UnknownTopicId, "the id", "unknown id");
  expect_error(outcomes[4], ErrorCode::InvalidRequest, "either", "neither");
  expect_error(outcomes[5], ErrorCode::InvalidRequest, "either", "both");
  expect_error(outcomes[6], ErrorCode::InvalidRequest, "twice", "once by name");
  expect_error(outcomes[7], ErrorCode::InvalidRequest, "twice", "and once by id");
  EXPECT_EQ(image_->topics.size(), 1U);
}

TEST_F(ControllerTest, DeletionCanBeSwitchedOff) {
  ASSERT_TRUE(create("a").has_value());
  fixed_["delete.topic.enable"] = "false";
  const TopicRef ref{.name = TopicName("a"), .id = {}};
  expect_error(done(delete_topics(context(), {&ref, 1})).front(), ErrorCode::TopicDeletionDisabled,
               "delete.topic.enable", "switched off");
}

TEST_F(ControllerTest, ANameCanBeUsedAgain) {
  ASSERT_TRUE(create("a.b").has_value());
  const TopicId before = topic("a.b").id;
  const TopicRef ref{.name = TopicName("a.b"), .id = {}};
  ASSERT_TRUE(done(delete_topics(context(), {&ref, 1})).front().has_value());
  ASSERT_TRUE(create("a_b").has_value()) << "nothing collides any more";
  expect_error(create("a.b"), ErrorCode::InvalidTopicException, "a_b", "now it does");
  EXPECT_NE(topic("a_b").id, before);
}

TEST_F(ControllerTest, AddsPartitions) {
  ASSERT_TRUE(create("a", 2).has_value());
  ASSERT_TRUE(create("b", 2).has_value());
  const std::vector<std::vector<BrokerId>> one_each{{kSelf}, {kSelf}};
  const std::vector<std::vector<BrokerId>> stranger{{BrokerId(7)}};
  const MorePartitions requests[] = {
      {TopicName("a"), 5, {}},
      {TopicName("x"), 5, {}},
      {TopicName("b"), 4, one_each},
  };
  const auto outcomes = done(create_partitions(context(), requests));
  EXPECT_TRUE(outcomes[0].has_value());
  expect_error(outcomes[1], ErrorCode::UnknownTopicOrPartition, "x", "unknown");
  EXPECT_TRUE(outcomes[2].has_value());
  EXPECT_EQ(topic("a").partitions.size(), 5U);
  EXPECT_EQ(topic("b").partitions.size(), 4U);

  struct Row {
    const char* why;
    MorePartitions request;
    ErrorCode code;
    const char* says;
  };
  const Row rows[] = {
      {"as many", {TopicName("a"), 5, {}}, ErrorCode::InvalidPartitions, "has 5 partitions"},
      {"fewer", {TopicName("a"), 4, {}}, ErrorCode::InvalidPartitions, "4 would not be more"},
      {"none", {TopicName("a"), -1, {}}, ErrorCode::InvalidPartitions, "-1"},
      {"too many", {TopicName("a"), 2'147'483'647, {}}, ErrorCode::PolicyViolation, "10000"},
      {"assignments missing",
       {TopicName("a"), 9, one_each},
       ErrorCode::InvalidReplicaAssignment,
       "4 new partitions need as many assignments, got 2"},
      {"a stranger",
       {TopicName("a"), 6, stranger},
       ErrorCode::InvalidReplicaAssignment,
       "no broker 7"},
  };
  for (const Row& row : rows) {
    expect_error(done(create_partitions(context(), {&row.request, 1})).front(), row.code, row.says,
                 row.why);
  }
  const MorePartitions twice[] = {{TopicName("a"), 6, {}}, {TopicName("a"), 7, {}}};
  for (const auto& outcome : done(create_partitions(context(), twice))) {
    expect_error(outcome, ErrorCode::InvalidRequest, "twice", "a topic twice");
  }
}

TEST_F(ControllerTest, HandsOutEveryProducerIdOnce) {
  std::int64_t next = 0;
  for (int i = 0; i < 3; ++i) {
    const auto block = done(allocate_producer_ids(context(), 1000)).front();
    ASSERT_TRUE(block.has_value());
    EXPECT_EQ(block->first, ProducerId(next));
    EXPECT_EQ(block->count, 1000);
    next += 1000;
  }
  take({wire::ProducerIdsRecord{.next_producer_id = ProducerId(INT64_MAX - 5)}});
  EXPECT_FALSE(done(allocate_producer_ids(context(), 1000)).front().has_value());
}

TEST_F(ControllerTest, RegistersAgainAfterEachStart) {
  const std::int64_t first = image_->find(kSelf)->epoch;
  EXPECT_EQ(image_->features.at("metadata.version"), kMetadataLevel);
  join(kSelf);
  EXPECT_EQ(image_->find(kSelf)->epoch, first + 1);
  EXPECT_FALSE(image_->find(kSelf)->fenced);
}

TEST_F(ControllerTest, ElectsFromTheInSyncReplicasInTheirOrder) {
  join(BrokerId(2));
  join(BrokerId(3));
  NewTopic request = assigned({{PartitionIndex(0), {kSelf, BrokerId(3), BrokerId(2)}}});
  ASSERT_TRUE(create(request).has_value());
  EXPECT_TRUE(elect_leaders(*image_).empty()) << "all is well";

  const auto fence = [&](BrokerId id, std::int8_t fenced) {
    take({wire::BrokerRegistrationChangeRecord{
        .broker_id = id, .broker_epoch = image_->find(id)->epoch, .fenced = fenced}});
    take(elect_leaders(*image_));
    return topic("a").partitions[0].leader;
  };
  take({wire::PartitionChangeRecord{.partition_id = PartitionIndex(0),
                                    .topic_id = topic("a").id,
                                    .isr = std::vector{kSelf, BrokerId(2)}}});
  EXPECT_EQ(fence(kSelf, 1), BrokerId(2)) << "3 comes first but is not in sync";
  EXPECT_EQ(topic("a").partitions[0].leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(fence(BrokerId(2), 1), kNoLeader) << "an unclean leader would lose records";
  EXPECT_EQ(fence(BrokerId(2), -1), BrokerId(2));
  EXPECT_EQ(topic("a").partitions[0].leader_epoch, LeaderEpoch(3));
}

TEST_F(ControllerTest, ElectsFromTheEligibleWhereNobodyIsInSync) {
  join(BrokerId(2));
  NewTopic request = assigned({{PartitionIndex(0), {BrokerId(2), kSelf}}});
  ASSERT_TRUE(create(request).has_value());
  take({wire::PartitionChangeRecord{.partition_id = PartitionIndex(0),
                                    .topic_id = topic("a").id,
                                    .isr = std::vector<BrokerId>{},
                                    .leader = kNoLeader,
                                    .eligible_leader_replicas = std::vector{kSelf}}});
  take(elect_leaders(*image_));
  const Partition& partition = topic("a").partitions[0];
  EXPECT_EQ(partition.leader, kSelf) << "2 comes first but may lack records";
  EXPECT_EQ(partition.isr, std::vector{kSelf});
  EXPECT_TRUE(partition.eligible_leaders.empty());
}

}  // namespace
}  // namespace cluster

// CreateTopics, CreatePartitions, DeleteTopics, Metadata and DescribeTopicPartitions, with their
// like: what makes, shows and ends topics. What the controller decides has its own tests
// (cluster/controller_test.cc); here it is seen that it reaches the client.
#include "broker/broker_fixture.h"
#include "wire/003_metadata.h"
#include "wire/010_find_coordinator.h"
#include "wire/020_delete_topics.h"
#include "wire/037_create_partitions.h"
#include "wire/046_list_partition_reassignments.h"
#include "wire/075_describe_topic_partitions.h"

namespace broker {
namespace {

using NewTopic = wire::CreateTopicsRequest::CreatableTopic;

class Topics : public BrokerTest {
 protected:
  static NewTopic topic(const std::string& name, int partitions = 1, std::int16_t replicas = -1) {
    return {.name = TopicName{name}, .num_partitions = partitions, .replication_factor = replicas};
  }
  static NewTopic assigned(const std::string& name, std::vector<BrokerId> brokers) {
    NewTopic made = topic(name, -1);
    made.assignments.push_back({PartitionIndex{0}, std::move(brokers)});
    return made;
  }
  static NewTopic configured(const std::string& name, const std::string& option,
                             std::optional<std::string> value) {
    NewTopic made = topic(name);
    made.configs.push_back({option, std::move(value)});
    return made;
  }
  wire::MetadataResponse metadata(const std::vector<std::string>& names, bool create = false,
                                  wire::Version version = 13) {
    wire::MetadataRequest request{.allow_auto_topic_creation = create};
    request.topics.emplace();
    for (const std::string& name : names) request.topics->push_back({.name = TopicName{name}});
    return ask<wire::MetadataResponse>(request, version);
  }
  ErrorCode code(const std::string& name, bool create = false) {
    return metadata({name}, create).topics.at(0).error_code;
  }
  void make_offsets_topic() {
    ask<wire::FindCoordinatorResponse>(wire::FindCoordinatorRequest{.coordinator_keys = {"g"}});
  }
};

TEST_F(Topics, AreMade) {
  start({"num.partitions=3"});
  for (wire::Version version = 2; version <= 7; ++version) {
    const std::string name = "v" + std::to_string(version);
    const auto answer = ask<wire::CreateTopicsResponse>(
        wire::CreateTopicsRequest{.topics = {topic(name, -1)}}, version);
    EXPECT_EQ(answer.topics.at(0).error_code, ErrorCode::None);
    EXPECT_EQ(answer.topics.at(0).topic_id.value.is_zero(), version < 7);
    if (version >= 5) {
      EXPECT_EQ(answer.topics.at(0).num_partitions, 3);
      EXPECT_EQ(answer.topics.at(0).replication_factor, 1);
      EXPECT_FALSE(answer.topics.at(0).configs->empty());
    }
    EXPECT_EQ(code(name), ErrorCode::None);
  }
}

TEST_F(Topics, AreNotMadeForAValidation) {
  start();
  const auto answer = ask<wire::CreateTopicsResponse>(
      wire::CreateTopicsRequest{.topics = {topic("orders", 4)}, .validate_only = true});
  EXPECT_EQ(answer.topics.at(0).error_code, ErrorCode::None);
  EXPECT_EQ(answer.topics.at(0).num_partitions, 4);
  EXPECT_TRUE(answer.topics.at(0).topic_id.value.is_zero());
  EXPECT_EQ(code("orders"), ErrorCode::UnknownTopicOrPartition);
}

TEST_F(Topics, AreRefused) {
  start();
  create_topic("orders");
  const struct {
    const char* why;
    NewTopic topic;
    ErrorCode code;
  } cases[] = {
      {"there is one", topic("orders"), ErrorCode::TopicAlreadyExists},
      {"no name", topic(""), ErrorCode::InvalidTopicException},
      {"a path", topic("../orders"), ErrorCode::InvalidTopicException},
      {"250 letters", topic(std::string(250, 'x')), ErrorCode::InvalidTopicException},
      {"internal", topic("__consumer_offsets"), ErrorCode::InvalidRequest},
      {"no partitions", topic("a", 0), ErrorCode::InvalidPartitions},
      {"far too many", topic("a", 2'000'000'000), ErrorCode::PolicyViolation},
      {"no replicas", topic("a", 1, 0), ErrorCode::InvalidReplicationFactor},
      {"more replicas than brokers", topic("a", 1, 2), ErrorCode::InvalidReplicationFactor},
      {"a broker that is not there", assigned("a", {BrokerId{5}}),
       ErrorCode::InvalidReplicaAssignment},
      {"no such option", configured("a", "segment.byts", "1048576"), ErrorCode::InvalidConfig},
      {"a value out of bounds", configured("a", "segment.bytes", "-4"), ErrorCode::InvalidConfig},
      {"an option without a value", configured("a", "segment.bytes", {}), ErrorCode::InvalidConfig},
  };
  for (const auto& c : cases) {
    const auto answer =
        ask<wire::CreateTopicsResponse>(wire::CreateTopicsRequest{.topics = {c.topic}});
    EXPECT_EQ(answer.topics.at(0).error_code, c.code) << c.why;
    EXPECT_TRUE(answer.topics[0].error_message && !answer.topics[0].error_message->empty())
        << c.why;
  }
  const auto twice = ask<wire::CreateTopicsResponse>(
      wire::CreateTopicsRequest{.topics = {topic("a"), topic("b"), topic("a")}});
  EXPECT_EQ(twice.topics.at(0).error_code, ErrorCode::InvalidRequest);
  EXPECT_EQ(twice.topics.at(1).error_code, ErrorCode::None);
  EXPECT_EQ(twice.topics.at(2).error_code, ErrorCode::InvalidRequest);
}

TEST_F(Topics, AreRefusedByAFullDisk) {
  start();
  home_.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, "__cluster_metadata");
  const auto answer =
      ask<wire::CreateTopicsResponse>(wire::CreateTopicsRequest{.topics = {topic("orders")}});
  EXPECT_EQ(answer.topics.at(0).error_code, ErrorCode::KafkaStorageError);
  EXPECT_EQ(code("orders"), ErrorCode::UnknownTopicOrPartition);
  create_topic("orders");
}

TEST_F(Topics, CannotBeMadeOnceTheMetadataLogIsOffline) {
  start();
  home_.disk().fail_next(sim::DiskCall::Sync, sim::Fault::InputOutput, "__cluster_metadata");
  for (int i = 0; i < 2; ++i) {
    const auto answer =
        ask<wire::CreateTopicsResponse>(wire::CreateTopicsRequest{.topics = {topic("orders")}});
    EXPECT_EQ(answer.topics.at(0).error_code, ErrorCode::KafkaStorageError);
  }
  EXPECT_EQ(metric("thalweg_partitions_offline"), "1");
  EXPECT_EQ(metric("thalweg_log_sync_failures_total"), "1");
}

TEST_F(Topics, GetMorePartitions) {
  start();
  create_topic("orders", 2);
  make_offsets_topic();
  const struct {
    const char* why;
    const char* topic;
    int count;
    std::optional<std::vector<wire::CreatePartitionsRequest::CreatePartitionsAssignment>> where;
    bool validate_only;
    ErrorCode code;
    std::size_t then;  // The partitions of "orders".
  } cases[] = {
      {"no such topic", "nowhere", 3, {}, false, ErrorCode::UnknownTopicOrPartition, 2},
      {"no more than there are", "orders", 2, {}, false, ErrorCode::InvalidPartitions, 2},
      {"far too many", "orders", 2'000'000'000, {}, false, ErrorCode::PolicyViolation, 2},
      {"too few places",
       "orders",
       4,
       {{{{BrokerId{1}}}}},
       false,
       ErrorCode::InvalidReplicaAssignment,
       2},
      {"a broker that is not there",
       "orders",
       3,
       {{{{BrokerId{5}}}}},
       false,
       ErrorCode::InvalidReplicaAssignment,
       2},
      {"internal", "__consumer_offsets", 9, {}, false, ErrorCode::InvalidRequest, 2},
      {"only asked", "orders", 5, {}, true, ErrorCode::None, 2},
      {"made", "orders", 5, {}, false, ErrorCode::None, 5},
      {"made where it was said", "orders", 6, {{{{BrokerId{1}}}}}, false, ErrorCode::None, 6},
  };
  for (const auto& c : cases) {
    wire::CreatePartitionsRequest request{.validate_only = c.validate_only};
    request.topics.push_back(
        {.name = TopicName{c.topic}, .count = c.count, .assignments = c.where});
    const auto answer = ask<wire::CreatePartitionsResponse>(request);
    EXPECT_EQ(answer.results.at(0).error_code, c.code) << c.why;
    EXPECT_EQ(metadata({"orders"}).topics.at(0).partitions.size(), c.then) << c.why;
  }
  EXPECT_EQ(produce("orders", batch(), 5).error_code, ErrorCode::None);
}

TEST_F(Topics, AreDeletedByNameAndById) {
  start();
  for (wire::Version version = 1; version <= 5; ++version) {
    create_topic("orders");
    wire::DeleteTopicsRequest request{.topic_names = {TopicName{"orders"}}};
    const auto answer = ask<wire::DeleteTopicsResponse>(request, version);
    EXPECT_EQ(answer.responses.at(0).error_code, ErrorCode::None);
    EXPECT_EQ(code("orders"), ErrorCode::UnknownTopicOrPartition);
  }
  const TopicId id = create_topic("orders");
  const auto answer =
      ask<wire::DeleteTopicsResponse>(wire::DeleteTopicsRequest{.topics = {{.topic_id = id}}});
  EXPECT_EQ(answer.responses.at(0).error_code, ErrorCode::None);
  EXPECT_EQ(answer.responses.at(0).name, TopicName{"orders"});
  EXPECT_EQ(code("orders"), ErrorCode::UnknownTopicOrPartition);
}

TEST_F(Topics, ThatCannotBeDeleted) {
  start();
  const TopicId id = create_topic("orders");
  make_offsets_topic();
  TopicId nobodys = id;
  nobodys.value.bytes[0] ^= std::byte{1};
  using State = wire::DeleteTopicsRequest::DeleteTopicState;
  const struct {
    const char* why;
    State topic;
    ErrorCode code;
  } cases[] = {
      {"no such name", {.name = TopicName{"nowhere"}}, ErrorCode::UnknownTopicOrPartition},
      {"no such id", {.topic_id = nobodys}, ErrorCode::UnknownTopicId},
      {"neither name nor id", {}, ErrorCode::InvalidRequest},
      {"both", {.name = TopicName{"orders"}, .topic_id = id}, ErrorCode::InvalidRequest},
      {"internal", {.name = TopicName{"__consumer_offsets"}}, ErrorCode::InvalidRequest},
  };
  for (const auto& c : cases) {
    const auto answer =
        ask<wire::DeleteTopicsResponse>(wire::DeleteTopicsRequest{.topics = {c.topic}});
    EXPECT_EQ(answer.responses.at(0).error_code, c.code) << c.why;
  }
  EXPECT_EQ(code("orders"), ErrorCode::None);
}

TEST_F(Topics, MayBeKeptFromDeletion) {
  start({"delete.topic.enable=false"});
  create_topic("orders");
  const auto answer = ask<wire::DeleteTopicsResponse>(
      wire::DeleteTopicsRequest{.topics = {{.name = TopicName{"orders"}}}});
  EXPECT_EQ(answer.responses.at(0).error_code, ErrorCode::TopicDeletionDisabled);
  EXPECT_EQ(code("orders"), ErrorCode::None);
}

TEST_F(Topics, AreShownWithTheirLeaders) {
  start({"broker.rack=cellar"});
  const TopicId id = create_topic("orders", 2);
  for (wire::Version version = 0; version <= 13; ++version) {
    const auto answer = metadata({"orders"}, true, version);
    ASSERT_EQ(answer.topics.size(), 1U);
    EXPECT_EQ(answer.topics[0].name, TopicName{"orders"});
    EXPECT_EQ(answer.topics[0].topic_id, version >= 10 ? id : TopicId{});
    ASSERT_EQ(answer.topics[0].partitions.size(), 2U);
    EXPECT_EQ(answer.topics[0].partitions[1].leader_id, BrokerId{1});
    EXPECT_EQ(answer.topics[0].partitions[1].isr_nodes, std::vector{BrokerId{1}});
    ASSERT_EQ(answer.brokers.size(), 1U);
    EXPECT_EQ(answer.brokers[0].host, "10.0.0.1");
    EXPECT_EQ(answer.brokers[0].rack,
              version >= 1 ? std::optional<std::string>("cellar") : std::optional<std::string>());
  }
  wire::MetadataRequest all;
  EXPECT_EQ(ask<wire::MetadataResponse>(all).topics.size(), 1U);
  all.topics.emplace();
  EXPECT_EQ(ask<wire::MetadataResponse>(all, 0).topics.size(), 1U) << "before v1 none meant all";
  EXPECT_EQ(ask<wire::MetadataResponse>(all, 1).topics.size(), 0U);
}

TEST_F(Topics, ThatMetadataDoesNotHave) {
  start();
  EXPECT_EQ(code("nowhere"), ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(code("no/name"), ErrorCode::InvalidTopicException);
  wire::MetadataRequest request;
  request.topics.emplace();
  TopicId nobodys;
  nobodys.value.bytes[3] = std::byte{9};
  request.topics->push_back({.topic_id = nobodys, .name = std::nullopt});
  request.topics->push_back({.name = std::nullopt});
  const auto answer = ask<wire::MetadataResponse>(request);
  EXPECT_EQ(answer.topics.at(0).error_code, ErrorCode::UnknownTopicId);
  EXPECT_EQ(answer.topics.at(1).error_code, ErrorCode::InvalidTopicException);
}

TEST_F(Topics, AreMadeWhenAskedForWhereThatIsWanted) {
  start({"num.partitions=3"});
  EXPECT_EQ(code("orders", false), ErrorCode::UnknownTopicOrPartition) << "the client's switch";
  EXPECT_EQ(metadata({"orders"}, true).topics.at(0).partitions.size(), 3U);
  EXPECT_EQ(metadata({"old"}, true, 3).topics.at(0).error_code, ErrorCode::None)
      << "before v4 all wanted it";
  EXPECT_EQ(code("no/name", true), ErrorCode::InvalidTopicException);
  EXPECT_EQ(code("__consumer_offsets", true), ErrorCode::UnknownTopicOrPartition);
  stop();
  start({"auto.create.topics.enable=false"});
  EXPECT_EQ(code("orders", true), ErrorCode::None);
  EXPECT_EQ(code("another", true), ErrorCode::UnknownTopicOrPartition) << "the broker's switch";
}

TEST_F(Topics, AreDescribedInPages) {
  start();
  create_topic("a", 2);
  create_topic("b", 3);
  using Request = wire::DescribeTopicPartitionsRequest;
  using Response = wire::DescribeTopicPartitionsResponse;
  const auto everything = ask<Response>(Request{});
  ASSERT_EQ(everything.topics.size(), 2U);
  EXPECT_EQ(everything.topics[1].partitions.size(), 3U);
  EXPECT_EQ(everything.topics[1].partitions[2].leader_id, BrokerId{1});
  EXPECT_FALSE(everything.next_cursor);

  Request page{.response_partition_limit = 3};
  auto answer = ask<Response>(page);
  ASSERT_TRUE(answer.next_cursor);
  EXPECT_EQ(answer.next_cursor->topic_name, TopicName{"b"});
  EXPECT_EQ(answer.next_cursor->partition_index, PartitionIndex{1});
  page.cursor = {answer.next_cursor->topic_name, answer.next_cursor->partition_index};
  answer = ask<Response>(page);
  ASSERT_EQ(answer.topics.size(), 1U);
  EXPECT_EQ(answer.topics[0].partitions.at(0).partition_index, PartitionIndex{1});
  EXPECT_FALSE(answer.next_cursor);

  const auto missing =
      ask<Response>(Request{.topics = {{TopicName{"nowhere"}}, {TopicName{"no/name"}}}});
  EXPECT_EQ(missing.topics.at(0).error_code, ErrorCode::InvalidTopicException);
  EXPECT_EQ(missing.topics.at(1).error_code, ErrorCode::UnknownTopicOrPartition);
}

TEST_F(Topics, AreNotOnTheMove) {
  start();
  create_topic("orders");
  using Request = wire::ListPartitionReassignmentsRequest;
  const auto all = ask<wire::ListPartitionReassignmentsResponse>(Request{});
  EXPECT_EQ(all.error_code, ErrorCode::None);
  EXPECT_TRUE(all.topics.empty());
  Request one;
  one.topics.emplace();
  one.topics->push_back({.name = TopicName{"nowhere"}, .partition_indexes = {PartitionIndex{0}}});
  EXPECT_TRUE(ask<wire::ListPartitionReassignmentsResponse>(one).topics.empty());
}

}  // namespace
}  // namespace broker

// ListOffsets, OffsetForLeaderEpoch, DeleteRecords and DescribeProducers: what is asked of the
// leaders of partitions, beside records.
#include "broker/broker_fixture.h"
#include "wire/002_list_offsets.h"
#include "wire/010_find_coordinator.h"
#include "wire/021_delete_records.h"
#include "wire/023_offset_for_leader_epoch.h"
#include "wire/061_describe_producers.h"

namespace broker {
namespace {

class ListOffsets : public BrokerTest {
 protected:
  struct Query {
    const char* topic = "orders";
    int partition = 0;
    std::int64_t at = -1;
    std::int32_t epoch = -1;
    wire::Version version = 11;
  };
  wire::ListOffsetsResponse::ListOffsetsPartitionResponse find(const Query& query) {
    wire::ListOffsetsRequest request{.replica_id = BrokerId{-1}};
    request.topics.push_back({.name = TopicName{query.topic},
                              .partitions = {{.partition_index = PartitionIndex{query.partition},
                                              .current_leader_epoch = LeaderEpoch{query.epoch},
                                              .timestamp = Timestamp{query.at}}}});
    const auto answer = ask<wire::ListOffsetsResponse>(request, query.version);
    return answer.topics.at(0).partitions.at(0);
  }
};

TEST_F(ListOffsets, ByTimeAndByName) {
  start();
  create_topic("orders");
  create_topic("empty");
  produce("orders", batch(3, 1000));
  produce("orders", batch(3, 3000));
  produce("orders", batch(2, 2000));
  const struct {
    const char* why;
    Query query;
    std::int64_t offset;
    std::int64_t time;
  } cases[] = {
      {"the latest", {.at = -1}, 8, -1},
      {"the earliest", {.at = -2}, 0, -1},
      {"the one with the greatest time", {.at = -3}, 5, 3002},
      {"the earliest on the local disk", {.at = -4}, 0, -1},
      {"the latest that is tiered: none", {.at = -5}, -1, -1},
      {"the earliest to be tiered: none", {.at = -6}, -1, -1},
      {"the time of a record", {.at = 1001}, 1, 1001},
      {"between two batches", {.at = 1500}, 3, 3000},
      {"later than all", {.at = 4000}, -1, -1},
      {"before all", {.at = 0}, 0, 1000},
      {"the latest of nothing", {.topic = "empty", .at = -1}, 0, -1},
      {"any time of nothing", {.topic = "empty", .at = 5}, -1, -1},
      {"the greatest time of nothing", {.topic = "empty", .at = -3}, -1, -1},
      {"asked as of long ago", {.at = -1, .version = 1}, 8, -1},
  };
  for (const auto& c : cases) {
    const auto answer = find(c.query);
    EXPECT_EQ(answer.error_code, ErrorCode::None) << c.why;
    EXPECT_EQ(answer.offset, Offset{c.offset}) << c.why;
    EXPECT_EQ(answer.timestamp, Timestamp{c.time}) << c.why;
  }
}

TEST_F(ListOffsets, Refusals) {
  start();
  create_topic("orders");
  const struct {
    const char* why;
    Query query;
    ErrorCode code;
  } cases[] = {
      {"no such topic", {.topic = "nowhere"}, ErrorCode::UnknownTopicOrPartition},
      {"no such partition", {.partition = 1}, ErrorCode::UnknownTopicOrPartition},
      {"a leader yet to come", {.epoch = 9}, ErrorCode::UnknownLeaderEpoch},
      {"the current leader", {.epoch = 0}, ErrorCode::None},
      {"-3 came with 7", {.at = -3, .version = 6}, ErrorCode::UnsupportedVersion},
      {"-4 came with 8", {.at = -4, .version = 7}, ErrorCode::UnsupportedVersion},
      {"-5 came with 9", {.at = -5, .version = 8}, ErrorCode::UnsupportedVersion},
      {"-6 came with 11", {.at = -6, .version = 10}, ErrorCode::UnsupportedVersion},
      {"-7 means nothing yet", {.at = -7}, ErrorCode::UnsupportedVersion},
  };
  for (const auto& c : cases) EXPECT_EQ(find(c.query).error_code, c.code) << c.why;
}

TEST_F(ListOffsets, OfCommittedRecords) {
  start();
  create_topic("orders");
  produce("orders", batch(3));
  wire::ListOffsetsRequest request{.replica_id = BrokerId{-1}, .isolation_level = 1};
  request.topics.push_back(
      {.name = TopicName{"orders"},
       .partitions = {{.partition_index = PartitionIndex{0}, .timestamp = Timestamp{-1}}}});
  const auto answer = ask<wire::ListOffsetsResponse>(request);
  EXPECT_EQ(answer.topics.at(0).partitions.at(0).offset, Offset{3});
}

TEST_F(ListOffsets, ADiskThatCannotBeRead) {
  start();
  create_topic("orders");
  produce("orders", batch(3));
  home_.disk().fail_next(sim::DiskCall::Read, sim::Fault::InputOutput, "/orders-0/");
  EXPECT_EQ(find({.at = 1001}).error_code, ErrorCode::KafkaStorageError);
  EXPECT_EQ(find({.at = 1001}).offset, Offset{1});
}

class EndOfEpoch : public BrokerTest {};

TEST_F(EndOfEpoch, IsTheEndOfTheLogForTheCurrentLeader) {
  start();
  create_topic("orders");
  produce("orders", batch(3));
  const struct {
    const char* why;
    const char* topic;
    int partition;
    std::int32_t current;
    std::int32_t epoch;
    ErrorCode code;
    std::int64_t end;
  } cases[] = {
      {"the current one", "orders", 0, -1, 0, ErrorCode::None, 3},
      {"asked with the leader's epoch", "orders", 0, 0, 0, ErrorCode::None, 3},
      {"one yet to come", "orders", 0, -1, 4, ErrorCode::None, -1},
      {"asked with an epoch yet to come", "orders", 0, 4, 0, ErrorCode::UnknownLeaderEpoch, -1},
      {"no such topic", "nowhere", 0, -1, 0, ErrorCode::UnknownTopicOrPartition, -1},
      {"no such partition", "orders", 1, -1, 0, ErrorCode::UnknownTopicOrPartition, -1},
  };
  for (const auto& c : cases) {
    for (wire::Version version = 2; version <= 4; ++version) {
      wire::OffsetForLeaderEpochRequest request;
      request.topics.push_back({.topic = TopicName{c.topic},
                                .partitions = {{.partition = PartitionIndex{c.partition},
                                                .current_leader_epoch = LeaderEpoch{c.current},
                                                .leader_epoch = LeaderEpoch{c.epoch}}}});
      const auto answer = ask<wire::OffsetForLeaderEpochResponse>(request, version);
      EXPECT_EQ(answer.topics.at(0).partitions.at(0).error_code, c.code) << c.why;
      EXPECT_EQ(answer.topics.at(0).partitions.at(0).end_offset, Offset{c.end}) << c.why;
    }
  }
}

class DeleteRecords : public BrokerTest {
 protected:
  wire::DeleteRecordsResponse::DeleteRecordsPartitionResult cut(const std::string& topic,
                                                                std::int64_t to,
                                                                int partition = 0) {
    wire::DeleteRecordsRequest request{.timeout_ms = 1000};
    request.topics.push_back(
        {TopicName{topic}, {{.partition_index = PartitionIndex{partition}, .offset = Offset{to}}}});
    const auto answer = ask<wire::DeleteRecordsResponse>(request);
    return answer.topics.at(0).partitions.at(0);
  }
};

TEST_F(DeleteRecords, MovesTheStart) {
  start();
  create_topic("orders");
  for (int i = 0; i < 3; ++i) produce("orders", batch(2));
  const struct {
    std::int64_t to;
    std::int64_t start;
    const char* why;
  } steps[] = {{2, 2, "as asked"}, {1, 2, "not back"}, {-1, 6, "all there is"}};
  for (const auto& step : steps) {
    const auto answer = cut("orders", step.to);
    EXPECT_EQ(answer.error_code, ErrorCode::None) << step.why;
    EXPECT_EQ(answer.low_watermark, Offset{step.start}) << step.why;
  }
}

TEST_F(DeleteRecords, Refusals) {
  start();
  create_topic("orders");
  create_topic("compacted", 1, {{"cleanup.policy", "compact"}});
  create_topic("both", 1, {{"cleanup.policy", "compact,delete"}});
  ask<wire::FindCoordinatorResponse>(wire::FindCoordinatorRequest{.coordinator_keys = {"g"}});
  const struct {
    const char* why;
    const char* topic;
    int partition;
    std::int64_t to;
    ErrorCode code;
  } cases[] = {
      {"no such topic", "nowhere", 0, 0, ErrorCode::UnknownTopicOrPartition},
      {"no such partition", "orders", 5, 0, ErrorCode::UnknownTopicOrPartition},
      {"behind the end", "orders", 0, 1, ErrorCode::OffsetOutOfRange},
      {"no offset", "orders", 0, -2, ErrorCode::OffsetOutOfRange},
      {"a compacted topic", "compacted", 0, 0, ErrorCode::PolicyViolation},
      {"one that also deletes by age", "both", 0, 0, ErrorCode::None},
      {"the broker's own", "__consumer_offsets", 0, 0, ErrorCode::InvalidTopicException},
  };
  for (const auto& c : cases) {
    const auto answer = cut(c.topic, c.to, c.partition);
    EXPECT_EQ(answer.error_code, c.code) << c.why;
    EXPECT_EQ(answer.low_watermark, Offset{c.code == ErrorCode::None ? 0 : -1}) << c.why;
  }
}

class DescribeProducers : public BrokerTest {};

TEST_F(DescribeProducers, ShowsWhatThePartitionRemembers) {
  start();
  create_topic("orders", 2);
  wire::BatchBuilder builder(
      {.producer_id = ProducerId{7}, .producer_epoch = ProducerEpoch{2}, .base_sequence = 0});
  builder.add(Timestamp{1000}, std::nullopt, as_bytes("value"));
  builder.add(Timestamp{1001}, std::nullopt, as_bytes("value"));
  produce("orders", builder.finish());
  wire::DescribeProducersRequest request;
  request.topics.push_back(
      {.name = TopicName{"orders"},
       .partition_indexes = {PartitionIndex{0}, PartitionIndex{1}, PartitionIndex{2}}});
  request.topics.push_back(
      {.name = TopicName{"nowhere"}, .partition_indexes = {PartitionIndex{0}}});
  const auto answer = ask<wire::DescribeProducersResponse>(request);
  const auto& orders = answer.topics.at(0).partitions;
  ASSERT_EQ(orders.at(0).active_producers.size(), 1U);
  EXPECT_EQ(orders[0].active_producers[0].producer_id, ProducerId{7});
  EXPECT_EQ(orders[0].active_producers[0].producer_epoch, 2);
  EXPECT_EQ(orders[0].active_producers[0].last_sequence, 1);
  EXPECT_EQ(orders[0].active_producers[0].current_txn_start_offset, Offset{-1});
  EXPECT_EQ(orders.at(1).error_code, ErrorCode::None);
  EXPECT_TRUE(orders[1].active_producers.empty());
  EXPECT_EQ(orders.at(2).error_code, ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(answer.topics.at(1).partitions.at(0).error_code, ErrorCode::UnknownTopicOrPartition);
}

}  // namespace
}  // namespace broker

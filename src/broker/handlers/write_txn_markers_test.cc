#include "wire/027_write_txn_markers.h"

#include "broker/broker_fixture.h"
#include "wire/002_list_offsets.h"
#include "wire/061_describe_producers.h"

namespace broker {
namespace {

class WriteTxnMarkers : public BrokerTest {
 protected:
  using Marker = wire::WriteTxnMarkersRequest::WritableTxnMarker;

  static Marker marker(std::int16_t epoch, std::int32_t coordinator,
                       const std::string& topic = "orders", int partition = 0) {
    return {
        .producer_id = ProducerId{7},
        .producer_epoch = ProducerEpoch{epoch},
        .transaction_result = true,
        .topics = {{.name = TopicName{topic}, .partition_indexes = {PartitionIndex{partition}}}},
        .coordinator_epoch = coordinator};
  }
  ErrorCode write(const Marker& one, wire::Version version = 2) {
    const wire::WriteTxnMarkersRequest request{.markers = {one}};
    const auto answer = ask<wire::WriteTxnMarkersResponse>(request, version);
    EXPECT_EQ(answer.markers.at(0).producer_id, one.producer_id);
    return answer.markers[0].topics.at(0).partitions.at(0).error_code;
  }
  Offset latest(std::int8_t isolation) {
    wire::ListOffsetsRequest request{.isolation_level = isolation};
    request.topics.push_back(
        {.name = TopicName{"orders"},
         .partitions = {{.partition_index = PartitionIndex{0}, .timestamp = Timestamp{-1}}}});
    return ask<wire::ListOffsetsResponse>(request, 10).topics.at(0).partitions.at(0).offset;
  }
};

TEST_F(WriteTxnMarkers, RefuseTheOldAndTheUnknown) {
  start();
  create_topic("orders", 2);
  struct Row {
    const char* why;
    Marker next;
    ErrorCode code;
  };
  // In turn: each that is taken is what the next is held against.
  const Row rows[] = {
      {"of a producer nobody knows", marker(3, 5), ErrorCode::None},
      {"the same again: its answer was lost", marker(3, 5), ErrorCode::None},
      {"of an older epoch", marker(2, 5), ErrorCode::InvalidProducerEpoch},
      {"of an older coordinator", marker(3, 4), ErrorCode::TransactionCoordinatorFenced},
      {"of a newer coordinator", marker(3, 6), ErrorCode::None},
      {"the other partition knows nothing of it", marker(2, 4, "orders", 1), ErrorCode::None},
      {"no such partition", marker(3, 6, "orders", 2), ErrorCode::UnknownTopicOrPartition},
      {"no such topic", marker(3, 6, "nowhere"), ErrorCode::UnknownTopicOrPartition},
      {"no epoch", marker(-1, 6), ErrorCode::InvalidRequest},
  };
  for (const Row& row : rows) EXPECT_EQ(write(row.next), row.code) << row.why;
  EXPECT_EQ(write(marker(4, 6), 1), ErrorCode::None) << "the version before";
  EXPECT_EQ(latest(0), Offset{4});
  EXPECT_EQ(latest(1), Offset{4});
  EXPECT_EQ(metric("thalweg_fenced_producers_total"), "2");
}

TEST_F(WriteTxnMarkers, AreAnsweredInTheShapeTheyWereAskedIn) {
  start();
  create_topic("orders", 2);
  create_topic("sales");
  wire::WriteTxnMarkersRequest request;
  request.markers = {marker(1, 1), marker(1, 1)};
  request.markers[0].topics = {
      {.name = TopicName{"sales"}, .partition_indexes = {PartitionIndex{4}, PartitionIndex{0}}},
      {.name = TopicName{"orders"}, .partition_indexes = {PartitionIndex{1}}}};
  request.markers[1].producer_id = ProducerId{8};
  request.markers[1].topics.clear();
  const auto answer = ask<wire::WriteTxnMarkersResponse>(request, 2);
  ASSERT_EQ(answer.markers.size(), 2U);
  const auto& topics = answer.markers[0].topics;
  ASSERT_EQ(topics.size(), 2U);
  EXPECT_EQ(topics[0].name, TopicName{"sales"});
  ASSERT_EQ(topics[0].partitions.size(), 2U);
  EXPECT_EQ(topics[0].partitions[0].error_code, ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(topics[0].partitions[1].error_code, ErrorCode::None);
  EXPECT_EQ(topics[0].partitions[1].partition_index, PartitionIndex{0});
  EXPECT_EQ(topics[1].partitions.at(0).error_code, ErrorCode::None);
  EXPECT_EQ(answer.markers[1].producer_id, ProducerId{8});
  EXPECT_TRUE(answer.markers[1].topics.empty());
}

TEST_F(WriteTxnMarkers, AreRememberedWithTheirCoordinator) {
  start();
  create_topic("orders");
  ASSERT_EQ(write(marker(3, 5)), ErrorCode::None);
  wire::DescribeProducersRequest request;
  request.topics.push_back({.name = TopicName{"orders"}, .partition_indexes = {PartitionIndex{0}}});
  const auto answer = ask<wire::DescribeProducersResponse>(request);
  const auto& producers = answer.topics.at(0).partitions.at(0).active_producers;
  ASSERT_EQ(producers.size(), 1U);
  EXPECT_EQ(producers[0].producer_epoch, 3);
  EXPECT_EQ(producers[0].last_sequence, -1);
  EXPECT_EQ(producers[0].coordinator_epoch, 5);
  EXPECT_EQ(producers[0].current_txn_start_offset, Offset{-1});
}

}  // namespace
}  // namespace broker

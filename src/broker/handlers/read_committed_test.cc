// What who reads only what is committed sees of transactions, over the wire.
#include "broker/broker_fixture.h"
#include "wire/001_fetch.h"
#include "wire/002_list_offsets.h"
#include "wire/010_find_coordinator.h"
#include "wire/022_init_producer_id.h"
#include "wire/026_end_txn.h"
#include "wire/061_describe_producers.h"

namespace broker {
namespace {

const TransactionalId kId{"transfers"};
constexpr std::int8_t kUncommitted = 0;
constexpr std::int8_t kCommitted = 1;

class ReadCommitted : public BrokerTest {
 protected:
  void SetUp() override {
    start({"transaction.state.log.num.partitions=1"});
    create_topic("orders");
    ask<wire::FindCoordinatorResponse>(
        wire::FindCoordinatorRequest{.key_type = 1, .coordinator_keys = {kId.value}});
    const auto who = ask<wire::InitProducerIdResponse>(
        wire::InitProducerIdRequest{.transactional_id = kId, .transaction_timeout_ms = 60'000});
    ASSERT_EQ(who.error_code, ErrorCode::None);
    id_ = who.producer_id;
    epoch_ = who.producer_epoch;
  }
  void TearDown() override { stop(); }

  void write(std::int32_t sequence) {
    wire::BatchBuilder builder({.producer_id = id_,
                                .producer_epoch = epoch_,
                                .base_sequence = sequence,
                                .transactional = true});
    builder.add(Timestamp{1000}, std::nullopt, as_bytes("value"));
    const ByteVector batch = builder.finish();
    wire::ProduceRequest request{.transactional_id = kId, .acks = -1};
    request.topic_data.push_back(
        {.name = TopicName{"orders"},
         .partition_data = {{PartitionIndex{0}, wire::Records{.bytes = batch}}}});
    const auto answer = ask<wire::ProduceResponse>(request, 12);
    ASSERT_EQ(answer.responses.at(0).partition_responses.at(0).error_code, ErrorCode::None);
  }
  void end(bool commit) {
    const auto ended = ask<wire::EndTxnResponse>(wire::EndTxnRequest{.transactional_id = kId,
                                                                     .producer_id = id_,
                                                                     .producer_epoch = epoch_,
                                                                     .committed = commit});
    ASSERT_EQ(ended.error_code, ErrorCode::None);
    epoch_ = ended.producer_epoch;
    world_.run_for(std::chrono::seconds(1));
  }
  wire::FetchResponse::PartitionData read(std::int8_t isolation, std::int64_t from = 0) {
    wire::FetchRequest request{.max_wait_ms = 0, .min_bytes = 1, .isolation_level = isolation};
    request.topics.push_back({.topic = TopicName{"orders"},
                              .partitions = {{.partition = PartitionIndex{0},
                                              .fetch_offset = Offset{from},
                                              .partition_max_bytes = 1 << 20}}});
    return ask<wire::FetchResponse>(request, kLastByName).responses.at(0).partitions.at(0);
  }
  Offset latest(std::int8_t isolation) {
    wire::ListOffsetsRequest request{.isolation_level = isolation};
    request.topics.push_back(
        {.name = TopicName{"orders"},
         .partitions = {{.partition_index = PartitionIndex{0}, .timestamp = Timestamp{-1}}}});
    return ask<wire::ListOffsetsResponse>(request, 10).topics.at(0).partitions.at(0).offset;
  }
  Offset open_since() {
    wire::DescribeProducersRequest request;
    request.topics.push_back(
        {.name = TopicName{"orders"}, .partition_indexes = {PartitionIndex{0}}});
    const auto answer = ask<wire::DescribeProducersResponse>(request);
    return answer.topics.at(0).partitions.at(0).active_producers.at(0).current_txn_start_offset;
  }

  ProducerId id_;
  ProducerEpoch epoch_;
};

TEST_F(ReadCommitted, EndsWhereATransactionIsOpen) {
  produce("orders", batch(2));
  write(0);
  produce("orders", batch(3));
  const auto data = read(kCommitted);
  EXPECT_EQ(data.records->size(), batch(2).size());
  EXPECT_EQ(data.high_watermark, Offset{6});
  EXPECT_EQ(data.last_stable_offset, Offset{2});
  EXPECT_GT(read(kUncommitted).records->size(), batch(5).size());
  EXPECT_EQ(read(kCommitted, 4).records->size(), 0U);
  EXPECT_EQ(latest(kUncommitted), Offset{6});
  EXPECT_EQ(latest(kCommitted), Offset{2});
  EXPECT_EQ(open_since(), Offset{2});
  EXPECT_EQ(metric("thalweg_last_stable_lag_records{topic=\"orders\"}"), "4");

  end(true);
  EXPECT_EQ(latest(kCommitted), Offset{7});
  EXPECT_EQ(read(kCommitted).last_stable_offset, Offset{7});
  EXPECT_EQ(open_since(), Offset{-1});
}

TEST_F(ReadCommitted, NamesWhatWasAborted) {
  write(0);
  end(false);
  produce("orders", batch(1));
  write(0);
  end(true);
  const auto data = read(kCommitted);
  ASSERT_TRUE(data.aborted_transactions);
  ASSERT_EQ(data.aborted_transactions->size(), 1U);
  EXPECT_EQ(data.aborted_transactions->at(0).producer_id, id_);
  EXPECT_EQ(data.aborted_transactions->at(0).first_offset, Offset{0});
  EXPECT_EQ(read(kCommitted, 2).aborted_transactions->size(), 0U) << "behind its marker";
  EXPECT_FALSE(read(kUncommitted).aborted_transactions);
}

}  // namespace
}  // namespace broker

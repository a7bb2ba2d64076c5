// What who reads only what is committed sees of transactions, over the wire.
#include "broker/broker_fixture.h"
#include "wire/001_fetch.h"
#include "wire/002_list_offsets.h"
#include "wire/010_find_coordinator.h"
#include "wire/022_init_producer_id.h"
#include "wire/026_end_txn.h"
#include "wire/044_incremental_alter_configs.h"
#include "wire/061_describe_producers.h"
#include "wire/076_share_group_heartbeat.h"
#include "wire/078_share_fetch.h"

namespace broker {
namespace {

const TransactionalId kId{"transfers"};
const GroupId kGroup{"workers"};
const MemberId kAnn{"ann"};
constexpr std::int8_t kUncommitted = 0;
constexpr std::int8_t kCommitted = 1;

class ReadCommitted : public BrokerTest {
 protected:
  void SetUp() override {
    start({"transaction.state.log.num.partitions=1"});
    topic_ = create_topic("orders");
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

  // A share group of one member, which begins where the log does.
  void share(const std::string& isolation) {
    ask<wire::FindCoordinatorResponse>(
        wire::FindCoordinatorRequest{.coordinator_keys = {kGroup.value}});
    wire::IncrementalAlterConfigsRequest settings;
    auto& group = settings.resources.emplace_back();
    group.resource_type = 32;
    group.resource_name = kGroup.value;
    group.configs.push_back({.name = "share.isolation.level", .value = isolation});
    group.configs.push_back({.name = "share.auto.offset.reset", .value = "earliest"});
    const auto set = ask<wire::IncrementalAlterConfigsResponse>(settings);
    ASSERT_EQ(set.responses.at(0).error_code, ErrorCode::None);
    wire::ShareGroupHeartbeatRequest joining{.group_id = kGroup, .member_id = kAnn};
    joining.subscribed_topic_names.emplace().push_back(TopicName{"orders"});
    const auto joined = ask<wire::ShareGroupHeartbeatResponse>(joining);
    ASSERT_EQ(joined.error_code, ErrorCode::None);
  }
  // What the member gets, by its offsets.
  std::vector<std::int64_t> take(std::int32_t epoch) {
    wire::ShareFetchRequest request{.group_id = kGroup,
                                    .member_id = kAnn,
                                    .share_session_epoch = epoch,
                                    .max_bytes = 1 << 20,
                                    .max_records = 100,
                                    .batch_size = 100};
    request.topics.push_back({topic_, {{.partition_index = PartitionIndex{0}}}});
    const auto answer = ask<wire::ShareFetchResponse>(request);
    EXPECT_EQ(answer.error_code, ErrorCode::None);
    std::vector<std::int64_t> offsets;
    for (const auto& one : answer.responses.at(0).partitions.at(0).acquired_records) {
      for (auto at = one.first_offset.value; at <= one.last_offset.value; ++at) {
        offsets.push_back(at);
      }
    }
    return offsets;
  }

  TopicId topic_;
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

TEST_F(ReadCommitted, AShareGroupGetsNothingThatWasAborted) {
  share("read_committed");
  write(0);
  end(false);
  EXPECT_TRUE(take(0).empty()) << "an aborted record and its marker";
  produce("orders", batch(1));
  write(0);
  end(true);
  write(0);
  EXPECT_EQ(take(1), (std::vector<std::int64_t>{2, 3}));
  EXPECT_TRUE(take(2).empty()) << "the transaction is open";
  end(true);
  EXPECT_EQ(take(3), std::vector<std::int64_t>{5});
}

TEST_F(ReadCommitted, AShareGroupThatDoesNotMindGetsAllButMarkers) {
  share("read_uncommitted");
  write(0);
  end(false);
  write(0);
  EXPECT_EQ(take(0), (std::vector<std::int64_t>{0, 2}));
}

}  // namespace
}  // namespace broker

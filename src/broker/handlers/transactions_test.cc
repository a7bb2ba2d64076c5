// The APIs of transactions, over the wire.
#include <gtest/gtest.h>

#include "broker/broker_test_support.h"
#include "wire/008_offset_commit.h"
#include "wire/009_offset_fetch.h"
#include "wire/010_find_coordinator.h"
#include "wire/022_init_producer_id.h"
#include "wire/024_add_partitions_to_txn.h"
#include "wire/025_add_offsets_to_txn.h"
#include "wire/026_end_txn.h"
#include "wire/028_txn_offset_commit.h"
#include "wire/065_describe_transactions.h"
#include "wire/066_list_transactions.h"

namespace broker {
namespace {

const TransactionalId kId{"transfers"};

struct Who {
  ProducerId id;
  ProducerEpoch epoch;
};

class TransactionApis : public TestBroker, public testing::Test {
 protected:
  void SetUp() override {
    start({"transaction.state.log.num.partitions=2", "transactional.id.expiration.ms=1000"});
    create_topic("orders", 2);
    for (const std::int8_t type : {std::int8_t{0}, std::int8_t{1}}) {
      const auto found = ask<wire::FindCoordinatorResponse>(
          wire::FindCoordinatorRequest{.key_type = type, .coordinator_keys = {"transfers"}});
      ASSERT_EQ(found.coordinators.front().error_code, ErrorCode::None);
    }
  }
  void TearDown() override { stop(); }

  wire::InitProducerIdResponse init(wire::Version version = 5, std::int32_t timeout = 60'000) {
    return ask<wire::InitProducerIdResponse>(
        wire::InitProducerIdRequest{.transactional_id = kId, .transaction_timeout_ms = timeout},
        version);
  }
  Who begin() {
    const auto answer = init();
    EXPECT_EQ(answer.error_code, ErrorCode::None);
    return {answer.producer_id, answer.producer_epoch};
  }
  ErrorCode produce(Who who, std::int32_t sequence, wire::Version version = 12,
                    std::optional<TransactionalId> id = kId) {
    wire::BatchBuilder builder({.producer_id = who.id,
                                .producer_epoch = who.epoch,
                                .base_sequence = sequence,
                                .transactional = true});
    builder.add(Timestamp{1000}, std::nullopt, as_bytes("value"));
    const ByteVector batch = builder.finish();
    wire::ProduceRequest request{.transactional_id = id, .acks = -1};
    request.topic_data.push_back(
        {.name = TopicName{"orders"},
         .partition_data = {{PartitionIndex{0}, wire::Records{.bytes = batch}}}});
    return ask<wire::ProduceResponse>(request, version)
        .responses.front()
        .partition_responses.front()
        .error_code;
  }
  wire::EndTxnResponse end(Who who, bool commit, wire::Version version = 5) {
    return ask<wire::EndTxnResponse>(wire::EndTxnRequest{.transactional_id = kId,
                                                         .producer_id = who.id,
                                                         .producer_epoch = who.epoch,
                                                         .committed = commit},
                                     version);
  }
  ErrorCode commit_offset(Who who, std::int64_t offset, wire::Version version,
                          const std::string& topic = "orders") {
    wire::TxnOffsetCommitRequest request{.transactional_id = kId,
                                         .group_id = GroupId{"audit"},
                                         .producer_id = who.id,
                                         .producer_epoch = who.epoch};
    request.topics.push_back(
        {TopicName{topic}, {{PartitionIndex{0}, Offset{offset}, LeaderEpoch{-1}, {}}}});
    return ask<wire::TxnOffsetCommitResponse>(request, version)
        .topics.front()
        .partitions.front()
        .error_code;
  }
  std::int64_t committed_offset() {
    wire::OffsetFetchRequest request;
    request.groups.push_back({.group_id = GroupId{"audit"}});
    request.groups[0].topics.emplace();
    request.groups[0].topics->push_back(
        {.name = TopicName{"orders"}, .partition_indexes = {PartitionIndex{0}}});
    return ask<wire::OffsetFetchResponse>(request, 9)
        .groups.front()
        .topics.front()
        .partitions.front()
        .committed_offset.value;
  }
  std::string state() {
    world_.run_for(std::chrono::milliseconds(100));
    const auto described = ask<wire::DescribeTransactionsResponse>(
        wire::DescribeTransactionsRequest{.transactional_ids = {kId}});
    const auto& one = described.transaction_states.front();
    std::string text = one.transaction_state;
    for (const auto& topic : one.topics) text += " " + topic.topic.value;
    return text;
  }
};

TEST_F(TransactionApis, TakeInWhatIsWrittenToInTheSecondProtocol) {
  const Who who = begin();
  EXPECT_EQ(produce(who, 0), ErrorCode::None);
  EXPECT_EQ(commit_offset(who, 5, 5), ErrorCode::None);
  EXPECT_EQ(state(), "Ongoing __consumer_offsets orders");
  EXPECT_EQ(committed_offset(), -1);
  const auto ended = end(who, true);
  EXPECT_EQ(ended.error_code, ErrorCode::None);
  EXPECT_EQ(ended.producer_epoch, ProducerEpoch{1});
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_EQ(committed_offset(), 5);
  const Who next{ended.producer_id, ended.producer_epoch};
  EXPECT_EQ(produce(next, 0), ErrorCode::None) << "sequences begin anew";
  EXPECT_EQ(commit_offset(next, 9, 5), ErrorCode::None);
  EXPECT_EQ(end(next, false).error_code, ErrorCode::None);
  EXPECT_EQ(state(), "CompleteAbort");
  EXPECT_EQ(committed_offset(), 5);
}

TEST_F(TransactionApis, AreToldWhatIsInBeforeItIsWrittenInTheFirst) {
  const Who who = begin();
  EXPECT_EQ(produce(who, 0, 11), ErrorCode::TransactionAbortable) << "nobody took it in";
  EXPECT_EQ(produce(who, 0, 10), ErrorCode::InvalidTxnState) << "an older name for it";
  EXPECT_EQ(commit_offset(who, 5, 4), ErrorCode::TransactionAbortable);
  EXPECT_EQ(commit_offset(who, 5, 3), ErrorCode::InvalidTxnState);

  const wire::AddPartitionsToTxnRequest add{
      .v3_and_below_transactional_id = kId,
      .v3_and_below_producer_id = who.id,
      .v3_and_below_producer_epoch = who.epoch,
      .v3_and_below_topics = {{TopicName{"orders"}, {PartitionIndex{0}}}}};
  const auto added = ask<wire::AddPartitionsToTxnResponse>(add, 3);
  EXPECT_EQ(added.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code,
            ErrorCode::None);
  EXPECT_EQ(
      ask<wire::AddOffsetsToTxnResponse>(wire::AddOffsetsToTxnRequest{.transactional_id = kId,
                                                                      .producer_id = who.id,
                                                                      .producer_epoch = who.epoch,
                                                                      .group_id = GroupId{"audit"}})
          .error_code,
      ErrorCode::None);
  EXPECT_EQ(produce(who, 0, 11), ErrorCode::None);
  EXPECT_EQ(commit_offset(who, 5, 4), ErrorCode::None);
  EXPECT_EQ(end(who, true, 4).error_code, ErrorCode::None);
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_EQ(committed_offset(), 5);
}

TEST_F(TransactionApis, ShutOutZombies) {
  const Who old = begin();
  EXPECT_EQ(produce(old, 0), ErrorCode::None);
  const Who fresh = begin();
  EXPECT_EQ(fresh.id, old.id);
  EXPECT_EQ(produce(old, 1), ErrorCode::InvalidProducerEpoch);
  EXPECT_EQ(commit_offset(old, 5, 5), ErrorCode::InvalidProducerEpoch);
  EXPECT_EQ(end(old, true).error_code, ErrorCode::ProducerFenced);
  EXPECT_EQ(end(old, true, 1).error_code, ErrorCode::InvalidProducerEpoch) << "an older name";
  EXPECT_EQ(produce({ProducerId{12345}, ProducerEpoch{0}}, 0), ErrorCode::InvalidProducerIdMapping);
  EXPECT_EQ(state(), "Empty");
}

TEST_F(TransactionApis, RefuseWhatMakesNoSense) {
  EXPECT_EQ(init(5, 0).error_code, ErrorCode::InvalidTransactionTimeout);
  EXPECT_EQ(init(5, 900'001).error_code, ErrorCode::InvalidTransactionTimeout);
  const auto ask_init = [this](wire::InitProducerIdRequest request) {
    return ask<wire::InitProducerIdResponse>(request).error_code;
  };
  EXPECT_EQ(ask_init({.transactional_id = TransactionalId{""}, .transaction_timeout_ms = 1000}),
            ErrorCode::InvalidRequest);
  EXPECT_EQ(
      ask_init(
          {.transactional_id = kId, .transaction_timeout_ms = 1000, .producer_id = ProducerId{4}}),
      ErrorCode::InvalidRequest);
  const Who who = begin();
  EXPECT_EQ(produce(who, 0, 12, std::nullopt), ErrorCode::InvalidTxnState)
      << "a transactional batch needs the id";
  EXPECT_EQ(end(who, true).error_code, ErrorCode::InvalidTxnState) << "nothing is under way";
  EXPECT_EQ(commit_offset(who, 5, 5, "nowhere"), ErrorCode::UnknownTopicOrPartition);
  const wire::AddPartitionsToTxnRequest add{
      .v3_and_below_transactional_id = kId,
      .v3_and_below_producer_id = who.id,
      .v3_and_below_producer_epoch = who.epoch,
      .v3_and_below_topics = {{TopicName{"orders"}, {PartitionIndex{0}, PartitionIndex{9}}}}};
  const auto added = ask<wire::AddPartitionsToTxnResponse>(add, 3);
  const auto& results = added.results_by_topic_v3_and_below[0].results_by_partition;
  EXPECT_EQ(results[0].partition_error_code, ErrorCode::OperationNotAttempted);
  EXPECT_EQ(results[1].partition_error_code, ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(state(), "Empty");
}

TEST_F(TransactionApis, TellOtherBrokersWhatIsIn) {
  const Who who = begin();
  EXPECT_EQ(produce(who, 0), ErrorCode::None);
  wire::AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction one{
      .transactional_id = kId,
      .producer_id = who.id,
      .producer_epoch = who.epoch,
      .verify_only = true,
      .topics = {{TopicName{"orders"}, {PartitionIndex{0}, PartitionIndex{1}}}}};
  const auto codes = [&](wire::Version version) {
    const auto answer = ask<wire::AddPartitionsToTxnResponse>(
        wire::AddPartitionsToTxnRequest{.transactions = {one}}, version);
    std::vector<ErrorCode> all;
    for (const auto& result :
         answer.results_by_transaction[0].topic_results[0].results_by_partition) {
      all.push_back(result.partition_error_code);
    }
    return all;
  };
  EXPECT_EQ(codes(5), (std::vector{ErrorCode::None, ErrorCode::TransactionAbortable}));
  EXPECT_EQ(codes(4), (std::vector{ErrorCode::None, ErrorCode::InvalidTxnState}));
  one.verify_only = false;
  EXPECT_EQ(codes(5), (std::vector{ErrorCode::None, ErrorCode::None}));
}

TEST_F(TransactionApis, AreListedByWhatIsAskedFor) {
  const Who who = begin();
  produce(who, 0);
  world_.run_for(std::chrono::seconds(5));
  struct Row {
    const char* why;
    wire::ListTransactionsRequest request;
    std::size_t listed;
  };
  const Row rows[] = {
      {"all", {}, 1},
      {"their state", {.state_filters = {"Ongoing"}}, 1},
      {"another state", {.state_filters = {"Empty"}}, 0},
      {"their producer", {.producer_id_filters = {who.id}}, 1},
      {"another producer", {.producer_id_filters = {ProducerId{999}}}, 0},
      {"open for long", {.duration_filter = 4'000}, 1},
      {"not so long", {.duration_filter = 6'000}, 0},
      {"a pattern", {.transactional_id_pattern = "trans.*"}, 1},
      {"the whole id has to match", {.transactional_id_pattern = "trans"}, 0},
  };
  for (const Row& row : rows) {
    const auto answer = ask<wire::ListTransactionsResponse>(row.request);
    EXPECT_EQ(answer.error_code, ErrorCode::None) << row.why;
    EXPECT_EQ(answer.transaction_states.size(), row.listed) << row.why;
  }
  const auto unknown =
      ask<wire::ListTransactionsResponse>(wire::ListTransactionsRequest{.state_filters = {"Sad"}});
  EXPECT_EQ(unknown.unknown_state_filters, std::vector<std::string>{"Sad"});
  EXPECT_TRUE(unknown.transaction_states.empty());
  EXPECT_EQ(ask<wire::ListTransactionsResponse>(
                wire::ListTransactionsRequest{.transactional_id_pattern = "("})
                .error_code,
            ErrorCode::InvalidRegularExpression);
  const auto missing = ask<wire::DescribeTransactionsResponse>(
      wire::DescribeTransactionsRequest{.transactional_ids = {TransactionalId{"nobody"}}});
  EXPECT_EQ(missing.transaction_states[0].error_code, ErrorCode::TransactionalIdNotFound);
}

TEST_F(TransactionApis, SurviveARestart) {
  const Who who = begin();
  EXPECT_EQ(produce(who, 0), ErrorCode::None);
  EXPECT_EQ(commit_offset(who, 5, 5), ErrorCode::None);
  stop();
  start();
  EXPECT_EQ(state(), "Ongoing __consumer_offsets orders");
  EXPECT_EQ(produce(who, 1), ErrorCode::None);
  EXPECT_EQ(end(who, true).error_code, ErrorCode::None);
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_EQ(committed_offset(), 5);
}

}  // namespace
}  // namespace broker

// For tests of transactions over the wire: a producer, step by step.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "broker/broker_test_support.h"
#include "wire/009_offset_fetch.h"
#include "wire/010_find_coordinator.h"
#include "wire/022_init_producer_id.h"
#include "wire/024_add_partitions_to_txn.h"
#include "wire/025_add_offsets_to_txn.h"
#include "wire/026_end_txn.h"
#include "wire/028_txn_offset_commit.h"
#include "wire/065_describe_transactions.h"

namespace broker {

inline const TransactionalId kId{"transfers"};

struct Who {
  ProducerId id;
  ProducerEpoch epoch;
};

class TransactionTest : public TestBroker, public testing::Test {
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
  static ByteVector batch_of(Who who, std::int32_t sequence) {
    wire::BatchBuilder builder({.producer_id = who.id,
                                .producer_epoch = who.epoch,
                                .base_sequence = sequence,
                                .transactional = true});
    builder.add(Timestamp{1000}, std::nullopt, as_bytes("value"));
    return builder.finish();
  }
  static wire::ProduceRequest produce_request(const ByteVector& batch,
                                              std::optional<TransactionalId> id = kId,
                                              std::int32_t partition = 0) {
    wire::ProduceRequest request{.transactional_id = std::move(id), .acks = -1};
    request.topic_data.push_back(
        {.name = TopicName{"orders"},
         .partition_data = {{PartitionIndex{partition}, wire::Records{.bytes = batch}}}});
    return request;
  }
  static ErrorCode code_of(const wire::ProduceResponse& answer) {
    return answer.responses.front().partition_responses.front().error_code;
  }
  ErrorCode produce(Who who, std::int32_t sequence, wire::Version version = 12,
                    std::optional<TransactionalId> id = kId, std::int32_t partition = 0) {
    const ByteVector batch = batch_of(who, sequence);
    return code_of(
        ask<wire::ProduceResponse>(produce_request(batch, std::move(id), partition), version));
  }
  static wire::EndTxnRequest end_request(Who who, bool commit) {
    return {.transactional_id = kId,
            .producer_id = who.id,
            .producer_epoch = who.epoch,
            .committed = commit};
  }
  wire::EndTxnResponse end(Who who, bool commit, wire::Version version = 5) {
    return ask<wire::EndTxnResponse>(end_request(who, commit), version);
  }
  // Has the coordinator take them in, as clients of the first protocol do.
  ErrorCode add_partition(Who who) {
    const wire::AddPartitionsToTxnRequest add{
        .v3_and_below_transactional_id = kId,
        .v3_and_below_producer_id = who.id,
        .v3_and_below_producer_epoch = who.epoch,
        .v3_and_below_topics = {{TopicName{"orders"}, {PartitionIndex{0}}}}};
    return ask<wire::AddPartitionsToTxnResponse>(add, 3)
        .results_by_topic_v3_and_below[0]
        .results_by_partition[0]
        .partition_error_code;
  }
  ErrorCode add_group(Who who) {
    return ask<wire::AddOffsetsToTxnResponse>(
               wire::AddOffsetsToTxnRequest{.transactional_id = kId,
                                            .producer_id = who.id,
                                            .producer_epoch = who.epoch,
                                            .group_id = GroupId{"audit"}})
        .error_code;
  }
  static wire::TxnOffsetCommitRequest offset_request(Who who, std::int64_t offset,
                                                     const std::string& topic = "orders",
                                                     const std::string& group = "audit") {
    wire::TxnOffsetCommitRequest request{.transactional_id = kId,
                                         .group_id = GroupId{group},
                                         .producer_id = who.id,
                                         .producer_epoch = who.epoch};
    request.topics.push_back(
        {TopicName{topic}, {{PartitionIndex{0}, Offset{offset}, LeaderEpoch{-1}, {}}}});
    return request;
  }
  static ErrorCode code_of(const wire::TxnOffsetCommitResponse& answer) {
    return answer.topics.front().partitions.front().error_code;
  }
  ErrorCode commit_offset(Who who, std::int64_t offset, wire::Version version,
                          const std::string& topic = "orders", const std::string& group = "audit") {
    return code_of(
        ask<wire::TxnOffsetCommitResponse>(offset_request(who, offset, topic, group), version));
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

}  // namespace broker

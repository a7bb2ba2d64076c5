// What producers do wrong, over the wire, and what Apache Kafka tells them: docs/proving.md has the
// list. Nothing of it may be visible to readers of what is committed.
#include <algorithm>

#include "broker/handlers/transaction_test_support.h"
#include "wire/002_list_offsets.h"
#include "wire/018_api_versions.h"

namespace broker {
namespace {

class TransactionMistakes : public TransactionTest {
 protected:
  // As readers see it who wait for transactions to end, or not.
  Offset end_of_orders(std::int8_t isolation) {
    wire::ListOffsetsRequest request{.isolation_level = isolation};
    request.topics.push_back(
        {.name = TopicName{"orders"},
         .partitions = {{.partition_index = PartitionIndex{0}, .timestamp = Timestamp{-1}}}});
    return ask<wire::ListOffsetsResponse>(request, 10).topics.at(0).partitions.at(0).offset;
  }
};

TEST_F(TransactionMistakes, OfZombies) {
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

TEST_F(TransactionMistakes, ThatMakeNoSense) {
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

TEST_F(TransactionMistakes, OfTwoThatHaveOneId) {
  const Who first = begin();
  EXPECT_EQ(produce(first, 0), ErrorCode::None);
  const Who second = begin();
  EXPECT_EQ(second.id, first.id);
  EXPECT_GT(second.epoch, first.epoch);
  EXPECT_EQ(end_of_orders(1), Offset{2}) << "what the first left open is aborted";
  EXPECT_EQ(produce(second, 0), ErrorCode::None);
  for (const bool commit : {true, false}) {
    EXPECT_EQ(end(first, commit).error_code, ErrorCode::ProducerFenced);
  }
  EXPECT_EQ(add_partition(first), ErrorCode::ProducerFenced);
  EXPECT_EQ(add_group(first), ErrorCode::ProducerFenced);
  EXPECT_EQ(produce(first, 1), ErrorCode::InvalidProducerEpoch);
  EXPECT_EQ(state(), "Ongoing orders") << "the second's goes on";
  EXPECT_EQ(end(second, true).error_code, ErrorCode::None);
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_EQ(end_of_orders(1), end_of_orders(0));
}

TEST_F(TransactionMistakes, OfEpochsAndSequences) {
  const Who who = begin();
  EXPECT_EQ(produce(who, 0), ErrorCode::None);
  const Who later{who.id, ProducerEpoch{static_cast<std::int16_t>(who.epoch.value + 1)}};
  struct Row {
    const char* why;
    Who who;
    std::int32_t sequence;
    ErrorCode code;
  };
  const Row rows[] = {
      {"an epoch that nobody was given", later, 0, ErrorCode::InvalidProducerEpoch},
      {"a gap", who, 2, ErrorCode::OutOfOrderSequenceNumber},
      {"the same again", who, 0, ErrorCode::None},
      {"no sequence", who, -1, ErrorCode::InvalidRecord},
      {"no epoch", {who.id, ProducerEpoch{-1}}, 1, ErrorCode::InvalidProducerEpoch},
      {"the next, as if nobody had been there", who, 1, ErrorCode::None},
  };
  for (const Row& row : rows) EXPECT_EQ(produce(row.who, row.sequence), row.code) << row.why;
  EXPECT_EQ(end_of_orders(0), Offset{2});
  EXPECT_EQ(end(later, true).error_code, ErrorCode::ProducerFenced);
  EXPECT_EQ(end_of_orders(1), Offset{0});
}

TEST_F(TransactionMistakes, OfOffsetsOfAnotherGroup) {
  const Who who = begin();
  EXPECT_EQ(add_group(who), ErrorCode::None);
  // Its offsets are in another partition of __consumer_offsets than those of the group "audit".
  EXPECT_EQ(commit_offset(who, 5, 4, "orders", "other"), ErrorCode::TransactionAbortable);
  EXPECT_EQ(commit_offset(who, 5, 3, "orders", "other"), ErrorCode::InvalidTxnState);
  EXPECT_EQ(commit_offset(who, 5, 4), ErrorCode::None);
  EXPECT_EQ(end(who, true, 4).error_code, ErrorCode::None);
  state();
  EXPECT_EQ(committed_offset(), 5);
}

TEST_F(TransactionMistakes, OfWhatTakesTooLong) {
  const auto begun = init(5, 1'000);
  const Who who{begun.producer_id, begun.producer_epoch};
  EXPECT_EQ(produce(who, 0), ErrorCode::None);
  EXPECT_EQ(commit_offset(who, 5, 5), ErrorCode::None);
  world_.run_for(std::chrono::seconds(15));
  EXPECT_EQ(state(), "CompleteAbort");
  EXPECT_EQ(produce(who, 1), ErrorCode::InvalidProducerEpoch);
  EXPECT_EQ(commit_offset(who, 6, 5), ErrorCode::InvalidProducerEpoch);
  EXPECT_EQ(end(who, true).error_code, ErrorCode::InvalidTxnState);
  EXPECT_EQ(committed_offset(), -1);
  EXPECT_EQ(end_of_orders(1), end_of_orders(0)) << "it holds nobody up";
  EXPECT_EQ(metric("thalweg_transactions_timed_out_total"), "1");
}

TEST_F(TransactionMistakes, OfABatchBehindTheEnd) {
  const Who who = begin();
  EXPECT_EQ(add_partition(who), ErrorCode::None);
  EXPECT_EQ(produce(who, 0, 11), ErrorCode::None);
  EXPECT_EQ(end(who, true, 4).error_code, ErrorCode::None);
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_EQ(produce(who, 1, 11), ErrorCode::TransactionAbortable) << "it would stay open for good";
  EXPECT_EQ(end_of_orders(1), Offset{2});
  EXPECT_EQ(end_of_orders(0), Offset{2});
}

TEST_F(TransactionMistakes, OfTwoPhasesThatNobodyOffers) {
  const auto served = ask<wire::ApiVersionsResponse>(wire::ApiVersionsRequest{}, 0);
  const auto api = std::ranges::find(served.api_keys, wire::InitProducerIdRequest::api.key,
                                     &wire::ApiVersionsResponse::ApiVersion::api_key);
  ASSERT_NE(api, served.api_keys.end());
  EXPECT_EQ(api->max_version, 5) << "docs/decisions/0006";
  EXPECT_EQ(init(5, INT32_MAX).error_code, ErrorCode::InvalidTransactionTimeout);
}

}  // namespace
}  // namespace broker

// The APIs of transactions, over the wire.
#include "broker/handlers/transaction_test_support.h"
#include "wire/066_list_transactions.h"

namespace broker {
namespace {

using TransactionApis = TransactionTest;

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

// The end is answered once it is certain, and its markers land while the next batch is asked about.
TEST_F(TransactionApis, GoOnWhileTheMarkersOfTheOneBeforeAreOnTheirWay) {
  Who who = begin();
  ASSERT_EQ(produce(who, 0), ErrorCode::None);
  ASSERT_EQ(commit_offset(who, 5, 5), ErrorCode::None);
  for (int i = 6; i < 12; ++i) {
    const bool commit = i % 3 != 0;
    client().send(end_request(who, commit), 5);
    ++who.epoch.value;
    const ByteVector first = batch_of(who, 0);
    const ByteVector second = batch_of(who, 1);
    client().send(produce_request(first), 12);
    client().send(produce_request(second), 12);
    client().send(offset_request(who, i), 5);
    EXPECT_EQ(client().receive<wire::EndTxnResponse>(5)->error_code, ErrorCode::None) << i;
    EXPECT_EQ(code_of(*client().receive<wire::ProduceResponse>(12)), ErrorCode::None) << i;
    EXPECT_EQ(code_of(*client().receive<wire::ProduceResponse>(12)), ErrorCode::None) << i;
    EXPECT_EQ(code_of(*client().receive<wire::TxnOffsetCommitResponse>(5)), ErrorCode::None) << i;
  }
  EXPECT_EQ(end(who, true).error_code, ErrorCode::None);
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_EQ(committed_offset(), 11);
}

TEST_F(TransactionApis, AreToldWhatIsInBeforeItIsWrittenInTheFirst) {
  const Who who = begin();
  EXPECT_EQ(produce(who, 0, 11), ErrorCode::TransactionAbortable) << "nobody took it in";
  EXPECT_EQ(produce(who, 0, 10), ErrorCode::InvalidTxnState) << "an older name for it";
  EXPECT_EQ(commit_offset(who, 5, 4), ErrorCode::TransactionAbortable);
  EXPECT_EQ(commit_offset(who, 5, 3), ErrorCode::InvalidTxnState);

  EXPECT_EQ(add_partition(who), ErrorCode::None);
  EXPECT_EQ(add_group(who), ErrorCode::None);
  EXPECT_EQ(produce(who, 0, 11), ErrorCode::None);
  EXPECT_EQ(commit_offset(who, 5, 4), ErrorCode::None);
  EXPECT_EQ(end(who, true, 4).error_code, ErrorCode::None);
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_EQ(committed_offset(), 5);
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

#include "client/transaction_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace client {
namespace {

using ::testing::HasSubstr;

TEST(TransactionProtocolTest, IsWhatTheClusterHasAgreedOn) {
  struct Row {
    const char* why;
    std::map<std::string, std::int16_t> features;
    TransactionProtocol protocol;
  };
  const Row rows[] = {
      {"before Kafka 2.4 there are no features", {}, TransactionProtocol::First},
      {"other features say nothing", {{"metadata.version", 25}}, TransactionProtocol::First},
      {"flexible records alone", {{"transaction.version", 1}}, TransactionProtocol::First},
      {"KIP-890 part 2", {{"transaction.version", 2}}, TransactionProtocol::Second},
      {"what comes after", {{"transaction.version", 3}}, TransactionProtocol::Second},
  };
  for (const Row& row : rows)
    EXPECT_EQ(transaction_protocol(row.features), row.protocol) << row.why;
}

TEST(TransactionProtocolTest, TheFirstNeverAsksInTheVersionsOfTheSecond) {
  const TransactionVersions first = versions_of(TransactionProtocol::First);
  const TransactionVersions second = versions_of(TransactionProtocol::Second);
  EXPECT_LT(first.produce, second.produce);
  EXPECT_LT(first.txn_offset_commit, second.txn_offset_commit);
  EXPECT_LT(first.end_txn, second.end_txn);
}

TEST(TransactionProtocolTest, JudgesRefusals) {
  using enum TransactionStep;
  struct Row {
    const char* why;
    ErrorCode code;
    TransactionStep step;
    Verdict verdict;
  };
  const Row rows[] = {
      {"all is well", ErrorCode::None, End, Verdict::Done},
      {"the answer to an earlier attempt was lost", ErrorCode::DuplicateSequenceNumber, Produce,
       Verdict::Done},
      {"only produced batches have sequences", ErrorCode::DuplicateSequenceNumber, End,
       Verdict::Over},
      {"the transaction before is ending", ErrorCode::ConcurrentTransactions, Produce,
       Verdict::AskAgain},
      {"the coordinator reads its log", ErrorCode::CoordinatorLoadInProgress, End,
       Verdict::AskAgain},
      {"it coordinates no more", ErrorCode::NotCoordinator, End, Verdict::FindCoordinator},
      {"none does", ErrorCode::CoordinatorNotAvailable, CommitOffsets, Verdict::FindCoordinator},
      {"that is the leader's affair", ErrorCode::NotCoordinator, Produce, Verdict::AskAgain},
      {"too few replicas", ErrorCode::NotEnoughReplicas, Produce, Verdict::AskAgain},
      {"nobody knows why", ErrorCode::UnknownServerError, Produce, Verdict::Abort},
      {"a batch is missing", ErrorCode::OutOfOrderSequenceNumber, Produce, Verdict::Abort},
      {"the same bytes are as damaged again", ErrorCode::CorruptMessage, Produce, Verdict::Abort},
      {"the broker says so", ErrorCode::TransactionAbortable, End, Verdict::Abort},
      {"another member has the partitions", ErrorCode::IllegalGeneration, CommitOffsets,
       Verdict::Abort},
      {"perhaps only out of time", ErrorCode::InvalidProducerEpoch, Produce, Verdict::Abort},
      {"the coordinator knows", ErrorCode::InvalidProducerEpoch, End, Verdict::Over},
      {"another has the id", ErrorCode::ProducerFenced, AddPartitions, Verdict::Over},
      {"not allowed", ErrorCode::TransactionalIdAuthorizationFailed, Begin, Verdict::Over},
      {"longer than allowed", ErrorCode::InvalidTransactionTimeout, Begin, Verdict::Over},
      {"nothing to end", ErrorCode::InvalidTxnState, End, Verdict::Over},
  };
  for (const Row& row : rows) EXPECT_EQ(judge(row.code, row.step), row.verdict) << row.why;
}

TEST(TransactionProtocolTest, SaysWhatToDo) {
  const Error fenced =
      transaction_error(ErrorCode::ProducerFenced, TransactionStep::End, "payments");
  EXPECT_EQ(fenced.code, ErrorCode::ProducerFenced);
  EXPECT_THAT(fenced.detail, HasSubstr("'payments' was taken over"));
  EXPECT_THAT(fenced.detail, HasSubstr("thalweg txn describe payments"));
  const Error refused =
      transaction_error(ErrorCode::MessageTooLarge, TransactionStep::Produce, "x");
  EXPECT_THAT(refused.detail, HasSubstr("records were refused"));
  EXPECT_THAT(refused.detail, HasSubstr("MessageTooLarge"));
}

}  // namespace
}  // namespace client

// What /metrics says of transactions.
#include "broker/handlers/transaction_test_support.h"

namespace broker {
namespace {

class TransactionMetrics : public TransactionTest {
 protected:
  std::string lag(std::string_view unit) {
    return metric("thalweg_last_stable_lag_" + std::string(unit) + "{topic=\"orders\"}");
  }
};

TEST_F(TransactionMetrics, OfWhatIsOpen) {
  EXPECT_EQ(metric("thalweg_transactions_open"), "0");
  EXPECT_EQ(metric("thalweg_transaction_oldest_seconds"), "0");
  const Who who = begin();
  EXPECT_EQ(produce(who, 0), ErrorCode::None);
  world_.run_for(std::chrono::seconds(20));
  EXPECT_EQ(produce(who, 0, 12, kId, 1), ErrorCode::None);
  EXPECT_EQ(produce(who, 1, 12, kId, 1), ErrorCode::None);
  world_.run_for(std::chrono::seconds(10));
  EXPECT_EQ(metric("thalweg_transactions_open"), "1");
  EXPECT_EQ(metric("thalweg_transaction_oldest_seconds"), "30");
  EXPECT_EQ(lag("records"), "3") << "of both partitions";
  EXPECT_EQ(lag("seconds"), "30") << "of the one where it is longest";
  EXPECT_EQ(end(who, true).error_code, ErrorCode::None);
  state();
  EXPECT_EQ(metric("thalweg_transactions_open"), "0");
  EXPECT_EQ(metric("thalweg_transaction_oldest_seconds"), "0");
}

TEST_F(TransactionMetrics, OfWhatHasEnded) {
  Who who = begin();
  for (const bool commit : {true, false, true}) {
    EXPECT_EQ(produce(who, 0), ErrorCode::None);
    const auto ended = end(who, commit);
    EXPECT_EQ(ended.error_code, ErrorCode::None);
    who = {ended.producer_id, ended.producer_epoch};
    state();
  }
  EXPECT_EQ(metric("thalweg_transactions_ended_total{outcome=\"commit\"}"), "2");
  EXPECT_EQ(metric("thalweg_transactions_ended_total{outcome=\"abort\"}"), "1");
  EXPECT_EQ(metric("thalweg_transaction_end_seconds_count"), "3");
  EXPECT_EQ(metric("thalweg_transactions_timed_out_total"), "0");
}

TEST_F(TransactionMetrics, OfWhatIsRefused) {
  const Who old = begin();
  EXPECT_EQ(produce(old, 0), ErrorCode::None);
  EXPECT_EQ(produce(old, 0), ErrorCode::None);
  EXPECT_EQ(produce(old, 5), ErrorCode::OutOfOrderSequenceNumber);
  EXPECT_EQ(metric("thalweg_duplicate_batches_total"), "1");
  EXPECT_EQ(metric("thalweg_out_of_order_batches_total"), "1");
  begin();
  EXPECT_EQ(end(old, true).error_code, ErrorCode::ProducerFenced);
  EXPECT_EQ(produce(old, 1), ErrorCode::InvalidProducerEpoch);
  EXPECT_EQ(produce(old, 1, 11), ErrorCode::InvalidProducerEpoch) << "in the first protocol too";
  EXPECT_EQ(metric("thalweg_transaction_fenced_total"), "3");
  EXPECT_EQ(metric("thalweg_fenced_producers_total"), "0") << "they came to no partition";
}

}  // namespace
}  // namespace broker

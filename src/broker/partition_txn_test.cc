// Transactions on a partition: what opens and ends them, and how far committed readers read.
#include <gtest/gtest.h>

#include "broker/partition.h"
#include "sim/world.h"
#include "wire/record_batch_builder.h"

namespace broker {
namespace {

constexpr ProducerId kFirst{1};
constexpr ProducerId kSecond{2};

class PartitionTxnTest : public testing::Test {
 protected:
  PartitionTxnTest() { open(); }
  ~PartitionTxnTest() override {
    machine_.disk().heal();
    if (partition_) check(world_.run(partition_->close()).has_value(), "the log closes");
  }

  void open() {
    syncer_ = std::make_unique<store::Syncer>(machine_.shard());
    cache_ = std::make_unique<store::FileCache>(machine_.disk(), store::FileCache::Limits{});
    const Partition::Home home{
        .shard = machine_.shard(), .syncer = *syncer_, .cache = *cache_, .data_folder = "/data"};
    auto opened = world_.run(
        Partition::open(home, {TopicName{"orders"}, TopicId{}, {}}, LeaderEpoch{0}, options_, {}));
    ASSERT_TRUE(opened) << opened.error().detail;
    partition_ = std::move(opened->partition);
  }
  // The process dies: nothing more is written, and nothing in memory is left.
  void kill() {
    world_.run_until_idle();
    partition_.reset();
    cache_.reset();
    syncer_.reset();
    open();
  }

  ByteVector batch(ProducerId producer, std::int32_t sequence, std::int16_t epoch,
                   bool transactional) {
    wire::BatchBuilder builder({.producer_id = producer,
                                .producer_epoch = ProducerEpoch{epoch},
                                .base_sequence = sequence,
                                .transactional = transactional});
    builder.add(Timestamp{1000}, std::nullopt, as_bytes("v"));
    return builder.finish();
  }
  ErrorCode append(ByteVector bytes, BroughtBy by) {
    const auto header = wire::peek_batch(bytes);
    const Result<Produced> done = world_.run(partition_->append(bytes, **header, by));
    if (done) world_.run_for(std::chrono::seconds(1));  // It is synced.
    return done ? ErrorCode::None : done.error().code;
  }
  // As a client whose coordinator agrees.
  ErrorCode write(ProducerId producer, std::int32_t sequence, std::int16_t epoch = 0) {
    const auto guard = partition_->verify(
        {.producer = producer, .epoch = ProducerEpoch{epoch}, .first = txn::Sequence{sequence}});
    return append(batch(producer, sequence, epoch, true), {.guard = guard.value_or(txn::kNoGuard)});
  }
  ErrorCode write_plain() { return append(batch(kNoProducerId, -1, -1, false), {}); }

  Result<Offset> end(ProducerId producer, txn::Outcome outcome, std::int16_t epoch = 0) {
    return world_.run(partition_->write_marker({.producer = producer,
                                                .epoch = ProducerEpoch{epoch},
                                                .coordinator_epoch = 1,
                                                .outcome = outcome}));
  }
  Fetched read(std::int64_t from, Isolation isolation = Isolation::ReadCommitted) {
    auto got = world_.run(partition_->fetch(
        {.offset = Offset{from}, .max_bytes = 1 << 20, .isolation = isolation}, nullptr, 0));
    check(got.has_value(), "the log can be read");
    return std::move(*got);
  }
  std::int64_t stable() const { return partition_->last_stable().value; }

  sim::World world_{1};
  sim::Machine& machine_ = world_.add_machine();
  store::LogOptionsPtr options_ = std::make_shared<const store::LogOptions>();
  std::unique_ptr<store::Syncer> syncer_;
  std::unique_ptr<store::FileCache> cache_;
  std::shared_ptr<Partition> partition_;
};

constexpr auto kCommit = txn::Outcome::Commit;
constexpr auto kAbort = txn::Outcome::Abort;

TEST_F(PartitionTxnTest, WhatIsOpenIsNotReadByWhoReadsOnlyWhatIsCommitted) {
  ASSERT_EQ(write_plain(), ErrorCode::None);
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_EQ(write_plain(), ErrorCode::None);
  EXPECT_EQ(read(0).slice.next, Offset{1});
  EXPECT_EQ(read(0, Isolation::ReadUncommitted).slice.next, Offset{3});
  EXPECT_EQ(read(1).slice.size, 0U);
  EXPECT_EQ(read(2).slice.size, 0U) << "behind it, too";
  EXPECT_EQ(read(0).last_stable, Offset{1});

  EXPECT_EQ(end(kFirst, kCommit), Offset{3});
  EXPECT_EQ(stable(), 4);
  EXPECT_EQ(read(0).slice.next, Offset{4});
}

TEST_F(PartitionTxnTest, TheOldestOpenTransactionHoldsTheOthersUp) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_EQ(write(kSecond, 0), ErrorCode::None);
  ASSERT_TRUE(end(kSecond, kCommit));
  EXPECT_EQ(stable(), 0);
  ASSERT_TRUE(end(kFirst, kAbort));
  EXPECT_EQ(stable(), 4);
}

TEST_F(PartitionTxnTest, AMarkerCountsWhenItIsDurable) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_EQ(write_plain(), ErrorCode::None);
  bool ended = false;
  env::spawn(partition_->write_marker({.producer = kFirst, .epoch = ProducerEpoch{0}}),
             [&ended](const Result<Offset>& at) { ended = at.has_value(); });
  while (partition_->log().log_end() < Offset{3}) world_.run_for(std::chrono::microseconds(1));
  ASSERT_LT(partition_->high_watermark(), Offset{3}) << "a sync takes its time";
  EXPECT_FALSE(partition_->producers().first_open()) << "as the log has it, it is over";
  EXPECT_EQ(stable(), 0) << "but a power failure may take that back";
  EXPECT_FALSE(ended);
  world_.run_until_idle();
  EXPECT_TRUE(ended);
  EXPECT_EQ(stable(), 3);
}

TEST_F(PartitionTxnTest, AGuardFromBeforeTheMarkerOpensNothingBehindIt) {
  const auto guard = partition_->verify({.producer = kFirst, .epoch = ProducerEpoch{0}});
  ASSERT_TRUE(guard);
  ASSERT_TRUE(end(kFirst, kAbort));
  EXPECT_EQ(append(batch(kFirst, 0, 0, true), {.guard = *guard}), ErrorCode::InvalidTxnState);
  EXPECT_EQ(append(batch(kFirst, 0, 0, true), {}), ErrorCode::InvalidTxnState);
  EXPECT_EQ(stable(), 1);
  EXPECT_EQ(write(kFirst, 0), ErrorCode::None) << "asked again";
  EXPECT_FALSE(partition_->verify({.producer = kFirst, .epoch = ProducerEpoch{0}}))
      << "it is open: nobody needs to ask";
  EXPECT_EQ(append(batch(kFirst, 1, 0, true), {}), ErrorCode::None);
}

TEST_F(PartitionTxnTest, ACoordinatorsBatchOpensATransactionAndHasNoSequence) {
  const BroughtBy coordinator{.origin = txn::Origin::Coordinator};
  ASSERT_EQ(append(batch(kFirst, -1, 3, true), coordinator), ErrorCode::None);
  ASSERT_EQ(append(batch(kFirst, -1, 3, true), coordinator), ErrorCode::None);
  EXPECT_EQ(partition_->log().log_end(), Offset{2}) << "the second is no repetition of the first";
  EXPECT_EQ(stable(), 0);
  EXPECT_EQ(append(batch(kFirst, -1, 2, true), coordinator), ErrorCode::InvalidProducerEpoch);
  kill();
  EXPECT_EQ(stable(), 0);
  ASSERT_TRUE(end(kFirst, kCommit, 3));
  EXPECT_EQ(stable(), 3);
}

TEST_F(PartitionTxnTest, ARestartReadsBackWhatIsOpenAndWhatHasEnded) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_TRUE(end(kFirst, kCommit));
  ASSERT_EQ(write(kSecond, 0, 2), ErrorCode::None);
  kill();
  EXPECT_EQ(stable(), 2);
  const txn::Producer* first = partition_->producers().find(kFirst);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->coordinator_epoch, 1);
  EXPECT_FALSE(first->transaction_start);
  EXPECT_EQ(partition_->producers().find(kSecond)->transaction_start, Offset{2});
  EXPECT_EQ(append(batch(kSecond, 1, 2, true), {}), ErrorCode::None) << "it goes on";
}

TEST_F(PartitionTxnTest, AMarkerThatFoundNoRoomEndsNothing) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  machine_.disk().set_capacity(machine_.disk().used_bytes());
  const auto failed = end(kFirst, kCommit);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::KafkaStorageError);
  EXPECT_EQ(stable(), 0);
  machine_.disk().heal();
  EXPECT_EQ(end(kFirst, kCommit), Offset{1});
  EXPECT_EQ(stable(), 2);
}

TEST_F(PartitionTxnTest, WhoWaitsForWhatIsCommittedIsToldWhenItIs) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  const auto watch = std::make_shared<FetchWatch>(machine_.shard());
  const FetchFrom committed{
      .offset = Offset{0}, .max_bytes = 1 << 20, .isolation = Isolation::ReadCommitted};
  ASSERT_TRUE(world_.run(partition_->fetch(committed, watch, 7)));
  std::vector<std::size_t> told;
  const auto wait = [](std::shared_ptr<FetchWatch> w, Instant until,
                       std::vector<std::size_t>* moved) -> env::Task<void> {
    *moved = co_await w->wait_until(until);
  };
  env::spawn(wait(watch, machine_.shard().now() + std::chrono::hours(1), &told));
  ASSERT_EQ(write_plain(), ErrorCode::None);
  EXPECT_TRUE(told.empty()) << "the high watermark is not what it waits for";
  ASSERT_TRUE(end(kFirst, kCommit));
  world_.run_for(std::chrono::seconds(1));
  EXPECT_EQ(told, std::vector<std::size_t>{7});
}

TEST_F(PartitionTxnTest, WhereThePageCacheIsEnoughTheMarkerItselfTells) {
  auto relaxed = store::LogOptions{};
  relaxed.durability = store::Durability::PageCache;
  partition_->log().set_options(std::make_shared<const store::LogOptions>(relaxed));
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_TRUE(end(kFirst, kAbort));
  EXPECT_EQ(stable(), 2);
}

TEST_F(PartitionTxnTest, RecordsThatAreDeletedHoldNobodyUp) {
  ASSERT_EQ(write(kFirst, 0), ErrorCode::None);
  ASSERT_EQ(write_plain(), ErrorCode::None);
  ASSERT_TRUE(world_.run(partition_->delete_records(Offset{1})));
  EXPECT_EQ(stable(), 1) << "not below the log's start";
  EXPECT_EQ(read(1).slice.size, 0U) << "the transaction is open all the same";
  ASSERT_TRUE(end(kFirst, kAbort));
  EXPECT_EQ(stable(), 3);
}

}  // namespace
}  // namespace broker

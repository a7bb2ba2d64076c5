// What a partition promises its producers when the disk does not take everything.
#include "broker/partition.h"

#include <gtest/gtest.h>

#include "broker/partition_log.h"
#include "sim/world.h"
#include "wire/record_batch_builder.h"

namespace broker {
namespace {

constexpr ProducerId kFirst{1};
constexpr ProducerId kSecond{2};

class PartitionTest : public testing::Test {
 protected:
  PartitionTest() {
    const Partition::Home home{
        .shard = machine_.shard(), .syncer = syncer_, .cache = cache_, .data_folder = "/data"};
    auto opened = world_.run(
        Partition::open(home, {TopicName{"orders"}, TopicId{}, PartitionIndex{0}}, LeaderEpoch{0},
                        std::make_shared<const store::LogOptions>(), {}));
    check(opened.has_value(), "a partition on an empty disk");
    partition_ = std::move(opened->partition);
  }
  void TearDown() override {
    machine_.disk().heal();
    check(world_.run(partition_->close()).has_value(), "the log closes");
  }

  // One record of so many bytes, from a producer that numbers it so.
  ErrorCode append(ProducerId producer, std::int32_t sequence, std::size_t size,
                   std::int16_t epoch = 0) {
    wire::BatchBuilder builder({.producer_id = producer,
                                .producer_epoch = ProducerEpoch{epoch},
                                .base_sequence = sequence});
    builder.add(Timestamp{1000}, std::nullopt, Bytes(ByteVector(size)));
    ByteVector batch = builder.finish();
    const auto header = wire::peek_batch(batch);
    const Result<Produced> done = world_.run(partition_->append(batch, **header));
    return done ? ErrorCode::None : done.error().code;
  }

  void leave_room_for(std::uint64_t bytes) {
    machine_.disk().set_capacity(machine_.disk().used_bytes() + bytes);
  }

  sim::World world_{1};
  sim::Machine& machine_ = world_.add_machine();
  store::Syncer syncer_{machine_.shard()};
  store::FileCache cache_{machine_.disk(), {}};
  std::shared_ptr<Partition> partition_;
};

TEST_F(PartitionTest, ABatchWaitsForTheOneBeforeItThatFoundNoRoom) {
  ASSERT_EQ(append(kSecond, 0, 10), ErrorCode::None);
  leave_room_for(2000);
  EXPECT_EQ(append(kFirst, 0, 20'000), ErrorCode::KafkaStorageError);
  EXPECT_EQ(append(kFirst, 1, 10), ErrorCode::KafkaStorageError) << "it would fit";
  EXPECT_EQ(append(kSecond, 1, 10), ErrorCode::None) << "another producer owes nothing";
  EXPECT_EQ(append(kSecond, 5, 10), ErrorCode::OutOfOrderSequenceNumber);
  machine_.disk().heal();
  EXPECT_EQ(append(kFirst, 1, 10), ErrorCode::KafkaStorageError) << "still out of order";
  EXPECT_EQ(append(kFirst, 0, 20'000), ErrorCode::None);
  EXPECT_EQ(append(kFirst, 1, 10), ErrorCode::None);
}

TEST_F(PartitionTest, WhatWasThereAlreadyIsNotRefusedForWhatIsOwed) {
  ASSERT_EQ(append(kFirst, 0, 10), ErrorCode::None);
  leave_room_for(0);
  EXPECT_EQ(append(kFirst, 1, 10), ErrorCode::KafkaStorageError);
  EXPECT_EQ(append(kFirst, 0, 10), ErrorCode::None);
}

TEST_F(PartitionTest, ACoordinatorsLogHoldsNoBatchWhoseForerunnerItLacks) {
  PartitionLog log(machine_.shard(), partition_);
  const auto batch = [](std::size_t size) {
    wire::BatchBuilder builder;
    builder.add(Timestamp{1000}, std::nullopt, Bytes(ByteVector(size)));
    return builder.finish();
  };
  std::vector<std::optional<bool>> written;
  const auto append = [&](std::size_t size) {
    const std::size_t number = written.size();
    written.emplace_back();
    env::spawn(log.append(batch(size)), [&written, number](const Result<Offset>& base) {
      written[number] = base.has_value();
    });
  };
  const auto read_again = [&] {
    int batches = 0;
    const auto count = [&](Bytes) -> Result<void> {
      ++batches;
      return {};
    };
    EXPECT_TRUE(world_.run(log.replay(count)).has_value());
    return batches;
  };
  leave_room_for(2000);
  append(10);
  append(20'000);
  append(10);  // It would fit.
  world_.run_for(std::chrono::seconds(1));
  EXPECT_EQ(written, (std::vector<std::optional<bool>>{true, false, false}));
  append(10);
  world_.run_for(std::chrono::seconds(1));
  EXPECT_FALSE(*written.back()) << "nobody has read yet what is there";
  EXPECT_EQ(read_again(), 1);
  append(10);
  world_.run_for(std::chrono::seconds(1));
  EXPECT_TRUE(*written.back());
}

TEST_F(PartitionTest, AProducerThatBeginsANewEpochOwesNothing) {
  leave_room_for(2000);
  EXPECT_EQ(append(kFirst, 0, 20'000), ErrorCode::KafkaStorageError);
  machine_.disk().heal();
  EXPECT_EQ(append(kFirst, 0, 10, 1), ErrorCode::None);
  EXPECT_EQ(append(kFirst, 1, 10, 1), ErrorCode::None);
}

}  // namespace
}  // namespace broker

#include "broker/share_coordinator.h"

#include <gtest/gtest.h>

#include "broker/memory_log_test_support.h"
#include "sim/world.h"

namespace broker {
namespace {

const share::Key kBusy{GroupId{"workers"}, {}, PartitionIndex{0}};
const share::Key kIdle{GroupId{"workers"}, {}, PartitionIndex{1}};

class ShareState : public testing::Test {
 protected:
  ShareState() { open(); }
  void TearDown() override { shut(); }

  void open() {
    state_.emplace(shard_, ShareCoordinatorOptions{.updates_per_snapshot = 100});
    state_->set_partitions(1);
    state_->open(PartitionIndex{0}, log_);
    world_.run_for(20ms);
  }
  void shut() {
    world_.run(state_->shutdown());
    state_.reset();
  }
  void initialize(const share::Key& key, std::int64_t start) {
    ASSERT_TRUE(world_.run(state_->initialize(key, {.start = Offset{start}})));
  }
  void move_to(const share::Key& key, std::int64_t start) {
    ASSERT_TRUE(
        world_.run(state_->write(key, {.state_epoch = 0, .start = Offset{start}, .complete = 0})));
  }
  std::int64_t start_of(const share::Key& key) {
    return world_.run(state_->summarize(key))->start.value;
  }

  sim::World world_{1};
  env::Shard& shard_ = world_.add_machine("10.0.0.2").shard();
  std::shared_ptr<MemoryLog> log_ = std::make_shared<MemoryLog>(shard_);
  std::optional<ShareCoordinator> state_;
};

TEST_F(ShareState, LetsGoOfWhatItsLogSaysAgain) {
  initialize(kBusy, 0);
  for (int i = 1; i <= 150; ++i) move_to(kBusy, i);
  const std::size_t before = log_->batches.size();
  ASSERT_EQ(before, 151U);
  world_.run_for(6min);
  EXPECT_EQ(log_->batches.size(), 50U) << "the snapshot, and the updates after it";

  shut();
  open();
  EXPECT_EQ(start_of(kBusy), 150) << "what is left says all";
  world_.run_for(6min);
  EXPECT_EQ(log_->batches.size(), 50U);
}

TEST_F(ShareState, AnIdlePartitionDoesNotKeepTheLogForEver) {
  initialize(kIdle, 7);
  initialize(kBusy, 0);
  log_->delay = 0ms;
  for (int i = 1; i <= 10'010; ++i) move_to(kBusy, i);
  world_.run_for(11min);
  EXPECT_LT(log_->batches.size(), 150U);
  shut();
  open();
  EXPECT_EQ(start_of(kIdle), 7);
  EXPECT_EQ(start_of(kBusy), 10'010);
}

TEST_F(ShareState, WhatCouldNotBeWrittenIsReadAgain) {
  initialize(kBusy, 3);
  log_->failing = true;
  const auto refused =
      world_.run(state_->write(kBusy, {.state_epoch = 0, .start = Offset{9}, .complete = 0}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotCoordinator);
  log_->failing = false;
  world_.run_for(1s);
  EXPECT_EQ(start_of(kBusy), 3);
  world_.run_for(6min);
  EXPECT_EQ(start_of(kBusy), 3);
}

}  // namespace
}  // namespace broker

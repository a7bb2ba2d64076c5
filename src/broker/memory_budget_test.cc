#include "broker/memory_budget.h"

#include <gtest/gtest.h>

#include "sim/world.h"

namespace broker {
namespace {

class MemoryBudgetTest : public ::testing::Test {
 protected:
  env::Task<Result<void>> hold(MemoryBudget::Lease& lease, std::size_t size) {
    lease = co_await budget_.lease(size);
    co_return Result<void>{};
  }
  MemoryBudget::Lease take(std::size_t size) {
    MemoryBudget::Lease lease;
    EXPECT_TRUE(world_.run(hold(lease, size)));
    return lease;
  }

  sim::World world_{1};
  env::Shard& shard_ = world_.add_machine().shard(0);
  MemoryBudget budget_{shard_, 100};
};

TEST_F(MemoryBudgetTest, ALeaseGrowsWithWhatWasMadeOfTheRequest) {
  MemoryBudget::Lease lease = take(40);
  EXPECT_EQ(budget_.used(), 40U);
  lease.resize(250);
  EXPECT_EQ(budget_.used(), 250U) << "it is there already, so it is counted and not waited for";
  lease.resize(10);
  EXPECT_EQ(budget_.used(), 10U);
  lease.resize(0);
  EXPECT_EQ(budget_.used(), 0U);
  lease = MemoryBudget::Lease();
  EXPECT_EQ(budget_.used(), 0U) << "what was given back is not given back twice";
  MemoryBudget::Lease().resize(5);
  EXPECT_EQ(budget_.used(), 0U) << "no lease, no budget";
}

TEST_F(MemoryBudgetTest, OthersWaitUntilALeaseShrinks) {
  MemoryBudget::Lease large = take(60);
  large.resize(120);
  MemoryBudget::Lease next;
  env::Gate waiting(shard_);
  waiting.spawn([](MemoryBudget& budget, MemoryBudget::Lease& into) -> env::Task<void> {
    into = co_await budget.lease(50);
  }(budget_, next));
  world_.run_until_idle();
  EXPECT_EQ(budget_.waiting(), 1U);
  large.resize(20);
  world_.run_until_idle();
  EXPECT_EQ(budget_.waiting(), 0U);
  EXPECT_EQ(budget_.used(), 70U);
}

TEST_F(MemoryBudgetTest, WhatIsStillPackedWaitsWhileTheBudgetIsOverdrawn) {
  MemoryBudget::Lease first = take(40);
  MemoryBudget::Lease second = take(40);
  first.resize(500);
  bool unpacked = false;
  env::Gate waiting(shard_);
  waiting.spawn([](MemoryBudget& budget, bool& done) -> env::Task<void> {
    co_await budget.wait_to_unpack();
    done = true;
  }(budget_, unpacked));
  world_.run_until_idle();
  EXPECT_FALSE(unpacked);
  first.resize(60);
  world_.run_until_idle();
  EXPECT_TRUE(unpacked) << "it fits again";
}

TEST_F(MemoryBudgetTest, ARequestLargerThanTheBudgetIsUnpackedAllTheSame) {
  MemoryBudget::Lease large = take(300);
  world_.run(budget_.wait_to_unpack());
  large.resize(900);
  EXPECT_EQ(budget_.used(), 900U);
}

}  // namespace
}  // namespace broker

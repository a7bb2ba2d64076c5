// A fixed set of simulated runs, each twice. `./do sim SEED` replays one of them.
#include "run.h"

#include <gtest/gtest.h>

namespace simulation {
namespace {

class Runs : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Runs, HoldsEveryPromise) {
  const Outcome outcome = run(GetParam());
  for (const std::string& fault : outcome.faults) ADD_FAILURE() << fault;
  EXPECT_GT(outcome.acked, 100U);
  EXPECT_GT(outcome.crashes, 0);
  EXPECT_EQ(run(GetParam()).hash, outcome.hash);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Runs, testing::Range<std::uint64_t>(1, 4));

}  // namespace
}  // namespace simulation

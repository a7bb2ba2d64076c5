// The simulation can fail: a broker that is made to forget is found out.
#include "run.h"

#include <gtest/gtest.h>

namespace simulation {
namespace {

TEST(Run, FindsABrokerThatAnswersBeforeItSyncs) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    found += run(seed, {"thalweg.durability=page-cache"}).faults.empty() ? 0 : 1;
  }
  EXPECT_EQ(found, 3);
}

TEST(Run, FindsNothingInTheSameRunsOfASoundOne) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) EXPECT_TRUE(run(seed).faults.empty()) << seed;
}

}  // namespace
}  // namespace simulation

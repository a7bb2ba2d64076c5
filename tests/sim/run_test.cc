// A run follows from its seed alone, and can fail. What each fault that can be planted takes to be
// found, `./do sim --planted` counts.
#include "run.h"

#include <gtest/gtest.h>

#include "base/probe.h"

namespace simulation {
namespace {

Plan short_day(std::uint64_t seed) {
  Plan plan = draw(seed);
  plan.day = std::chrono::seconds(6);
  return plan;
}

TEST(Plan, IsDrawnFromItsSeedAlone) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(draw(seed).workload, draw(seed).workload);
    EXPECT_EQ(draw(seed).mishaps, draw(seed).mishaps);
    EXPECT_EQ(draw(seed).settings, draw(seed).settings);
  }
}

TEST(Plan, EveryWorkloadAndMishapIsDrawn) {
  std::set<const Workload*> seen;
  std::set<Mishap> befell;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Plan plan = draw(seed);
    seen.insert(plan.workload);
    befell.insert(plan.mishaps.begin(), plan.mishaps.end());
  }
  EXPECT_EQ(seen.size(), workloads().size());
  EXPECT_EQ(befell.size(), mishaps().size());
}

TEST(Plan, NamesAreFoundOrListed) {
  EXPECT_EQ((*find_workload("admin"))->name, std::string("admin"));
  EXPECT_EQ(*find_mishap("full-disk"), Mishap::FullDisk);
  EXPECT_NE(find_workload("none").error().detail.find("orders, "), std::string::npos);
  EXPECT_NE(find_mishap("none").error().detail.find("power-cut, "), std::string::npos);
}

TEST(Run, TheSameSeedGivesTheSameRun) {
  const Outcome first = run(short_day(5));
  const Outcome again = run(short_day(5));
  EXPECT_EQ(first.hash, again.hash);
  EXPECT_EQ(first.diary, again.diary);
  EXPECT_NE(first.hash, run(short_day(6)).hash);
}

TEST(Run, FindsABrokerThatAnswersBeforeItSyncs) {
  ASSERT_TRUE(probe::plant("answer before the sync"));
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) found += run(draw(seed)).faults.empty() ? 0 : 1;
  probe::plant("");
  EXPECT_GE(found, 2) << "nearly every day of three shows it";
}

}  // namespace
}  // namespace simulation

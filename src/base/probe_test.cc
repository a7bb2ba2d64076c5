#include "base/probe.h"

#include <gtest/gtest.h>

namespace probe {
namespace {

#ifdef THALWEG_PROBES

Point* find(Kind kind, std::string_view name) {
  for (Point* point : points(kind)) {
    if (point->name() == name) return point;
  }
  return nullptr;
}

void take_the_seldom_branch() { reached<"a branch of this test">(); }
bool behaves() { return !planted<"a fault of this test">(); }

TEST(Probe, AMarkIsKnownBeforeItIsReached) {
  Point* const mark = find(Kind::Mark, "a branch of this test");
  ASSERT_NE(mark, nullptr);
  const std::uint64_t before = mark->times;
  take_the_seldom_branch();
  EXPECT_EQ(mark->times, before + 1);
}

TEST(Probe, AFaultIsThereOnlyWhilePlanted) {
  EXPECT_TRUE(behaves());
  ASSERT_TRUE(plant("a fault of this test"));
  EXPECT_FALSE(behaves());
  EXPECT_EQ(find(Kind::Fault, "a fault of this test")->times, 1U);
  EXPECT_FALSE(plant("no fault of any name"));
  EXPECT_TRUE(behaves());
  EXPECT_TRUE(plant(""));
}

#else

TEST(Probe, AReleaseHasNone) {
  reached<"a branch of this test">();
  EXPECT_FALSE(planted<"a fault of this test">());
  EXPECT_TRUE(points(Kind::Mark).empty());
  EXPECT_TRUE(points(Kind::Fault).empty());
}

#endif

}  // namespace
}  // namespace probe

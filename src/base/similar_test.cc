#include "base/similar.h"

#include <gtest/gtest.h>

#include <vector>

TEST(EditDistance, CountsWhatFingersDoWrong) {
  struct Row {
    const char* why;
    const char* a;
    const char* b;
    std::size_t distance;
  };
  const Row rows[] = {
      {"nothing", "orders", "orders", 0},
      {"one left out", "order", "orders", 1},
      {"one too many", "orderss", "orders", 1},
      {"one wrong", "ordars", "orders", 1},
      {"neighbours swapped", "oredrs", "orders", 1},
      {"from nothing", "", "abc", 3},
      {"to nothing", "abc", "", 3},
      {"unlike", "abc", "xyz", 3},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(edit_distance(row.a, row.b), row.distance) << row.why;
    EXPECT_EQ(edit_distance(row.b, row.a), row.distance) << row.why << ", the other way";
  }
}

TEST(MostSimilar, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> known = {"orders", "order", "payments", "retention.ms"};
  EXPECT_EQ(most_similar("ordres", known), "orders");
  EXPECT_EQ(most_similar("retention.mss", known), "retention.ms");
  EXPECT_EQ(most_similar("pay", known), std::nullopt);
  EXPECT_EQ(most_similar("zebra", known), std::nullopt);
  EXPECT_EQ(most_similar("x", {}), std::nullopt);
  EXPECT_EQ(most_similar(std::string(100000, 'a'), known), std::nullopt);
}

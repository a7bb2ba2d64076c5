#include "app/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace app {
namespace {

TEST(Histogram, IsExactForSmallValues) {
  Histogram histogram;
  for (std::uint64_t i = 1; i <= 50; ++i) histogram.add(i);
  EXPECT_EQ(histogram.quantile(0.5), 25U);
  EXPECT_EQ(histogram.quantile(0.0), 1U);
  EXPECT_EQ(histogram.quantile(1.0), 50U);
  EXPECT_EQ(histogram.max(), 50U);
  EXPECT_DOUBLE_EQ(histogram.mean(), 25.5);
}

TEST(Histogram, OfNothingIsZero) {
  EXPECT_EQ(Histogram().quantile(0.99), 0U);
  EXPECT_EQ(Histogram().mean(), 0);
}

TEST(Histogram, TakesTheLargestValue) {
  Histogram histogram;
  histogram.add(UINT64_MAX);
  histogram.add(0);
  EXPECT_EQ(histogram.quantile(1.0), UINT64_MAX);
  EXPECT_EQ(histogram.quantile(0.5), 0U);
}

TEST(Histogram, AddsUpAsIfAllHadComeToOne) {
  std::mt19937_64 random(5);
  Histogram all;
  Histogram sum;
  for (int part = 0; part < 10; ++part) {
    Histogram one;
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t value = random() >> (random() % 64);
      one.add(value);
      all.add(value);
    }
    sum.add(one);
  }
  EXPECT_EQ(sum.count(), all.count());
  EXPECT_EQ(sum.max(), all.max());
  EXPECT_NEAR(sum.mean() / all.mean(), 1, 1e-9);
  for (const double share : {0.1, 0.5, 0.99}) EXPECT_EQ(sum.quantile(share), all.quantile(share));
}

TEST(Histogram, StaysWithinItsError) {
  std::mt19937_64 random(3);
  for (int run = 0; run < 20; ++run) {
    Histogram histogram;
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 1000; ++i) {
      values.push_back(random() >> (random() % 64));
      histogram.add(values.back());
    }
    std::ranges::sort(values);
    for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
      const auto exact =
          static_cast<double>(values[static_cast<std::size_t>(std::ceil(share * 1000)) - 1]);
      EXPECT_GE(static_cast<double>(histogram.quantile(share)), exact * 0.9999);
      EXPECT_LE(static_cast<double>(histogram.quantile(share)), exact * 1.016 + 1);
    }
  }
}

}  // namespace
}  // namespace app

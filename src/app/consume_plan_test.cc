#include "app/consume_plan.h"

#include <gtest/gtest.h>

namespace app {
namespace {

const TopicPartition kZero{TopicName{"orders"}, PartitionIndex{0}};
const TopicPartition kOne{TopicName{"orders"}, PartitionIndex{1}};

TEST(OffsetAt, StaysWithinThePartition) {
  struct Row {
    const char* why;
    Position position;
    std::optional<Offset> at_time;
    std::int64_t offset;
  };
  const Row rows[] = {
      {"the start", AtStart{}, {}, 100},
      {"the end", AtEnd{}, {}, 200},
      {"an offset", AtOffset{Offset{150}}, {}, 150},
      {"an offset that is gone", AtOffset{Offset{5}}, {}, 100},
      {"an offset to come", AtOffset{Offset{500}}, {}, 200},
      {"the last ten", BeforeEnd{10}, {}, 190},
      {"more than there are", BeforeEnd{INT64_MAX}, {}, 100},
      {"a time", AtTime{Timestamp{5}}, Offset{170}, 170},
      {"a time after the last record", AtTime{Timestamp{5}}, {}, 200},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(offset_at(row.position, {Offset{100}, Offset{200}}, row.at_time).value, row.offset)
        << row.why;
  }
}

TEST(ReadPlan, WithoutStopsNeverEnds) {
  ReadPlan plan({{kZero, Offset{0}}}, std::nullopt);
  plan.reached(kZero, Offset{1000});
  plan.ended(kZero);
  EXPECT_TRUE(plan.wants(kZero, Offset{5000}));
  EXPECT_FALSE(plan.done());
}

TEST(ReadPlan, EndsWhenEachPartitionIsWhereItStops) {
  ReadPlan plan({{kZero, Offset{0}}, {kOne, Offset{0}}},
                {{{kZero, Offset{10}}, {kOne, Offset{5}}}});
  EXPECT_TRUE(plan.wants(kZero, Offset{9}));
  EXPECT_FALSE(plan.wants(kZero, Offset{10}));
  plan.reached(kZero, Offset{9});
  plan.reached(kOne, Offset{5});
  EXPECT_FALSE(plan.done());
  plan.reached(kZero, Offset{10});
  EXPECT_TRUE(plan.done());
}

TEST(ReadPlan, EndsWhereNothingMoreIsComing) {
  // The last records may be hidden, of an open transaction: the stop is then never reached.
  ReadPlan plan({{kZero, Offset{0}}}, {{{kZero, Offset{10}}}});
  plan.reached(kZero, Offset{7});
  EXPECT_FALSE(plan.done());
  plan.ended(kZero);
  EXPECT_TRUE(plan.done());
}

TEST(ReadPlan, LeavesOutWhatIsOverBeforeItBegins) {
  const ReadPlan plan({{kZero, Offset{10}}, {kOne, Offset{3}}},
                      {{{kZero, Offset{10}}, {kOne, Offset{5}}}});
  EXPECT_EQ(plan.starts().size(), 1U);
  EXPECT_TRUE(ReadPlan({{kZero, Offset{10}}}, {{{kZero, Offset{10}}}}).done());
}

}  // namespace
}  // namespace app

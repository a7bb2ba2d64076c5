#include "app/reset_plan.h"

#include <gtest/gtest.h>

#include <random>

namespace app {
namespace {

const TopicPartition kPartition{TopicName{"orders"}, PartitionIndex{0}};

// Partition 100 to 200, committed 150; the first record not older than the time asked for is 170.
PartitionFacts usual() { return {kPartition, Offset{150}, Offset{100}, Offset{200}, Offset{170}}; }

TEST(ResetPlan, GoesWhereItIsTold) {
  struct Row {
    const char* why;
    ResetTarget target;
    std::int64_t to;
    const char* note;
  };
  const Row rows[] = {
      {"the start", Position{AtStart{}}, 100, ""},
      {"the end", Position{AtEnd{}}, 200, ""},
      {"an offset", Position{AtOffset{Offset{123}}}, 123, ""},
      {"an offset that was deleted", Position{AtOffset{Offset{5}}}, 100,
       "the partition starts here"},
      {"an offset to come", Position{AtOffset{Offset{900}}}, 200, "the partition ends here"},
      {"a time", Position{AtTime{Timestamp{1}}}, 170, ""},
      {"so many before the end", Position{BeforeEnd{10}}, 190, ""},
      {"more before the end than there are", Position{BeforeEnd{1000}}, 100, ""},
      {"on", ShiftBy{10}, 160, ""},
      {"back", ShiftBy{-10}, 140, ""},
      {"back too far", ShiftBy{-1000}, 100, "the partition starts here"},
      {"on beyond numbers", ShiftBy{INT64_MAX}, 200, "the partition ends here"},
      {"back beyond numbers", ShiftBy{INT64_MIN}, 100, "the partition starts here"},
      {"to what a file says", ToEach{{{kPartition, Offset{120}}}}, 120, ""},
      {"to what a file says, and is gone", ToEach{{{kPartition, Offset{7}}}}, 100,
       "the partition starts here"},
  };
  for (const Row& row : rows) {
    const auto plan = plan_reset({usual()}, row.target);
    ASSERT_EQ(plan.size(), 1U);
    EXPECT_EQ(plan[0].to.value, row.to) << row.why;
    EXPECT_EQ(plan[0].note, row.note) << row.why;
    EXPECT_EQ(plan[0].moved(), row.to - 150) << row.why;
  }
}

TEST(ResetPlan, SaysWhenThereIsNothingToGoBy) {
  PartitionFacts facts = usual();
  facts.at_time.reset();
  EXPECT_EQ(plan_reset({facts}, Position{AtTime{Timestamp{1}}})[0].note, "no record is that young");
  facts.committed.reset();
  const PlannedReset shifted = plan_reset({facts}, ShiftBy{5})[0];
  EXPECT_EQ(shifted.to, Offset{100});
  EXPECT_EQ(shifted.note, "nothing was committed");
  EXPECT_EQ(shifted.moved(), 0);
}

TEST(ResetPlan, NeverLeavesThePartition) {
  std::mt19937_64 random(7);
  const auto number = [&] { return static_cast<std::int64_t>(random() >> (random() % 64)); };
  for (int i = 0; i < 2000; ++i) {
    PartitionFacts facts = usual();
    facts.start = Offset{number() & INT64_MAX};
    facts.end = Offset{std::max(facts.start.value, number() & INT64_MAX)};
    facts.committed = Offset{number() & INT64_MAX};
    const ResetTarget targets[] = {Position{AtOffset{Offset{number()}}}, ShiftBy{number()},
                                   Position{BeforeEnd{number() & INT64_MAX}}};
    for (const ResetTarget& target : targets) {
      const Offset to = plan_reset({facts}, target)[0].to;
      EXPECT_LE(facts.start, to);
      EXPECT_LE(to, facts.end);
    }
  }
}

TEST(ResetPlan, ReadsLinesOfOffsets) {
  struct Row {
    const char* why;
    const char* line;
    std::optional<std::int64_t> offset;
    bool fine = true;
  };
  const Row rows[] = {
      {"as Kafka's tool writes it", "orders,0,12", 12},
      {"tabs", "orders\t0\t12\r", 12},
      {"blanks", "  orders 0  12", 12},
      {"empty", "", {}},
      {"a comment", "# orders,0,1", {}},
      {"no offset", "orders,0", {}, false},
      {"too many", "orders,0,1,2", {}, false},
      {"no number", "orders,zero,1", {}, false},
      {"below zero", "orders,0,-1", {}, false},
      {"beyond numbers", "orders,0,99999999999999999999", {}, false},
  };
  for (const Row& row : rows) {
    const auto line = parse_offset_line(row.line);
    ASSERT_EQ(line.has_value(), row.fine) << row.why;
    if (!line) continue;
    ASSERT_EQ(line->has_value(), row.offset.has_value()) << row.why;
    if (!*line) continue;
    EXPECT_EQ((*line)->first, kPartition) << row.why;
    EXPECT_EQ((*line)->second.value, *row.offset) << row.why;
  }
}

}  // namespace
}  // namespace app

#include "log/retain.h"

#include <gtest/gtest.h>

#include "log/epochs.h"
#include "log/recover.h"

namespace logs {
namespace {

TEST(Roll, BeforeALimitIsPassed) {
  const RollLimits limits{.segment_bytes = 1000, .segment_ms = Millis(500), .index_bytes = 120};
  const RollFacts full{.base = Offset{0},
                       .size = 900,
                       .index_entries = 3,
                       .first_timestamp = Timestamp{100},
                       .created = Timestamp{100}};
  const auto with = [&](auto change) {
    RollFacts facts = full;
    change(facts);
    return facts;
  };
  struct Case {
    const char* why;
    RollFacts active;
    Incoming in;
    bool expected;
  };
  const Incoming small{.size = 100, .last = Offset{50}, .max_timestamp = Timestamp{600}};
  const Case cases[] = {
      {"fits", full, small, false},
      {"one byte too many", full, {101, Offset{50}, Timestamp{600}}, true},
      {"too large, but the segment is empty",
       with([](auto& f) { f.size = 0; }),
       {5000, Offset{50}, {}},
       false},
      {"too old by its records", full, {100, Offset{50}, Timestamp{601}}, true},
      {"no times: by the clock",
       with([](auto& f) { f.first_timestamp = kNoTimestamp; }),
       {100, Offset{50}, kNoTimestamp},
       true},
      {"index full", with([](auto& f) { f.index_entries = 9; }), small, true},
      {"offset out of reach",
       with([](auto& f) { f.size = 0; }),
       {1, Offset{INT32_MAX + 1LL}, {}},
       true},
  };
  for (const Case& c : cases)
    EXPECT_EQ(roll_before(c.active, c.in, limits, Timestamp{700}), c.expected) << c.why;
}

TEST(Retention, TakesFromTheOldestOn) {
  const auto segments = std::vector<RetentionFacts>{{Offset{10}, 100, Timestamp{1000}},
                                                    {Offset{20}, 100, Timestamp{2000}},
                                                    {Offset{30}, 100, Timestamp{3000}}};
  struct Case {
    const char* why;
    std::int64_t now, ms, bytes, start, upper;
    std::size_t expected;
  };
  const Case cases[] = {
      {"nothing due", 2000, 1000, -1, 0, 30, 0},
      {"by time", 2001, 1000, -1, 0, 30, 1},
      {"by time, even the active one", 9000, 1000, -1, 0, 30, 3},
      {"not above the high watermark", 9000, 1000, -1, 0, 19, 1},
      {"for ever", 9000, -1, -1, 0, 30, 0},
      {"by size, never below it", 0, -1, 200, 0, 30, 1},
      {"by size, kept whole", 0, -1, 201, 0, 30, 0},
      {"by size, but not the active one", 0, -1, 0, 0, 30, 2},
      {"below the start", 0, -1, -1, 20, 30, 2},
      {"the start within a segment", 0, -1, -1, 19, 30, 1},
  };
  for (const Case& c : cases) {
    const RetentionInput input{segments, Timestamp{c.now}, Offset{c.start}, Offset{c.upper}};
    EXPECT_EQ(expired(input, {c.ms, c.bytes}), c.expected) << c.why;
  }
}

TEST(Epochs, AnswerWhereEpochsEnd) {
  Epochs epochs;
  EXPECT_FALSE(epochs.end_of(LeaderEpoch{0}, Offset{0}));
  EXPECT_TRUE(epochs.begin(LeaderEpoch{2}, Offset{10}));
  EXPECT_FALSE(epochs.begin(LeaderEpoch{2}, Offset{15})) << "known already";
  EXPECT_TRUE(epochs.begin(LeaderEpoch{5}, Offset{20}));
  const Offset end{33};
  EXPECT_EQ(epochs.end_of(LeaderEpoch{5}, end), (EpochEnd{LeaderEpoch{5}, end}));
  EXPECT_EQ(epochs.end_of(LeaderEpoch{4}, end), (EpochEnd{LeaderEpoch{2}, Offset{20}}));
  EXPECT_EQ(epochs.end_of(LeaderEpoch{2}, end), (EpochEnd{LeaderEpoch{2}, Offset{20}}));
  EXPECT_EQ(epochs.end_of(LeaderEpoch{1}, end), (EpochEnd{LeaderEpoch{1}, Offset{10}}));
  EXPECT_FALSE(epochs.end_of(LeaderEpoch{6}, end));
  EXPECT_FALSE(epochs.end_of(kNoLeaderEpoch, end));
  EXPECT_EQ(epochs.epoch_of(Offset{19}), LeaderEpoch{2});
  EXPECT_EQ(epochs.epoch_of(Offset{9}), std::nullopt);

  EXPECT_TRUE(epochs.cut_start(Offset{12}));
  EXPECT_EQ(epochs.entries().front(), (EpochStart{LeaderEpoch{2}, Offset{12}}));
  EXPECT_FALSE(epochs.cut_start(Offset{12}));
  EXPECT_TRUE(epochs.cut_end(Offset{20}));
  EXPECT_EQ(epochs.latest(), LeaderEpoch{2});
  EXPECT_TRUE(epochs.begin(LeaderEpoch{3}, Offset{12})) << "an epoch that wrote nothing goes";
  EXPECT_EQ(epochs.entries().size(), 1U);
}

TEST(Recovery, PlansOnlyWhatTheCheckpointDoesNotCover) {
  const SegmentFacts sound{.base = {}, .size = 100, .has_index = true, .index_is_sound = true};
  const auto at = [&](std::int64_t base, auto change) {
    SegmentFacts facts = sound;
    facts.base = Offset{base};
    change(facts);
    return facts;
  };
  const auto keep = [](SegmentFacts&) {};
  const std::vector<SegmentFacts> segments{
      at(0, keep), at(10, [](auto& f) { f.has_index = false; }), at(20, keep),
      at(30, [](auto& f) { f.proven = OffsetEntry{5, 60}; })};
  const SegmentPlan check_all{Action::CheckAll, 0};
  const SegmentPlan check_tail{Action::CheckTail, 60};
  const SegmentPlan build{Action::BuildIndexes, 0};
  EXPECT_EQ(plan(segments, true, Offset{0}), (std::vector<SegmentPlan>{{}, build, {}, {}}));
  EXPECT_EQ(plan(segments, false, Offset{36}),
            (std::vector<SegmentPlan>{{}, build, {}, check_tail}));
  EXPECT_EQ(plan(segments, false, Offset{29}),
            (std::vector<SegmentPlan>{{}, build, check_all, check_tail}));
  EXPECT_EQ(plan(segments, false, Offset{30})[2], check_all);
  EXPECT_EQ(plan(segments, false, Offset{31})[2], SegmentPlan{});
  EXPECT_EQ(plan(segments, false, Offset{0})[0], check_all);
  EXPECT_TRUE(plan({}, false, Offset{0}).empty());
}

}  // namespace
}  // namespace logs

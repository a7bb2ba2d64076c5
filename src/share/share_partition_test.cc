#include "share/share_partition.h"

#include <gtest/gtest.h>

#include "testing/gives.h"

namespace share {
namespace {

constexpr auto kAvailable = RecordState::Available;
constexpr auto kAcknowledged = RecordState::Acknowledged;
constexpr auto kArchived = RecordState::Archived;
const MemberId kAnn{"ann"};
const MemberId kBob{"bob"};

Range range(std::int64_t first, std::int64_t last) { return {Offset{first}, Offset{last}}; }
Instant at(int seconds) { return Instant{} + std::chrono::seconds(seconds); }
AcquiredRange got(std::int64_t first, std::int64_t last, std::int16_t count = 1) {
  return {range(first, last), count};
}

SharePartition partition_from(std::int64_t start) { return {.start = Offset{start}}; }

std::vector<AcquiredRange> take(SharePartition& partition, const MemberId& member,
                                std::vector<Range> batches, std::int64_t most = 1000,
                                const Limits& limits = {}) {
  const auto ranges = decide_acquire(
      partition, {.member = member, .batches = std::move(batches), .most_records = most}, limits);
  acquire(partition, member, ranges, at(30));
  return ranges;
}

// Acknowledges, as if the write went well at once.
ErrorCode acknowledge(SharePartition& partition, const MemberId& member,
                      std::vector<AcknowledgeBatch> batches, const Limits& limits = {}) {
  const Result<Change> change = decide_acknowledge(partition, member, batches, true, limits);
  if (!change) return change.error().code;
  begin(partition, *change, at(60));
  finish(partition, *change);
  return ErrorCode::None;
}

TEST(SharePartition, AcquiresWholeBatchesOrExactlySoMany) {
  struct Case {
    const char* why;
    Acquire wish;
    std::vector<AcquiredRange> wanted;
  };
  const std::vector<Range> three{range(10, 14), range(15, 19), range(20, 29)};
  const Case cases[] = {
      {"all of it", {kAnn, three, 100}, {got(10, 29)}},
      {"the batch in which the limit is reached ends it", {kAnn, three, 7}, {got(10, 19)}},
      {"the first batch comes whole though it is too large", {kAnn, three, 2}, {got(10, 14)}},
      {"no more than asked for, if that is asked for", {kAnn, three, 7, 0, true}, {got(10, 16)}},
      {"nothing asked for", {kAnn, three, 0}, {}},
      {"nothing at hand", {kAnn, {}, 100}, {}},
      {"ranges end with batches", {kAnn, three, 100, 5}, {got(10, 14), got(15, 19), got(20, 29)}},
      {"and have batch_size records", {kAnn, three, 100, 6}, {got(10, 19), got(20, 29)}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(decide_acquire(partition_from(10), c.wish, {}), c.wanted);
  }
}

TEST(SharePartition, GivesEachRecordToOneMember) {
  SharePartition partition = partition_from(0);
  EXPECT_EQ(take(partition, kAnn, {range(0, 4)}), std::vector{got(0, 4)});
  EXPECT_EQ(take(partition, kBob, {range(0, 4), range(5, 9)}), std::vector{got(5, 9)});
  EXPECT_EQ(take(partition, kBob, {range(0, 4), range(5, 9)}), std::vector<AcquiredRange>{});
  EXPECT_EQ(next_offset(partition), Offset{10});
}

TEST(SharePartition, GivesRecordsThatOftenCameBackApartFromOthers) {
  // Of 40 records, the middle 20 have been delivered so often.
  struct Case {
    const char* why;
    std::int16_t deliveries;
    std::int16_t limit;
    std::int64_t first;  // From where on.
    std::vector<AcquiredRange> wanted;
  };
  const Case cases[] = {
      {"twice of five is nothing yet", 2, 5, 0, {got(0, 9), got(10, 29, 3), got(30, 39)}},
      {"others before them go without them", 3, 5, 0, {got(0, 9)}},
      {"half of them, and none after", 3, 5, 10, {got(10, 19, 4)}},
      {"each alone for the last time", 4, 5, 10, {got(10, 10, 5)}},
      {"a quarter, where there is more patience", 6, 10, 10, {got(10, 14, 7)}},
      {"one at least", 18, 30, 10, {got(10, 10, 19)}},
      {"with two deliveries there is nothing to find out", 1, 2, 10, {got(10, 29, 2), got(30, 39)}},
      {"a limit that was lowered", 30'000, 3, 10, {got(10, 10, 30'001)}},
      {"a limit that was lowered to two", 30'000, 2, 10, {got(10, 10, 30'001)}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    SharePartition partition = partition_from(c.first);
    partition.runs.set(range(10, 29), {.delivery_count = c.deliveries});
    const Acquire wish{.member = kAnn, .batches = {range(0, 39)}, .most_records = 500};
    EXPECT_EQ(decide_acquire(partition, wish, {.most_deliveries = c.limit}), c.wanted);
  }
}

TEST(SharePartition, HoldsNoMoreThanItsLocks) {
  const Limits limits{.most_locks = 10};
  SharePartition partition = partition_from(0);
  EXPECT_EQ(take(partition, kAnn, {range(0, 3), range(4, 8)}, 1000, limits).size(), 1U);
  EXPECT_TRUE(has_room(partition, limits));
  EXPECT_EQ(take(partition, kAnn, {range(9, 30)}, 1000, limits), std::vector{got(9, 30)})
      << "one lock is left, and a batch is not cut";
  EXPECT_FALSE(has_room(partition, limits));
  EXPECT_TRUE(take(partition, kAnn, {range(31, 40)}, 1000, limits).empty());

  // What was released within can be had again, and no more than that.
  EXPECT_EQ(acknowledge(partition, kAnn, {{range(20, 22), {2}}}), ErrorCode::None);
  EXPECT_TRUE(has_room(partition, limits));
  EXPECT_EQ(take(partition, kBob, {range(9, 30), range(31, 40)}, 1000, limits),
            std::vector{got(20, 22, 2)});
}

TEST(SharePartition, RefusesAcknowledgementsThatMakeNoSense) {
  struct Case {
    const char* why;
    std::vector<AcknowledgeBatch> batches;
    bool may_renew;
    ErrorCode wanted;
  };
  const Case cases[] = {
      {"backwards", {{range(4, 3), {1}}}, true, ErrorCode::InvalidRequest},
      {"before all offsets", {{range(-1, 3), {1}}}, true, ErrorCode::InvalidRequest},
      {"overlapping", {{range(0, 3), {1}}, {range(3, 4), {1}}}, true, ErrorCode::InvalidRequest},
      {"no type", {{range(0, 3), {}}}, true, ErrorCode::InvalidRequest},
      {"types for some", {{range(0, 3), {1, 1}}}, true, ErrorCode::InvalidRequest},
      {"an unknown type", {{range(0, 1), {5}}}, true, ErrorCode::InvalidRequest},
      {"a negative type", {{range(0, 1), {-1}}}, true, ErrorCode::InvalidRequest},
      {"renewal where none may be", {{range(0, 1), {4}}}, false, ErrorCode::InvalidRequest},
      {"never acquired by anybody", {{range(8, 20), {1}}}, true, ErrorCode::InvalidRequest},
      {"another's", {{range(5, 6), {1}}}, true, ErrorCode::InvalidRecordState},
      {"one's own and another's", {{range(3, 5), {1}}}, true, ErrorCode::InvalidRecordState},
      {"free", {{range(8, 8), {1}}}, true, ErrorCode::InvalidRecordState},
      {"done with", {{range(2, 2), {1}}}, true, ErrorCode::InvalidRecordState},
      {"good and bad",
       {{range(3, 3), {1}}, {range(8, 8), {1}}},
       true,
       ErrorCode::InvalidRecordState},
  };
  SharePartition partition = partition_from(0);
  take(partition, kAnn, {range(0, 4)});
  take(partition, kBob, {range(5, 9)});
  ASSERT_EQ(acknowledge(partition, kAnn, {{range(2, 2), {1}}}), ErrorCode::None);
  ASSERT_EQ(acknowledge(partition, kBob, {{range(8, 8), {2}}}), ErrorCode::None);
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    const auto change = decide_acknowledge(partition, kAnn, c.batches, c.may_renew, {});
    EXPECT_EQ(change ? ErrorCode::None : change.error().code, c.wanted);
  }
}

TEST(SharePartition, MovesItsStartPastWhatIsDoneWith) {
  SharePartition partition = partition_from(0);
  take(partition, kAnn, {range(0, 9)});
  EXPECT_EQ(acknowledge(partition, kAnn, {{range(2, 5), {1, 3, 0, 2}}}), ErrorCode::None);
  EXPECT_EQ(partition.start, Offset{0});
  EXPECT_EQ(partition.complete, 3);
  EXPECT_EQ(acknowledge(partition, kAnn, {{range(0, 1), {1}}}), ErrorCode::None);
  EXPECT_EQ(partition.start, Offset{5});
  EXPECT_EQ(partition.complete, 0);
  EXPECT_EQ(next_offset(partition), Offset{5}) << "it was released";
  EXPECT_EQ(acknowledge(partition, kAnn, {{range(0, 4), {1}}}), ErrorCode::None)
      << "what lies below the start is nobody's concern any more";
}

TEST(SharePartition, ArchivesWhatWasDeliveredTooOften) {
  const Limits limits{.most_deliveries = 2};
  SharePartition partition = partition_from(0);
  take(partition, kAnn, {range(0, 0)}, 1, limits);
  EXPECT_EQ(decide_release(partition, kAnn, limits).settled,
            (std::vector<StateBatch>{{range(0, 0), kAvailable, 1}}));
  EXPECT_EQ(acknowledge(partition, kAnn, {{range(0, 0), {2}}}, limits), ErrorCode::None);
  EXPECT_EQ(take(partition, kBob, {range(0, 0)}, 1, limits), std::vector{got(0, 0, 2)});
  EXPECT_EQ(decide_expiry(partition, limits, at(30)).settled,
            (std::vector<StateBatch>{{range(0, 0), kArchived, 2}}));
}

TEST(SharePartition, FreesWhatWasLockedForTooLong) {
  SharePartition partition = partition_from(0);
  take(partition, kAnn, {range(0, 9)});
  EXPECT_EQ(next_expiry(partition), at(30));
  EXPECT_TRUE(decide_expiry(partition, {}, at(29)).empty());
  ASSERT_EQ(acknowledge(partition, kAnn, {{range(4, 5), {4}}}), ErrorCode::None);  // Until 60.
  const Change change = decide_expiry(partition, {}, at(30));
  EXPECT_EQ(change.settled,
            (std::vector<StateBatch>{{range(0, 3), kAvailable, 1}, {range(6, 9), kAvailable, 1}}));
  begin(partition, change, {});
  EXPECT_EQ(next_expiry(partition), at(60)) << "only what was renewed is still anybody's";
  EXPECT_EQ(next_offset(partition), Offset{10}) << "what is being written is not given out";
  EXPECT_EQ(acknowledge(partition, kAnn, {{range(0, 3), {1}}}), ErrorCode::InvalidRecordState);
  finish(partition, change);
  EXPECT_EQ(take(partition, kBob, {range(0, 9)}), (std::vector{got(0, 3, 2), got(6, 9, 2)}));
}

TEST(SharePartition, AFailedWriteLeavesTheRecordsWhereTheyWere) {
  SharePartition partition = partition_from(0);
  take(partition, kAnn, {range(0, 9)});
  const SharePartition before = partition;
  const auto change = decide_acknowledge(partition, kAnn, {{range(3, 5), {1}}}, false, {});
  ASSERT_TRUE(change);
  begin(partition, *change, {});
  undo(partition, *change);
  EXPECT_EQ(partition.runs, before.runs);
}

TEST(SharePartition, FollowsTheLogsStart) {
  SharePartition partition = partition_from(0);
  take(partition, kAnn, {range(0, 9)});
  ASSERT_EQ(acknowledge(partition, kAnn, {{range(5, 6), {1}}}), ErrorCode::None);
  const auto change = decide_acknowledge(partition, kAnn, {{range(2, 8), {1}}}, false, {});
  EXPECT_FALSE(change);
  const auto part = decide_acknowledge(partition, kAnn, {{range(2, 4), {1}}}, false, {});
  ASSERT_TRUE(part);
  begin(partition, *part, {});
  forget_below(partition, Offset{4});
  EXPECT_EQ(partition.start, Offset{4});
  finish(partition, *part);
  EXPECT_EQ(partition.start, Offset{7});
  EXPECT_EQ(partition.complete, 0);
  forget_below(partition, Offset{100});
  EXPECT_EQ(partition.end(), Offset{100});
  EXPECT_EQ(take(partition, kBob, {range(95, 104)}), std::vector{got(100, 104)});
}

TEST(SharePartition, PassesOverWhatTheLogHasNoRecordsFor) {
  SharePartition partition = partition_from(0);
  const std::vector<Range> batches{range(4, 5), range(8, 9)};
  skip_gaps(partition, Offset{0}, batches, Offset{10});
  EXPECT_EQ(partition.start, Offset{4});
  EXPECT_EQ(take(partition, kAnn, batches), (std::vector{got(4, 5), got(8, 9)}));
  EXPECT_EQ(partition.complete, 2);
  EXPECT_EQ(acknowledge(partition, kAnn, {{range(4, 5), {1}}}), ErrorCode::None);
  EXPECT_EQ(partition.start, Offset{8});
}

TEST(SharePartition, PassesOverWhatEndsWithNothingToRead) {
  SharePartition partition = partition_from(0);
  take(partition, kAnn, {range(0, 1)});
  skip_gaps(partition, Offset{2}, {}, Offset{7});
  EXPECT_EQ(partition.start, Offset{0}) << "somebody has the first";
  EXPECT_EQ(partition.complete, 5);
  EXPECT_EQ(next_offset(partition), Offset{7});
  EXPECT_EQ(acknowledge(partition, kAnn, {{range(0, 1), {1}}}), ErrorCode::None);
  EXPECT_EQ(partition.start, Offset{7});
  EXPECT_EQ(partition.complete, 0);
}

TEST(SharePartition, WritesWhatARestartNeeds) {
  SharePartition partition = partition_from(0);
  take(partition, kAnn, {range(0, 9)});
  const auto change =
      decide_acknowledge(partition, kAnn, {{range(0, 2), {1}}, {range(4, 6), {1, 2, 3}}}, true, {});
  ASSERT_TRUE(change);
  const Write write = to_write(partition, *change);
  EXPECT_EQ(write.start, Offset{3}) << "the records below are not worth writing";
  EXPECT_EQ(write.complete, 2);
  EXPECT_EQ(write.batches, (std::vector<StateBatch>{{range(4, 4), kAcknowledged, 1},
                                                    {range(5, 5), kAvailable, 1},
                                                    {range(6, 6), kArchived, 1}}));
}

}  // namespace
}  // namespace share

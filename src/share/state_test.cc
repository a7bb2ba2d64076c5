#include "share/state.h"

#include <gtest/gtest.h>

#include "share/state_log.h"
#include "testing/gives.h"

namespace share {
namespace {

constexpr auto kAvailable = RecordState::Available;
constexpr auto kAcknowledged = RecordState::Acknowledged;
const Key kKey{GroupId{"workers"}, TopicId{Uuid{{std::byte{7}}}}, PartitionIndex{2}};
constexpr std::int32_t kPerSnapshot = 2;
constexpr Timestamp kNow{1000};

StateBatch batch(std::int64_t first, std::int64_t last, RecordState state, std::int16_t count) {
  return {{Offset{first}, Offset{last}}, state, count};
}

State initialized(std::int32_t state_epoch = 3, std::int64_t start = 5) {
  State state;
  const auto record = decide_initialize(state, kKey, {state_epoch, Offset{start}}, kNow);
  share::apply(state, *record);
  return state;
}

ErrorCode code(const auto& result) { return result ? ErrorCode::None : result.error().code; }

Write write_at(std::int32_t state_epoch, std::int32_t leader_epoch) {
  return {.state_epoch = state_epoch, .leader_epoch = LeaderEpoch{leader_epoch}};
}

TEST(State, RefusesWhoComesTooLate) {
  State state = initialized();
  const auto takeover = decide_read(state, kKey, LeaderEpoch{4}, kPerSnapshot, kNow);
  ASSERT_TRUE(takeover && *takeover);
  share::apply(state, **takeover);
  const auto write = [&](const Write& w) { return code(decide_write(state, kKey, w, 2, kNow)); };
  const auto read = [&](int leader) {
    return code(decide_read(state, kKey, LeaderEpoch{leader}, kPerSnapshot, kNow));
  };
  EXPECT_EQ(write(write_at(3, 4)), ErrorCode::None);
  EXPECT_EQ(write(write_at(3, 3)), ErrorCode::FencedLeaderEpoch);
  EXPECT_EQ(write(write_at(2, 4)), ErrorCode::FencedStateEpoch);
  EXPECT_EQ(write(write_at(-1, -1)), ErrorCode::None) << "who names no epoch is not held to one";
  EXPECT_EQ(read(3), ErrorCode::FencedLeaderEpoch);
  EXPECT_EQ(read(4), ErrorCode::None);
  EXPECT_EQ(code(decide_initialize(state, kKey, {2, Offset{0}}, kNow)),
            ErrorCode::FencedStateEpoch);
  EXPECT_EQ(code(decide_initialize(state, kKey, {3, Offset{-2}}, kNow)), ErrorCode::InvalidRequest);
}

TEST(State, RefusesWhatWasNeverInitialized) {
  const State state;
  EXPECT_EQ(code(decide_write(state, kKey, {}, kPerSnapshot, kNow)), ErrorCode::InvalidRequest);
  EXPECT_EQ(code(decide_read(state, kKey, LeaderEpoch{0}, kPerSnapshot, kNow)),
            ErrorCode::InvalidRequest);
  EXPECT_FALSE(decide_delete(state, kKey));
}

TEST(State, RefusesBatchesThatMakeNoSense) {
  const State state = initialized();
  const StateBatch cases[] = {
      batch(4, 3, kAvailable, 1),
      batch(-1, 3, kAvailable, 1),
      batch(0, INT64_MAX, kAvailable, 1),
      batch(6, 7, kAvailable, -1),
      batch(6, 7, RecordState::Acquired, 1),
  };
  for (const StateBatch& bad : cases) {
    Write write = write_at(3, 0);
    write.batches = {bad};
    EXPECT_EQ(code(decide_write(state, kKey, write, kPerSnapshot, kNow)),
              ErrorCode::InvalidRequest);
  }
}

TEST(State, WritesASnapshotAfterSoManyUpdates) {
  State state = initialized();
  std::string kinds;
  for (int i = 0; i < 7; ++i) {
    Write write = write_at(3, 0);
    write.batches = {batch(10 + i, 10 + i, kAcknowledged, 1)};
    const auto record = decide_write(state, kKey, write, kPerSnapshot, kNow);
    ASSERT_TRUE(record);
    kinds += std::holds_alternative<Snapshot>(*record) ? 'S' : 'u';
    share::apply(state, *record);
  }
  EXPECT_EQ(kinds, "uuSuuSu");
  EXPECT_EQ(batches_of(state.find(kKey)->deliveries),
            (std::vector{batch(10, 16, kAcknowledged, 1)}));
  EXPECT_EQ(state.find(kKey)->snapshot_epoch, 2);
}

TEST(State, ASnapshotSaysAllThatIsKnown) {
  State state = initialized();
  Write write = write_at(3, 0);
  write.batches = {batch(10, 12, kAcknowledged, 1)};
  share::apply(state, *decide_write(state, kKey, write, kPerSnapshot, kNow));
  const auto snapshot = decide_snapshot(state, kKey, kNow);
  ASSERT_TRUE(snapshot);
  State fresh;
  share::apply(fresh, *snapshot);
  EXPECT_EQ(fresh.find(kKey)->deliveries, state.find(kKey)->deliveries);
  EXPECT_EQ(fresh.find(kKey)->start, state.find(kKey)->start);
  EXPECT_EQ(fresh.find(kKey)->updates, 0);
  EXPECT_FALSE(decide_snapshot(State{}, kKey, kNow));
}

TEST(State, ANewStateEpochTakesASnapshot) {
  State state = initialized();
  const auto record = decide_write(state, kKey, write_at(8, 0), kPerSnapshot, kNow);
  ASSERT_TRUE(record && std::holds_alternative<Snapshot>(*record));
  share::apply(state, *record);
  EXPECT_EQ(state.find(kKey)->state_epoch, 8);
}

TEST(State, TheLaterOfTwoWordsOnARecordCounts) {
  State state = initialized();
  const auto say = [&](StateBatch said, std::int64_t start = -1) {
    Write write = write_at(3, 0);
    write.start = Offset{start};
    write.batches = {said};
    share::apply(state, *decide_write(state, kKey, write, 100, kNow));
  };
  say(batch(5, 20, kAvailable, 1));
  say(batch(8, 9, kAcknowledged, 1));
  say(batch(5, 20, kAvailable, 1));  // Heard late.
  EXPECT_EQ(batches_of(state.find(kKey)->deliveries),
            (std::vector{batch(5, 7, kAvailable, 1), batch(8, 9, kAcknowledged, 1),
                         batch(10, 20, kAvailable, 1)}));
  say(batch(10, 12, kAcknowledged, 2), 9);
  EXPECT_EQ(batches_of(state.find(kKey)->deliveries),
            (std::vector{batch(9, 9, kAcknowledged, 1), batch(10, 12, kAcknowledged, 2),
                         batch(13, 20, kAvailable, 1)}));
}

TEST(State, RecordsComeBackAsTheyWere) {
  Stored stored{.snapshot_epoch = 4,
                .state_epoch = 2,
                .leader_epoch = LeaderEpoch{6},
                .start = Offset{10},
                .complete = 3,
                .created = Timestamp{77},
                .written = Timestamp{78}};
  stored.deliveries.set({Offset{10}, Offset{19}}, {2, kAvailable});
  stored.deliveries.set({Offset{25}, Offset{25}}, {1, RecordState::Archived});
  const Record records[] = {
      Snapshot{kKey, stored},
      Update{.key = kKey,
             .snapshot_epoch = 4,
             .leader_epoch = LeaderEpoch{6},
             .start = Offset{11},
             .complete = 1,
             .batches = {batch(11, 12, kAcknowledged, 1)}},
      Dropped{kKey},
  };
  for (const Record& record : records) {
    const Encoded encoded = encode(record);
    const std::optional<Bytes> value =
        encoded.value ? std::optional<Bytes>(*encoded.value) : std::nullopt;
    EXPECT_TRUE(testing::gives(decode(encoded.key, value), std::optional(record)));
  }
}

TEST(State, BrokenRecordsAreCorruptAndUnknownKindsAreLeftAlone) {
  const Encoded encoded = encode(Snapshot{kKey, {}});
  const Bytes value(*encoded.value);
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_EQ(code(decode(encoded.key, value.first(size))), ErrorCode::CorruptMessage);
  }
  for (std::size_t size = 0; size < encoded.key.size(); ++size) {
    EXPECT_EQ(code(decode(Bytes(encoded.key).first(size), value)), ErrorCode::CorruptMessage);
  }
  const ByteVector other{std::byte{0}, std::byte{9}, std::byte{1}};
  EXPECT_TRUE(testing::gives(decode(other, value), std::optional<Record>()));
}

TEST(StateLog, IsNeededFromTheOldestOfTheLastSnapshotsOn) {
  using enum StateLog::Mark;
  const Key other{GroupId{"others"}, {}, {}};
  StateLog log;
  EXPECT_EQ(log.needed_from(), Offset{0});
  log.note(Offset{0}, {{kKey, Whole}, {other, Whole}});
  log.note(Offset{2}, {{kKey, Added}, {other, Added}});
  log.note(Offset{4}, {{kKey, Whole}});
  EXPECT_EQ(log.needed_from(), Offset{0}) << "for the other's sake";
  log.note(Offset{5}, {{other, Gone}});
  EXPECT_EQ(log.needed_from(), Offset{4});
  log.note(Offset{6}, {{other, Added}});
  log.note(Offset{7}, {{kKey, Whole}});
  EXPECT_EQ(log.needed_from(), Offset{6}) << "an update whose snapshot nobody knows is kept";
}

TEST(StateLog, ALongLogHasItsOldSnapshotsWrittenAnew) {
  using enum StateLog::Mark;
  constexpr int kKeys = 8'000;
  const auto key = [](int i) { return Key{GroupId{"g" + std::to_string(i)}, {}, {}}; };
  StateLog log;
  for (int i = 0; i < kKeys; ++i) log.note(Offset{i}, {{key(i), Whole}});
  log.note(Offset{16'000}, {{key(9), Added}});
  EXPECT_TRUE(log.far_back().empty()) << "twice as long as what it says is not long";
  log.note(Offset{16'010}, {{key(9), Added}});
  EXPECT_EQ(log.far_back().size(), 10U);
  for (int i = 0; i < kKeys; ++i) log.note(Offset{16'011 + i}, {{key(i), Whole}});
  EXPECT_TRUE(log.far_back().empty());
  EXPECT_EQ(log.needed_from(), Offset{16'011});
}

}  // namespace
}  // namespace share

#include "log/index.h"

#include <gtest/gtest.h>

namespace logs {
namespace {

ByteVector bytes(std::initializer_list<int> values) {
  ByteVector out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

TEST(Index, EntriesAreKafkasBytes) {
  const OffsetEntry offset{.offset = 0x01020304, .position = 0x05060708};
  EXPECT_EQ(encode_all(std::vector{offset}), bytes({1, 2, 3, 4, 5, 6, 7, 8}));
  const TimeEntry time{.timestamp = Timestamp{0x0102030405060708}, .offset = 0x090a0b0c};
  EXPECT_EQ(encode_all(std::vector{time}), bytes({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
}

TEST(Index, TakesSoundFilesOnly) {
  using Entries = std::vector<OffsetEntry>;
  struct Case {
    const char* why;
    ByteVector file;
    std::optional<Entries> expected;
  };
  const Case cases[] = {
      {"empty", {}, Entries{}},
      {"one", bytes({0, 0, 0, 1, 0, 0, 0, 9}), Entries{{1, 9}}},
      {"filled up with zeros", bytes({0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0}),
       Entries{{1, 9}}},
      {"zeros only", bytes({0, 0, 0, 0, 0, 0, 0, 0}), Entries{}},
      {"cut", bytes({0, 0, 0, 1, 0, 0, 0}), std::nullopt},
      {"behind the log", bytes({0, 0, 0, 1, 0, 0, 0, 100}), std::nullopt},
      {"offsets fall", bytes({0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 4, 0, 0, 0, 10}), std::nullopt},
      {"positions stay", bytes({0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 6, 0, 0, 0, 9}), std::nullopt},
      {"a hole", bytes({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 9}), std::nullopt},
      {"a negative offset", bytes({255, 0, 0, 1, 0, 0, 0, 9}), std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(decode_offset_index(c.file, 100), c.expected) << c.why;

  const TimeEntry one{.timestamp = Timestamp{5}, .offset = 1};
  const TimeEntry two{.timestamp = Timestamp{6}, .offset = 2};
  EXPECT_EQ(decode_time_index(encode_all(std::vector{one, two})), (std::vector{one, two}));
  EXPECT_EQ(decode_time_index(encode_all(std::vector{two, one})), std::nullopt);
  EXPECT_EQ(decode_time_index(encode_all(std::vector{one, one})), std::nullopt);
  EXPECT_EQ(decode_time_index(encode_all(std::vector{one, TimeEntry{}})), std::vector{one});
  EXPECT_EQ(decode_time_index(encode_all(std::vector{TimeEntry{}, one})), std::nullopt);
}

TEST(Index, FindsTheFloor) {
  const std::vector<OffsetEntry> entries{{3, 100}, {7, 200}, {9, 300}};
  EXPECT_EQ(floor_offset(entries, 2), std::nullopt);
  EXPECT_EQ(floor_offset(entries, 3)->position, 100U);
  EXPECT_EQ(floor_offset(entries, 8)->position, 200U);
  EXPECT_EQ(floor_offset(entries, 99)->position, 300U);
  EXPECT_EQ(floor_position(entries, 99), std::nullopt);
  EXPECT_EQ(floor_position(entries, 299)->offset, 7U);
}

TEST(SparseIndex, AddsAnEntryForEachInterval) {
  SparseIndex index(Offset{10});
  const auto add = [&](std::int64_t last, std::int64_t time, std::uint32_t position) {
    return index.add({Offset{last}, Timestamp{time}, position, 60}, 100);
  };
  EXPECT_FALSE(add(12, 500, 0).offset);
  EXPECT_FALSE(add(14, 400, 60).offset);
  const auto third = add(16, 450, 120);
  EXPECT_EQ(third.offset, (OffsetEntry{6, 120}));
  EXPECT_EQ(third.time, (TimeEntry{Timestamp{500}, 2})) << "the batch that has the greatest time";
  EXPECT_FALSE(add(18, 450, 180).offset);
  const auto fifth = add(20, 450, 240);
  EXPECT_TRUE(fifth.offset);
  EXPECT_FALSE(fifth.time) << "time has not moved on";
  EXPECT_FALSE(index.finish());
  EXPECT_FALSE(add(22, 600, 300).offset);
  EXPECT_EQ(index.finish(), (TimeEntry{Timestamp{600}, 12}));
  EXPECT_FALSE(index.finish());
  EXPECT_EQ(index.max_timestamp_offset(), Offset{22});
}

}  // namespace
}  // namespace logs

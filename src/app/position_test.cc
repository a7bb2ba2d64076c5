#include "app/position.h"

#include <gtest/gtest.h>

namespace app {
namespace {

constexpr Timestamp kNow{1'795'435'262'345};

TEST(Position, IsWhatPeopleWrite) {
  struct Row {
    const char* why;
    const char* text;
    Position position;
  };
  const Row rows[] = {
      {"the start", "earliest", AtStart{}},
      {"the end", "latest", AtEnd{}},
      {"an offset", "1234", AtOffset{Offset{1234}}},
      {"the first offset", "0", AtOffset{Offset{0}}},
      {"the last ten", "-10", BeforeEnd{10}},
      {"a day", "1970-01-02", AtTime{Timestamp{86'400'000}}},
      {"milliseconds", "@86400000", AtTime{Timestamp{86'400'000}}},
      {"a time with @", "@1970-01-02T00:00Z", AtTime{Timestamp{86'400'000}}},
      {"an hour ago", "-1h", AtTime{Timestamp{kNow.value - 3'600'000}}},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_position(row.text, kNow), row.position) << row.why;
}

TEST(Position, SaysWhatItWouldTake) {
  for (const char* bad : {"", "-", "@", "--5", "-h", "first", "1.5", "12x", "99999999999999999999",
                          "-99999999999999999999", "-99999999d", "2026-13-01"}) {
    const Result<Position> position = parse_position(bad, kNow);
    ASSERT_FALSE(position) << bad;
    EXPECT_NE(position.error().detail.find("earliest"), std::string::npos) << bad;
  }
}

}  // namespace
}  // namespace app

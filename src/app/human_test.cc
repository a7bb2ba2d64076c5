#include "app/human.h"

#include <gtest/gtest.h>

namespace app {
namespace {

using namespace std::chrono_literals;

TEST(Human, SizesCountsAndRates) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(1023), "1023 B");
  EXPECT_EQ(human_size(1024), "1.0 KiB");
  EXPECT_EQ(human_size(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(human_size(1288490), "1.2 MiB");
  EXPECT_EQ(human_size(INT64_MAX), "8.0 EiB");
  EXPECT_EQ(human_size(-5), "-5 B");
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1000), "1,000");
  EXPECT_EQ(human_count(-1234567), "-1,234,567");
  EXPECT_EQ(human_rate(987), "987");
  EXPECT_EQ(human_rate(1234567), "1234.6 k");
  EXPECT_EQ(human_rate(23456789), "23.5 M");
}

TEST(Human, Durations) {
  EXPECT_EQ(human_duration(Duration(0)), "0 s");
  EXPECT_EQ(human_duration(Duration(999)), "999 ns");
  EXPECT_EQ(human_duration(1500us), "1.50 ms");
  EXPECT_EQ(human_duration(150ms), "150.0 ms");
  EXPECT_EQ(human_duration(2500ms), "2.50 s");
  EXPECT_EQ(human_duration(123s), "2 min 3 s");
  EXPECT_EQ(human_duration(2h), "2 h");
  EXPECT_EQ(human_duration(76h), "3 d 4 h");
}

TEST(Human, Times) {
  EXPECT_EQ(iso_time(Timestamp{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_time(Timestamp{1795435262345}), "2026-11-23T12:01:02.345Z");
  EXPECT_EQ(iso_time(kNoTimestamp), "-");
  EXPECT_EQ(iso_time(Timestamp{-2}), "1969-12-31T23:59:59.998Z");
  EXPECT_EQ(iso_time(Timestamp{253402300799999}), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(iso_time(Timestamp{253402300800000}), "253402300800000") << "no date has such a year";
  EXPECT_EQ(iso_time(Timestamp{INT64_MIN}), "-9223372036854775808");
}

TEST(Parse, Sizes) {
  EXPECT_EQ(parse_size("1048576"), 1048576);
  EXPECT_EQ(parse_size("1MiB"), 1 << 20);
  EXPECT_EQ(parse_size("1.5k"), 1536);
  EXPECT_EQ(parse_size("2 GB"), 2'000'000'000);
  for (const char* bad : {"", "x", "1x", "-1", "1e300", "nan", "1 M B", "1MiBs"}) {
    EXPECT_FALSE(parse_size(bad)) << bad;
  }
}

TEST(Parse, Durations) {
  EXPECT_EQ(parse_duration("250"), 250ms);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("PT1H30M"), 90min);
  EXPECT_EQ(parse_duration("P1D"), 24h);
  EXPECT_EQ(parse_duration("P1DT2H"), 26h);
  EXPECT_EQ(parse_duration("1w"), 168h);
  for (const char* bad :
       {"", "P", "h", "-5s", "5y", "P1M", "1h30", "99999999999999999999d", "1 2"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Parse, Times) {
  EXPECT_EQ(parse_time("1732363200000"), Timestamp{1732363200000});
  EXPECT_EQ(parse_time("1970-01-02"), Timestamp{86'400'000});
  EXPECT_EQ(parse_time("2026-11-23T12:01:02.345Z"), Timestamp{1795435262345});
  EXPECT_EQ(parse_time("2026-11-23 13:01:02.345+01:00"), Timestamp{1795435262345});
  EXPECT_EQ(parse_time("2026-11-23T12:01"), Timestamp{1795435260000});
  for (const char* bad : {"", "2026-13-01", "2026-02-30", "2026-11-23T24:00", "2026-11-23T12:00x",
                          "yesterday", "-5", "2026-11-23T12:00+99:00", "2026-11-23T12:00:01."}) {
    EXPECT_FALSE(parse_time(bad)) << bad;
  }
}

}  // namespace
}  // namespace app

#include "observe/log.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <thread>
#include <vector>

#include "base/ids.h"

namespace observe {
namespace {

class LogTest : public testing::Test {
 protected:
  void start(Format format, Level least = Level::Info) {
    LogSettings settings;
    settings.least = least;
    settings.format = format;
    settings.write = [this](std::string_view line) { lines.emplace_back(line); };
    settings.clock = [this] { return now; };
    set_log(std::move(settings));
  }
  void TearDown() override { set_log({}); }

  std::vector<std::string> lines;
  Timestamp now{1'795'435'267'482};  // 2026-11-23 12:01:07.482
};

TEST_F(LogTest, ReadsAsALine) {
  start(Format::Text);
  info("partition opened", {{"topic", TopicName("orders")},
                            {"partition", PartitionIndex(3)},
                            {"clean", true},
                            {"took", std::chrono::microseconds(1500)},
                            {"note", "two words"},
                            {"why", Error{ErrorCode::KafkaStorageError, "cannot = \"open\""}}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0],
            "12:01:07.482 INFO  partition opened topic=orders partition=3 clean=true took=1.500 "
            "note=\"two words\" why=\"cannot = \\\"open\\\"\"\n");
}

TEST_F(LogTest, ReadsAsJson) {
  start(Format::Json);
  warn("peer lied", {{"size", 12}, {"client", "a\"b\n\x01"}, {"share", 0.5}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0],
            "{\"time\":\"2026-11-23T12:01:07.482Z\",\"level\":\"warn\",\"event\":\"peer lied\","
            "\"size\":12,\"client\":\"a\\\"b\\n\\u0001\",\"share\":0.5}\n");
}

TEST_F(LogTest, AHostileFieldStaysOnItsLine) {
  start(Format::Text);
  info("hello", {{"client", "x\n12:00:00 ERROR forged\x1b[31m"}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(std::ranges::count(lines[0], '\n'), 1);
  EXPECT_FALSE(lines[0].contains('\x1b'));
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  start(Format::Text, Level::Warn);
  debug("a");
  info("b");
  warn("c");
  error("d");
  EXPECT_EQ(lines.size(), 2U);
}

TEST_F(LogTest, CutsAChattySiteShort) {
  start(Format::Text);
  const auto chat = [] { info("again"); };
  for (int i = 0; i < 100; ++i) chat();
  info("another site");
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(kEventsPerSecond + 1));
  now.value += 1000;
  chat();
  EXPECT_TRUE(lines.back().contains("left_out=80")) << lines.back();
}

TEST_F(LogTest, TakesEventsFromManyThreads) {
  start(Format::Text);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 1000; ++i) info("busy", {{"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(kEventsPerSecond));
}

TEST(LogOptions, AreParsed) {
  EXPECT_EQ(parse_level("warn").value(), Level::Warn);
  EXPECT_EQ(parse_level("loud").error().detail,
            "'loud' is not a log level; say debug, info, warn or error");
  EXPECT_EQ(parse_format("json").value(), Format::Json);
  EXPECT_EQ(parse_format("xml").error().detail, "'xml' is not a log format; say text or json");
}

}  // namespace
}  // namespace observe

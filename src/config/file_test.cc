#include "config/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(File, ReadsToml) {
  const Result<Pairs> pairs = parse_file("node.toml", R"(
# A comment.
log.retention.hours = 48
log.segment.bytes = "256MiB"
thalweg.durability = 'page-cache'
log.cleanup.policy = ["delete", "compact"]
auto.create.topics.enable = false
log.cleaner.min.cleanable.ratio = 0.25
"num.partitions" = 3
[metadata.log]
segment.bytes = 8388608
)");
  ASSERT_TRUE(pairs.has_value()) << pairs.error().detail;
  EXPECT_THAT(*pairs,
              ElementsAre(Pair("auto.create.topics.enable", "false"),
                          Pair("log.cleaner.min.cleanable.ratio", "0.25"),
                          Pair("log.cleanup.policy", "delete,compact"),
                          Pair("log.retention.hours", "48"), Pair("log.segment.bytes", "268435456"),
                          Pair("metadata.log.segment.bytes", "8388608"),
                          Pair("num.partitions", "3"), Pair("thalweg.durability", "page-cache")));
}

TEST(File, ReadsServerProperties) {
  const Result<Pairs> pairs = parse_file("server.properties",
                                         "# comment\n"
                                         "! another\r\n"
                                         "\n"
                                         "broker.id=0\r\n"
                                         "  log.dirs = /tmp/kafka logs  \n"
                                         "num.partitions: 3\n"
                                         "log.retention.hours 168\n"
                                         "log.cleanup.policy=delete,\\\n"
                                         "    compact\n"
                                         "broker.rack=a\\\\b\n"
                                         "log.segment.bytes=64MiB");
  ASSERT_TRUE(pairs.has_value()) << pairs.error().detail;
  EXPECT_THAT(*pairs,
              ElementsAre(Pair("broker.id", "0"), Pair("broker.rack", "a\\b"),
                          Pair("log.cleanup.policy", "delete,compact"),
                          Pair("log.dirs", "/tmp/kafka logs"), Pair("log.retention.hours", "168"),
                          Pair("log.segment.bytes", "67108864"), Pair("num.partitions", "3")));
}

TEST(File, AnEmptyFileSetsNothing) {
  EXPECT_TRUE(parse_file("a.toml", "")->empty());
  EXPECT_TRUE(parse_file("a.properties", "")->empty());
  EXPECT_TRUE(parse_file("a.properties", "\n\n#x")->empty());
}

TEST(File, TakesANameThatBeginsAnother) {
  const Result<Pairs> pairs =
      parse_file("a.toml", "'max.connections' = 9\nmax.connections.per.ip = 3\n");
  ASSERT_TRUE(pairs.has_value()) << pairs.error().detail;
  EXPECT_THAT(*pairs,
              ElementsAre(Pair("max.connections", "9"), Pair("max.connections.per.ip", "3")));
}

struct Bad {
  const char* why;
  const char* path;
  const char* text;
  const char* says;
};

TEST(File, SaysWhereItIsWrong) {
  const Bad rows[] = {
      {"misspelt", "a.toml", "\nlog.segment.byts = 1",
       "a.toml:2: unknown option log.segment.byts; did you mean log.segment.bytes?"},
      {"bad value", "a.toml", "log.segment.bytes = 'abc'",
       "a.toml:1: log.segment.bytes must be 1048576 to 2147483647, got 'abc'"},
      {"twice", "a.toml", "num.partitions = 1\nnum.partitions = 2", "a.toml:2: "},
      {"twice, written differently", "a.toml", "num.partitions = 1\n'num.partitions' = 2",
       "num.partitions is set a second time"},
      {"not TOML", "a.toml", "num.partitions = ", "a.toml:1: "},
      {"a table whose name is none", "a.toml", "\n[(rok)er]\nx = 1", "a.toml:2: "},
      {"an umlaut outside of quotes", "a.toml", "\nx = \xc3\xbc", "a.toml:2: "},
      {"a mark in a name", "a.toml", "r\xcd\x9a = 1", "a.toml:1: "},
      {"not text at all", "a.toml", "\xff\xfe\x01", "a.toml:1: "},
      {"a date", "a.toml", "num.partitions = 2020-01-01", "num.partitions takes text, a number"},
      {"a list in a list", "a.toml", "log.cleanup.policy = [['delete']]", "takes text"},
      {"a table where a value belongs", "a.toml", "[num.partitions]\nx = 1",
       "a.toml:2: unknown option num.partitions.x"},
      {"misspelt", "a.properties", "\nbroker.idd=1", "a.properties:2: unknown option broker.idd"},
      {"twice", "a.properties", "broker.id=1\nbroker.id=1", "a.properties:2: broker.id is set"},
      {"line numbers count continued lines", "a.properties", "broker.rack=a\\\nb\nx.y=1",
       "a.properties:3: "},
      {"no value", "a.properties", "num.partitions", "got ''"},
  };
  for (const Bad& row : rows) {
    const Result<Pairs> pairs = parse_file(row.path, row.text);
    ASSERT_FALSE(pairs.has_value()) << row.why;
    EXPECT_THAT(pairs.error().detail, HasSubstr(row.says)) << row.why;
    EXPECT_EQ(pairs.error().detail.find('\n'), std::string::npos) << row.why;
  }
}

TEST(Set, TakesOneOption) {
  Pairs pairs{{"num.partitions", "1"}};
  EXPECT_TRUE(set(pairs, "num.partitions=3").has_value());
  EXPECT_TRUE(set(pairs, "log.retention.ms=7d").has_value());
  EXPECT_TRUE(set(pairs, "broker.rack=a=b").has_value());
  EXPECT_THAT(pairs, ElementsAre(Pair("broker.rack", "a=b"), Pair("log.retention.ms", "604800000"),
                                 Pair("num.partitions", "3")));
  EXPECT_EQ(set(pairs, "num.partitions").error().detail,
            "--set takes KEY=VALUE, got 'num.partitions'");
  EXPECT_THAT(set(pairs, "=1").error().detail, HasSubstr("KEY=VALUE"));
  EXPECT_EQ(set(pairs, "num.partition=1").error().detail,
            "--set: unknown option num.partition; did you mean num.partitions?");
}

TEST(Markdown, TellsEveryOption) {
  const std::string text = markdown();
  for (const Option* option : all()) {
    EXPECT_THAT(text, HasSubstr("### `" + std::string(option->shown_name()) + "`"));
    EXPECT_THAT(text, HasSubstr(std::string(option->doc)));
  }
}

}  // namespace
}  // namespace config

#include "config/option.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/group_options.h"
#include "config/log_options.h"
#include "config/metadata_options.h"
#include "config/network_options.h"
#include "config/replication_options.h"

namespace config {
namespace {

using testing::HasSubstr;

TEST(Options, AreDeclaredSoundly) {
  for (const Option* option : all()) {
    SCOPED_TRACE(option->shown_name());
    EXPECT_FALSE(option->doc.empty());
    EXPECT_TRUE(option->doc.ends_with("."));
    EXPECT_LE(option->least, option->most);
    EXPECT_TRUE(parse(*option, option->shown_name(), option->fallback).has_value())
        << "the default must be a value that is taken";
    for (const std::string_view value : option->hostile) {
      if (value.empty()) continue;
      EXPECT_TRUE(parse(*option, option->shown_name(), value).has_value()) << value;
      EXPECT_NE(value, option->fallback) << "a hostile value must differ from the default";
    }
  }
}

TEST(Options, HaveNamesOfTheirOwn) {
  std::set<std::string_view> broker;
  std::set<std::string_view> topic;
  for (const Option* option : all()) {
    if (!option->name.empty()) EXPECT_TRUE(broker.insert(option->name).second) << option->name;
    for (const Synonym& synonym : option->synonyms) {
      if (!synonym.name.empty()) EXPECT_TRUE(broker.insert(synonym.name).second) << synonym.name;
    }
    if (!option->topic_name.empty()) {
      EXPECT_TRUE(topic.insert(option->topic_name).second) << option->topic_name;
    }
  }
  // TOML reads dots as tables: a name cannot be both a value and a table. Where Kafka has such a
  // pair of names, the shorter is written in quotes, and its documentation says so.
  for (const std::string_view name : broker) {
    if (find_broker_option(name)->doc.find("in quotes") != std::string_view::npos) continue;
    const auto next = broker.upper_bound(name);
    if (next != broker.end()) EXPECT_FALSE(next->starts_with(std::string(name) + ".")) << name;
  }
}

TEST(Options, AreFoundByEveryName) {
  EXPECT_EQ(find_broker_option("log.retention.ms"), &log_retention_ms);
  EXPECT_EQ(find_broker_option("log.retention.hours"), &log_retention_ms);
  EXPECT_EQ(find_topic_option("retention.ms"), &log_retention_ms);
  EXPECT_EQ(find_broker_option("retention.ms"), nullptr);
  EXPECT_EQ(find_topic_option("log.retention.ms"), nullptr);
  EXPECT_EQ(find_topic_option(""), nullptr) << "options that no topic has are not named ''";
  EXPECT_EQ(find_broker_option(""), nullptr);
}

TEST(Options, UnknownNamesGetAProposal) {
  EXPECT_EQ(unknown_broker_option("log.segment.byts").detail,
            "unknown option log.segment.byts; did you mean log.segment.bytes?");
  EXPECT_EQ(unknown_topic_option("retention.m").detail,
            "unknown option retention.m; did you mean retention.ms?");
  EXPECT_EQ(unknown_topic_option("zzzzzzzzzzzzz").detail, "unknown option zzzzzzzzzzzzz");
}

struct Bad {
  const char* why;
  const Option* option;
  const char* name;
  const char* text;
  const char* says;
};

TEST(Parse, SaysWhatAValueMayBe) {
  const Bad rows[] = {
      {"no number", &log_segment_bytes, "segment.bytes", "abc",
       "segment.bytes must be 1048576 to 2147483647, got 'abc'"},
      {"nothing", &log_segment_bytes, "segment.bytes", "", "got ''"},
      {"a number and more", &log_segment_bytes, "segment.bytes", "1048576x", "got '1048576x'"},
      {"below", &log_segment_bytes, "segment.bytes", "1048575", "1048576 to 2147483647"},
      {"above", &log_segment_bytes, "segment.bytes", "2147483648", "1048576 to 2147483647"},
      {"above 64 bits", &log_retention_ms, "retention.ms", "9223372036854775808",
       "a whole number, at least -1"},
      {"below -1", &log_retention_ms, "retention.ms", "-2", "at least -1"},
      {"units are for files", &log_retention_ms, "retention.ms", "7d", "got '7d'"},
      {"hours beyond 64 bits of ms", &log_retention_ms, "log.retention.hours", "9223372036854775",
       "log.retention.hours must be -1 to 2562047788015"},
      {"0 is no gzip level", &compression_gzip_level, "compression.gzip.level", "0",
       "-1 to 9 and not 0"},
      {"a ratio above 1", &log_cleaner_min_cleanable_ratio, "min.cleanable.dirty.ratio", "1.1",
       "0 to 1"},
      {"not a ratio", &log_cleaner_min_cleanable_ratio, "min.cleanable.dirty.ratio", "nan",
       "0 to 1"},
      {"no boolean", &auto_create_topics_enable, "auto.create.topics.enable", "yes",
       "true or false, got 'yes'"},
      {"no choice", &compression_type, "compression.type", "brotli",
       "one of producer, uncompressed, gzip, snappy, lz4, zstd"},
      {"choices mind their case", &log_message_timestamp_type, "message.timestamp.type",
       "createtime", "one of CreateTime, LogAppendTime"},
      {"a list with a stranger", &log_cleanup_policy, "cleanup.policy", "delete,shred",
       "a list of different ones of delete, compact"},
      {"a list that repeats", &log_cleanup_policy, "cleanup.policy", "delete,delete", "different"},
      {"a list with a hole", &log_cleanup_policy, "cleanup.policy", "delete,,compact", "different"},
      {"control characters are not echoed", &log_segment_bytes, "segment.bytes", "1\n\x01",
       "got '1"},
  };
  for (const Bad& row : rows) {
    const Result<Value> value = parse(*row.option, row.name, row.text);
    ASSERT_FALSE(value.has_value()) << row.why;
    EXPECT_EQ(value.error().code, ErrorCode::InvalidConfig) << row.why;
    EXPECT_THAT(value.error().detail, HasSubstr(row.says)) << row.why;
  }
}

TEST(Parse, ShowsOnlyTheStartOfALongValue) {
  const Result<Value> value = parse(log_segment_bytes, "segment.bytes", std::string(100'000, '9'));
  ASSERT_FALSE(value.has_value());
  EXPECT_LT(value.error().detail.size(), 200U);
}

TEST(Parse, ReadsWhatKafkaWrites) {
  EXPECT_EQ(parse(log_segment_bytes, "segment.bytes", " 1048576 "), Value(std::int64_t{1'048'576}));
  EXPECT_EQ(parse(log_retention_ms, "retention.ms", "-1"), Value(std::int64_t{-1}));
  EXPECT_EQ(parse(log_retention_ms, "log.retention.hours", "2"), Value(std::int64_t{7'200'000}));
  EXPECT_EQ(parse(log_retention_ms, "log.retention.hours", "-1"), Value(std::int64_t{-1}));
  EXPECT_EQ(parse(log_flush_interval_ms, "flush.ms", kForEver),
            Value(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(parse(auto_create_topics_enable, "auto.create.topics.enable", "TRUE"), Value(true));
  EXPECT_EQ(parse(log_cleaner_min_cleanable_ratio, "min.cleanable.dirty.ratio", "0.25"),
            Value(0.25));
  const Value both = std::vector<std::string>{"compact", "delete"};
  EXPECT_EQ(parse(log_cleanup_policy, "cleanup.policy", "compact, delete"), both);
  EXPECT_EQ(parse(log_cleanup_policy, "cleanup.policy", ""), Value(std::vector<std::string>{}));
}

struct Written {
  const char* why;
  const Option* option;
  const char* name;
  const char* text;
  const char* plain;  // "" where it is refused.
};

TEST(Canonical, TakesUnits) {
  const Written rows[] = {
      {"1024s", &log_segment_bytes, "log.segment.bytes", "64MiB", "67108864"},
      {"thousands", &log_segment_bytes, "log.segment.bytes", "2MB", "2000000"},
      {"a space before the unit", &log_segment_bytes, "log.segment.bytes", "1 GiB", "1073741824"},
      {"bytes", &log_segment_bytes, "log.segment.bytes", "2000000B", "2000000"},
      {"a plain number", &log_segment_bytes, "log.segment.bytes", "2000000", "2000000"},
      {"days", &log_retention_ms, "log.retention.ms", "7d", "604800000"},
      {"milliseconds", &log_retention_ms, "log.retention.ms", "5ms", "5"},
      {"minutes, not mega", &log_retention_ms, "log.retention.ms", "5m", "300000"},
      {"days as hours", &log_retention_ms, "log.retention.hours", "2d", "48"},
      {"half an hour is no hour", &log_retention_ms, "log.retention.hours", "30m", ""},
      {"no time for bytes", &log_segment_bytes, "log.segment.bytes", "5m", ""},
      {"no bytes for time", &log_retention_ms, "log.retention.ms", "5MiB", ""},
      {"no unit for a count", &num_partitions, "num.partitions", "5B", ""},
      {"no fraction", &log_segment_bytes, "log.segment.bytes", "1.5GiB", ""},
      {"over 64 bits", &log_retention_bytes, "log.retention.bytes", "9000000TiB", ""},
      {"over the bound", &log_segment_bytes, "log.segment.bytes", "2GiB", ""},
      {"a unit alone", &log_segment_bytes, "log.segment.bytes", "GiB", ""},
  };
  for (const Written& row : rows) {
    const Result<std::string> plain = canonical(*row.option, row.name, row.text);
    EXPECT_EQ(plain.value_or(""), row.plain) << row.why;
  }
}

}  // namespace
}  // namespace config

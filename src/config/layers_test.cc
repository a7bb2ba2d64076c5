#include "config/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/broker_options.h"
#include "config/log_options.h"
#include "config/replication_options.h"
#include "config/topic_options.h"

namespace config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Described& entry(const std::vector<Described>& entries, std::string_view name) {
  for (const Described& one : entries) {
    if (one.name == name) return one;
  }
  static const Described none;
  ADD_FAILURE() << "no entry " << name;
  return none;
}

TEST(Layers, TheNearestSettingCounts) {
  const Pairs topic{{"retention.ms", "5"}};
  const Pairs broker{{"log.retention.ms", "4"}};
  const Pairs default_broker{{"log.retention.ms", "3"}};
  const Pairs fixed{{"log.retention.ms", "2"}, {"log.retention.hours", "1"}};
  const Layers layers{&topic, &broker, &default_broker, &fixed};
  EXPECT_THAT(settings_of_topic(log_retention_ms, layers),
              ElementsAre(Setting{"retention.ms", "5", Source::Topic},
                          Setting{"log.retention.ms", "4", Source::DynamicBroker},
                          Setting{"log.retention.ms", "3", Source::DynamicDefaultBroker},
                          Setting{"log.retention.ms", "2", Source::Static},
                          Setting{"log.retention.hours", "1", Source::Static},
                          Setting{"log.retention.ms", "604800000", Source::Default}));
  EXPECT_EQ(settings_of_broker(log_retention_ms, layers).front().value, "4");
  EXPECT_EQ(topic_options(layers).retention, Millis(5));
}

TEST(Layers, MillisecondsWinOverMinutesOverHours) {
  Pairs fixed{{"log.retention.hours", "1"}};
  const Layers layers{.fixed = &fixed};
  EXPECT_EQ(topic_options(layers).retention, std::chrono::hours(1));
  fixed["log.retention.minutes"] = "2";
  EXPECT_EQ(topic_options(layers).retention, std::chrono::minutes(2));
  fixed["log.retention.ms"] = "3";
  EXPECT_EQ(topic_options(layers).retention, Millis(3));
}

TEST(Layers, AValueThatIsNotUnderstoodIsPassedOver) {
  const Pairs topic{{"cleanup.policy", "shred"}, {"segment.bytes", "1"}};
  const Pairs fixed{{"log.segment.bytes", "2000000"}};
  const TopicOptions options = topic_options({.topic = &topic, .fixed = &fixed});
  EXPECT_TRUE(options.cleanup_delete);
  EXPECT_EQ(options.segment_bytes, 2'000'000);
}

TEST(TopicOptions, AreKafkasWhereNothingIsSet) {
  const TopicOptions options = topic_options({});
  EXPECT_EQ(options.durability, Durability::Disk);
  EXPECT_EQ(options.max_message_bytes, 1'048'588);
  EXPECT_EQ(options.compression, Compression::Producer);
  EXPECT_EQ(options.timestamp_type, TimestampType::CreateTime);
  EXPECT_EQ(options.segment_bytes, 1 << 30);
  EXPECT_EQ(options.segment_age, std::chrono::days(7));
  EXPECT_EQ(options.retention, std::chrono::days(7));
  EXPECT_EQ(options.retention_bytes, -1);
  EXPECT_TRUE(options.cleanup_delete);
  EXPECT_FALSE(options.cleanup_compact);
  EXPECT_EQ(options.min_insync_replicas, 1);
}

TEST(TopicOptions, EnumsFollowTheirChoices) {
  const std::pair<const char*, Compression> compressions[] = {
      {"producer", Compression::Producer}, {"uncompressed", Compression::Uncompressed},
      {"gzip", Compression::Gzip},         {"snappy", Compression::Snappy},
      {"lz4", Compression::Lz4},           {"zstd", Compression::Zstd},
  };
  for (const auto& [text, meant] : compressions) {
    const Pairs topic{{"compression.type", text},
                      {"message.timestamp.type", "LogAppendTime"},
                      {"thalweg.durability", "page-cache"}};
    const TopicOptions options = topic_options({.topic = &topic});
    EXPECT_EQ(options.compression, meant) << text;
    EXPECT_EQ(options.timestamp_type, TimestampType::LogAppendTime);
    EXPECT_EQ(options.durability, Durability::PageCache);
  }
}

TEST(BrokerOptions, ComeFromTheFileAndFromRunTime) {
  const Pairs fixed{{"broker.id", "7"},
                    {"listeners", "PLAINTEXT://0.0.0.0:9093"},
                    {"log.dir", "/var/lib/thalweg"},
                    {"offsets.retention.minutes", "5"}};
  const Pairs broker{{"producer.id.expiration.ms", "9"}};
  const BrokerOptions options = broker_options({.broker = &broker, .fixed = &fixed});
  EXPECT_EQ(options.node_id, BrokerId(7));
  EXPECT_EQ(options.listener, "0.0.0.0:9093");
  EXPECT_EQ(options.data_dir, "/var/lib/thalweg");
  EXPECT_EQ(options.offsets_retention, std::chrono::minutes(5));
  EXPECT_EQ(options.producer_id_expiration, Millis(9));
  EXPECT_EQ(options.http_listener, "127.0.0.1:8080");
}

TEST(Describe, TellsATopicsSettingsAndWhereTheyComeFrom) {
  const Pairs topic{{"retention.ms", "5"}};
  const Pairs fixed{{"log.roll.hours", "2"}};
  const std::vector<Described> entries = describe_topic({.topic = &topic, .fixed = &fixed}, {});
  const Described& retention = entry(entries, "retention.ms");
  EXPECT_EQ(retention.value, "5");
  EXPECT_EQ(retention.source, Source::Topic);
  EXPECT_FALSE(retention.read_only);
  EXPECT_EQ(retention.type, Type::Long);
  EXPECT_EQ(retention.synonyms.size(), 2U);

  const Described& roll = entry(entries, "segment.ms");
  EXPECT_EQ(roll.value, "7200000") << "in the option's unit";
  EXPECT_EQ(roll.source, Source::Static);
  EXPECT_EQ(roll.synonyms.front(), (Setting{"log.roll.hours", "2", Source::Static}));
  EXPECT_EQ(entry(entries, "remote.storage.enable").source, Source::Default);
}

TEST(Describe, TellsABrokersSettings) {
  const std::vector<Described> entries = describe_broker({}, {});
  EXPECT_TRUE(entry(entries, "num.partitions").read_only);
  EXPECT_FALSE(entry(entries, "log.retention.ms").read_only);
  for (const Described& one : entries) EXPECT_FALSE(one.name.empty());
}

TEST(Describe, AnswersOnlyWhatIsAsked) {
  const std::vector<std::string> names{"retention.ms", "no.such", ""};
  const std::vector<Described> entries = describe_topic({}, names);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].name, "retention.ms");
}

struct Case {
  const char* why;
  Pairs pairs;
  const char* says;  // "" where it is fine.
};

TEST(CheckTopic, RefusesWhatATopicCannotHave) {
  const Pairs fixed{{"log.cleaner.max.compaction.lag.ms", "50"}};
  const Case rows[] = {
      {"nothing", {}, ""},
      {"fine", {{"retention.ms", "1"}, {"cleanup.policy", "compact,delete"}}, ""},
      {"nothing is deleted", {{"cleanup.policy", ""}}, ""},
      {"unknown", {{"retention.mz", "1"}}, "did you mean retention.ms?"},
      {"a broker's name", {{"log.retention.ms", "1"}}, "unknown option log.retention.ms"},
      {"a bad value", {{"segment.bytes", "1"}}, "segment.bytes must be 1048576 to 2147483647"},
      {"lags crossed", {{"min.compaction.lag.ms", "5"}, {"max.compaction.lag.ms", "4"}}, "(5)"},
      {"a lag against the broker's", {{"min.compaction.lag.ms", "51"}}, "(50)"},
      {"lags that meet", {{"min.compaction.lag.ms", "50"}}, ""},
      {"no object store", {{"remote.storage.enable", "true"}}, "no object store"},
      {"local retention means nothing yet", {{"local.retention.ms", "-2"}}, ""},
  };
  for (const Case& row : rows) {
    const Result<void> checked = check_topic(row.pairs, {.fixed = &fixed});
    EXPECT_EQ(checked.has_value(), *row.says == 0) << row.why;
    if (checked) continue;
    EXPECT_EQ(checked.error().code, ErrorCode::InvalidConfig) << row.why;
    EXPECT_THAT(checked.error().detail, HasSubstr(row.says)) << row.why;
  }
}

TEST(CheckBroker, TakesLiveOptionsOnly) {
  const Case rows[] = {
      {"live", {{"log.retention.ms", "1"}}, ""},
      {"read at the start", {{"num.partitions", "3"}}, "only when the broker starts"},
      {"a synonym", {{"log.retention.hours", "3"}}, "log.retention.ms can"},
      {"unknown", {{"log.retention.mz", "1"}}, "did you mean log.retention.ms?"},
      {"a topic's name", {{"retention.ms", "1"}}, "unknown option retention.ms"},
      {"a bad value", {{"log.retention.ms", "x"}}, "log.retention.ms must be"},
      {"lags crossed",
       {{"log.cleaner.min.compaction.lag.ms", "5"}, {"log.cleaner.max.compaction.lag.ms", "4"}},
       "(5)"},
  };
  for (const Case& row : rows) {
    const Result<void> checked = check_dynamic_broker(row.pairs);
    EXPECT_EQ(checked.has_value(), *row.says == 0) << row.why;
    if (checked) continue;
    EXPECT_EQ(checked.error().code, ErrorCode::InvalidRequest) << row.why;
    EXPECT_THAT(checked.error().detail, HasSubstr(row.says)) << row.why;
  }
}

}  // namespace
}  // namespace config

#include "config/group_settings.h"

#include <gtest/gtest.h>

#include "testing/gives.h"

namespace config {
namespace {

using To = OffsetReset::To;

TEST(GroupSettings, ReadsWhereToBegin) {
  struct Case {
    const char* text;
    OffsetReset wanted;
  };
  const Case good[] = {
      {"latest", {To::Latest, {}}},
      {"earliest", {To::Earliest, {}}},
      {"by_duration:PT1H", {To::ByDuration, std::chrono::hours(1)}},
      {"by_duration:P2D", {To::ByDuration, std::chrono::hours(48)}},
      {"by_duration:P1DT2H3M4.5S", {To::ByDuration, Millis(93'784'500)}},
      {"by_duration:PT0.25S", {To::ByDuration, Millis(250)}},
  };
  for (const Case& c : good) {
    EXPECT_TRUE(testing::gives(parse_offset_reset(c.text), c.wanted)) << c.text;
  }
  for (const char* bad :
       {"", "Latest", "none", "by_duration:", "by_duration:1h", "by_duration:P", "by_duration:PT",
        "by_duration:P1DT", "by_duration:PT5", "by_duration:-PT1H", "by_duration:PT1S2H"}) {
    const auto read = parse_offset_reset(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, ErrorCode::InvalidConfig);
  }
}

TEST(GroupSettings, ComeBeforeTheBrokers) {
  BrokerOptions broker = broker_options({});
  const Pairs group{{"share.session.timeout.ms", "50000"}, {"share.auto.offset.reset", "earliest"}};
  const GroupSettings settings = group_settings(group, broker);
  EXPECT_EQ(settings.share_session_timeout, Millis(50'000));
  EXPECT_EQ(settings.share_heartbeat_interval, broker.share_heartbeat_interval);
  EXPECT_EQ(settings.share_reset.to, To::Earliest);
}

TEST(GroupSettings, AreCheckedBeforeTheyAreTaken) {
  const BrokerOptions broker = broker_options({});
  struct Case {
    const char* name;
    const char* value;
    bool good;
  };
  const Case cases[] = {
      {"share.record.lock.duration.ms", "20000", true},
      {"share.record.lock.duration.ms", "14999", false},  // Less than the broker allows.
      {"share.record.lock.duration.ms", "60001", false},
      {"share.session.timeout.ms", "60000", true},
      {"share.session.timeout.ms", "44999", false},
      {"share.session.timeout.ms", "60001", false},
      {"share.heartbeat.interval.ms", "5000", true},
      {"share.heartbeat.interval.ms", "4999", false},
      {"share.heartbeat.interval.ms", "15001", false},
      {"share.record.lock.duration.ms", "soon", false},
      {"consumer.session.timeout.ms", "50000", true},
      {"consumer.session.timeout.ms", "30000", false},  // Less than the broker allows.
      {"consumer.session.timeout.ms", "60001", false},
      {"consumer.session.timeout.ms", "0", false},
      {"consumer.heartbeat.interval.ms", "15000", true},
      {"consumer.heartbeat.interval.ms", "4999", false},
      {"share.isolation.level", "read_committed", true},
      {"share.isolation.level", "serializable", false},
      {"share.auto.offset.reset", "by_duration:PT1H", true},
      {"share.auto.offset.reset", "tomorrow", false},
      {"share.auto.ofset.reset", "latest", false},
  };
  for (const Case& c : cases) {
    const Result<void> checked = check_group({{c.name, c.value}}, broker);
    EXPECT_EQ(checked.has_value(), c.good) << c.name << "=" << c.value;
    if (!checked) EXPECT_EQ(checked.error().code, ErrorCode::InvalidConfig);
  }
}

TEST(GroupSettings, AHeartbeatComesWithinASession) {
  BrokerOptions broker = broker_options({});
  broker.min_consumer_session_timeout = Millis(1);
  const Pairs group{{"consumer.session.timeout.ms", "6000"},
                    {"consumer.heartbeat.interval.ms", "6000"}};
  const Result<void> checked = check_group(group, broker);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::InvalidConfig);
}

TEST(GroupSettings, AreDescribedWithWhereTheyComeFrom) {
  const Pairs group{{"share.auto.offset.reset", "earliest"}};
  const auto all = describe_group(group, {}, std::nullopt);
  ASSERT_EQ(all.size(), 7U);
  for (const Described& one : all) {
    const bool set = one.name == "share.auto.offset.reset";
    EXPECT_EQ(one.source, set ? Source::Group : Source::Default) << one.name;
    EXPECT_TRUE(one.value) << one.name;
  }
  EXPECT_EQ(describe_group(group, {}, std::vector<std::string>{"share.isolation.level"}).size(),
            1U);
}

}  // namespace
}  // namespace config

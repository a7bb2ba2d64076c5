#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/apply.h"
#include "cluster/controller.h"

namespace cluster {
namespace {

using testing::HasSubstr;

constexpr std::int8_t kTopic = 2;
constexpr std::int8_t kBroker = 4;

class AlterConfigsTest : public testing::Test {
 protected:
  AlterConfigsTest() {
    Broker self;
    self.id = BrokerId(1);
    take(register_broker(*image_, self));
    const NewTopic topic{.name = TopicName("a"), .partitions = 1};
    take(create_topics(context(), {&topic, 1}).records);
  }
  void take(const std::vector<Record>& records) {
    Result<Applied> applied = cluster::apply(*image_, records);
    ASSERT_TRUE(applied.has_value()) << applied.error().detail;
    image_ = applied->image;
  }
  Context context() {
    options_ = config::broker_options(image_->broker_layers(BrokerId(1), fixed_));
    return {*image_, options_, BrokerId(1), fixed_, [] {
              Uuid id;
              id.bytes.fill(std::byte{7});
              return id;
            }};
  }
  Result<std::monostate> alter(const AlterConfigs& request) {
    Decision<std::monostate> decision = alter_configs(context(), {&request, 1});
    take(decision.records);
    return decision.outcomes.front();
  }
  Result<std::monostate> replace(const ReplaceConfigs& request) {
    Decision<std::monostate> decision = replace_configs(context(), {&request, 1});
    take(decision.records);
    return decision.outcomes.front();
  }
  const config::Pairs& settings() { return image_->config({ResourceType::Topic, "a"}); }

  ImagePtr image_ = std::make_shared<const Image>();
  config::Pairs fixed_;
  config::BrokerOptions options_;
};

constexpr std::int8_t kSet = 0;
constexpr std::int8_t kDelete = 1;
constexpr std::int8_t kAppend = 2;
constexpr std::int8_t kSubtract = 3;

TEST_F(AlterConfigsTest, ChangesOnlyWhatIsNamed) {
  ASSERT_TRUE(alter({kTopic, "a", {{"retention.ms", kSet, "5"}}}).has_value());
  ASSERT_TRUE(alter({kTopic, "a", {{"max.message.bytes", kSet, "7"}}}).has_value());
  EXPECT_EQ(settings(), (config::Pairs{{"retention.ms", "5"}, {"max.message.bytes", "7"}}));
  ASSERT_TRUE(alter({kTopic, "a", {{"retention.ms", kDelete, {}}}}).has_value());
  EXPECT_EQ(settings(), (config::Pairs{{"max.message.bytes", "7"}}));
  ASSERT_TRUE(alter({kTopic, "a", {{"max.message.bytes", kDelete, {}}}}).has_value());
  EXPECT_FALSE(image_->configs.contains({ResourceType::Topic, "a"})) << "nothing is left to keep";
}

TEST_F(AlterConfigsTest, WhatIsAsItWasWritesNothing) {
  const AlterConfigs request{kTopic, "a", {{"retention.ms", kSet, "5"}}};
  ASSERT_TRUE(alter(request).has_value());
  EXPECT_TRUE(alter_configs(context(), {&request, 1}).records.empty());
}

TEST_F(AlterConfigsTest, AddsToAndTakesFromLists) {
  ASSERT_TRUE(alter({kTopic, "a", {{"cleanup.policy", kAppend, "compact"}}}).has_value());
  EXPECT_EQ(settings().at("cleanup.policy"), "delete,compact") << "starts from the default";
  ASSERT_TRUE(alter({kTopic, "a", {{"cleanup.policy", kAppend, "compact"}}}).has_value());
  EXPECT_EQ(settings().at("cleanup.policy"), "delete,compact") << "what is there stays once";
  ASSERT_TRUE(alter({kTopic, "a", {{"cleanup.policy", kSubtract, "delete,shred"}}}).has_value());
  EXPECT_EQ(settings().at("cleanup.policy"), "compact");
  ASSERT_TRUE(alter({kTopic, "a", {{"cleanup.policy", kSubtract, "compact"}}}).has_value());
  EXPECT_EQ(settings().at("cleanup.policy"), "");
}

TEST_F(AlterConfigsTest, ReplacingUnsetsWhatIsNotNamed) {
  ASSERT_TRUE(alter({kTopic, "a", {{"retention.ms", kSet, "5"}}}).has_value());
  ASSERT_TRUE(replace({kTopic, "a", {{"max.message.bytes", "7"}}}).has_value());
  EXPECT_EQ(settings(), (config::Pairs{{"max.message.bytes", "7"}}));
  ASSERT_TRUE(replace({kTopic, "a", {}}).has_value());
  EXPECT_TRUE(settings().empty());
}

TEST_F(AlterConfigsTest, BrokersTakeLiveOptions) {
  ASSERT_TRUE(alter({kBroker, "", {{"log.retention.ms", kSet, "5"}}}).has_value());
  ASSERT_TRUE(alter({kBroker, "1", {{"log.retention.ms", kSet, "6"}}}).has_value());
  const config::Layers layers = image_->topic_layers(TopicName("a"), BrokerId(1), fixed_);
  EXPECT_EQ(layers.broker->at("log.retention.ms"), "6");
  EXPECT_EQ(layers.default_broker->at("log.retention.ms"), "5");
}

TEST_F(AlterConfigsTest, RefusesWhatCannotBe) {
  struct Row {
    const char* why;
    AlterConfigs request;
    ErrorCode code;
    const char* says;
  };
  const Row rows[] = {
      {"no such topic", {kTopic, "x", {}}, ErrorCode::UnknownTopicOrPartition, "no topic x"},
      {"no topic", {kTopic, "", {}}, ErrorCode::InvalidRequest, "all topics"},
      {"no topic name", {kTopic, "/", {}}, ErrorCode::InvalidTopicException, "a-z"},
      {"another broker", {kBroker, "2", {}}, ErrorCode::InvalidRequest, "this is broker 1"},
      {"no broker id", {kBroker, "one", {}}, ErrorCode::InvalidRequest, "'one'"},
      {"no such kind", {77, "a", {}}, ErrorCode::InvalidRequest, "resource type 77"},
      {"a kind we do not keep", {16, "g", {}}, ErrorCode::InvalidRequest, "resource type 16"},
      {"a group without a name", {32, "", {}}, ErrorCode::InvalidRequest, "belong to the broker"},
      {"no list of a group",
       {32, "g", {{"share.isolation.level", kAppend, "x"}}},
       ErrorCode::InvalidConfig,
       "no option of a group is a list"},
      {"unknown option", {kTopic, "a", {{"x", kSet, "1"}}}, ErrorCode::InvalidConfig, "option x"},
      {"unknown list", {kTopic, "a", {{"x", kAppend, "1"}}}, ErrorCode::InvalidConfig, "option x"},
      {"no list",
       {kTopic, "a", {{"retention.ms", kAppend, "1"}}},
       ErrorCode::InvalidConfig,
       "not a list"},
      {"no such operation",
       {kTopic, "a", {{"retention.ms", 9, "1"}}},
       ErrorCode::InvalidRequest,
       "no operation 9"},
      {"no value",
       {kTopic, "a", {{"retention.ms", kSet, {}}}},
       ErrorCode::InvalidRequest,
       "no value"},
      {"an option twice",
       {kTopic, "a", {{"x", kSet, "1"}, {"x", kDelete, {}}}},
       ErrorCode::InvalidRequest,
       "named twice"},
      {"one bad of two",
       {kTopic, "a", {{"retention.ms", kSet, "1"}, {"segment.bytes", kSet, "1"}}},
       ErrorCode::InvalidConfig,
       "segment.bytes must be"},
      {"a list with a stranger",
       {kTopic, "a", {{"cleanup.policy", kAppend, "shred"}}},
       ErrorCode::InvalidConfig,
       "cleanup.policy must be"},
      {"read at the start",
       {kBroker, "1", {{"num.partitions", kSet, "2"}}},
       ErrorCode::InvalidRequest,
       "only when the broker starts"},
  };
  const ImagePtr before = image_;
  for (const Row& row : rows) {
    const Result<std::monostate> outcome = alter(row.request);
    ASSERT_FALSE(outcome.has_value()) << row.why;
    EXPECT_EQ(outcome.error().code, row.code) << row.why;
    EXPECT_THAT(outcome.error().detail, HasSubstr(row.says)) << row.why;
  }
  EXPECT_FALSE(replace({kTopic, "a", {{"retention.ms", {}}}}).has_value());
  EXPECT_FALSE(replace({kTopic, "a", {{"retention.ms", "1"}, {"retention.ms", "2"}}}).has_value());
  EXPECT_TRUE(*image_ == *before);
}

TEST_F(AlterConfigsTest, AResourceStandsOnceInARequest) {
  const AlterConfigs twice[] = {{kTopic, "a", {{"retention.ms", kSet, "1"}}},
                                {kTopic, "a", {{"retention.ms", kSet, "2"}}}};
  for (const auto& outcome : alter_configs(context(), twice).outcomes) {
    EXPECT_EQ(outcome.error().code, ErrorCode::InvalidRequest);
  }
}

TEST_F(AlterConfigsTest, SettingsGoWithTheirTopic) {
  ASSERT_TRUE(alter({kTopic, "a", {{"retention.ms", kSet, "5"}}}).has_value());
  const TopicRef ref{.name = TopicName("a"), .id = {}};
  take(delete_topics(context(), {&ref, 1}).records);
  EXPECT_TRUE(image_->configs.empty());
}

}  // namespace
}  // namespace cluster

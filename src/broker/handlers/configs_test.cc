// DescribeConfigs, AlterConfigs and IncrementalAlterConfigs.
#include "broker/broker_fixture.h"
#include "wire/032_describe_configs.h"
#include "wire/033_alter_configs.h"
#include "wire/044_incremental_alter_configs.h"

namespace broker {
namespace {

constexpr std::int8_t kTopic = 2, kBroker = 4, kLogger = 8;
constexpr std::int8_t kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3;

class Configs : public BrokerTest {
 protected:
  using Described = wire::DescribeConfigsResponse::DescribeConfigsResult;

  Described describe(std::int8_t type, const std::string& name,
                     std::optional<std::vector<std::string>> keys = {}, wire::Version version = 4) {
    wire::DescribeConfigsRequest request{.include_synonyms = true,
                                         .include_documentation = version >= 3};
    request.resources.push_back(
        {.resource_type = type, .resource_name = name, .configuration_keys = std::move(keys)});
    return ask<wire::DescribeConfigsResponse>(request, version).results.at(0);
  }
  std::optional<std::string> value(std::int8_t type, const std::string& name,
                                   const std::string& key) {
    return describe(type, name, {{key}}).configs.at(0).value;
  }
  ErrorCode alter(std::int8_t type, const std::string& name, const std::string& key,
                  std::int8_t operation, std::optional<std::string> to,
                  bool validate_only = false) {
    wire::IncrementalAlterConfigsRequest request{.validate_only = validate_only};
    request.resources.push_back(
        {.resource_type = type,
         .resource_name = name,
         .configs = {{.name = key, .config_operation = operation, .value = std::move(to)}}});
    const auto answer = ask<wire::IncrementalAlterConfigsResponse>(request);
    EXPECT_EQ(answer.responses.at(0).resource_name, name);
    return answer.responses.at(0).error_code;
  }
  ErrorCode replace(std::int8_t type, const std::string& name,
                    const std::vector<std::pair<std::string, std::optional<std::string>>>& with,
                    bool validate_only = false) {
    wire::AlterConfigsRequest request{.validate_only = validate_only};
    auto& resource = request.resources.emplace_back();
    resource.resource_type = type;
    resource.resource_name = name;
    for (const auto& [key, to] : with) resource.configs.push_back({key, to});
    return ask<wire::AlterConfigsResponse>(request).responses.at(0).error_code;
  }
};

TEST_F(Configs, AreDescribedWithWhereTheyComeFrom) {
  start({"log.retention.ms=5000"});
  create_topic("orders", 1, {{"segment.bytes", "1048576"}});
  for (wire::Version version = 1; version <= 4; ++version) {
    const auto all = describe(kTopic, "orders", {}, version);
    EXPECT_EQ(all.error_code, ErrorCode::None);
    EXPECT_GT(all.configs.size(), 20U);
  }
  const auto set = describe(kTopic, "orders", {{"segment.bytes"}}).configs.at(0);
  EXPECT_EQ(set.value, "1048576");
  EXPECT_EQ(set.config_source, 1) << "the topic's own";
  EXPECT_EQ(set.synonyms.size(), 2U) << "and the default below";
  EXPECT_TRUE(set.documentation && !set.documentation->empty());
  const auto inherited = describe(kTopic, "orders", {{"retention.ms"}}).configs.at(0);
  EXPECT_EQ(inherited.value, "5000");
  EXPECT_EQ(inherited.config_source, 4) << "what the broker was started with";
  EXPECT_EQ(value(kBroker, "1", "log.retention.ms"), "5000");
  EXPECT_TRUE(describe(kBroker, "1", {{"node.id"}}).configs.at(0).read_only);
  EXPECT_TRUE(describe(kTopic, "orders", {{"no.such.option"}}).configs.empty());
  EXPECT_TRUE(describe(kBroker, "").configs.empty()) << "nothing was set for all brokers";
  EXPECT_TRUE(describe(kLogger, "1").configs.empty());
}

TEST_F(Configs, OfWhatIsNotThere) {
  start();
  const struct {
    const char* why;
    std::int8_t type;
    const char* name;
    ErrorCode code;
  } cases[] = {
      {"no such topic", kTopic, "nowhere", ErrorCode::UnknownTopicOrPartition},
      {"no name of a topic", kTopic, "no/name", ErrorCode::InvalidTopicException},
      {"another broker", kBroker, "2", ErrorCode::InvalidRequest},
      {"no number", kBroker, "one", ErrorCode::InvalidRequest},
      {"no such resource", 77, "orders", ErrorCode::InvalidRequest},
  };
  for (const auto& c : cases) {
    const Described answer = describe(c.type, c.name);
    EXPECT_EQ(answer.error_code, c.code) << c.why;
    EXPECT_EQ(answer.resource_name, c.name) << c.why;
    EXPECT_EQ(alter(c.type, c.name, "segment.bytes", kSet, "1048576"), c.code) << c.why;
    EXPECT_EQ(replace(c.type, c.name, {{"segment.bytes", "1048576"}}), c.code) << c.why;
  }
}

TEST_F(Configs, AreChangedOneByOne) {
  start();
  create_topic("orders");
  const struct {
    const char* why;
    const char* key;
    std::int8_t operation;
    std::optional<std::string> to;
    bool validate_only;
    ErrorCode code;
    const char* then;
  } steps[] = {
      {"only asked", "retention.ms", kSet, "9000", true, ErrorCode::None, "604800000"},
      {"set", "retention.ms", kSet, "9000", false, ErrorCode::None, "9000"},
      {"out of bounds", "retention.ms", kSet, "-7", false, ErrorCode::InvalidConfig, "9000"},
      {"no number", "retention.ms", kSet, "soon", false, ErrorCode::InvalidConfig, "9000"},
      {"no value", "retention.ms", kSet, {}, false, ErrorCode::InvalidRequest, "9000"},
      {"no operation", "retention.ms", 9, "1", false, ErrorCode::InvalidRequest, "9000"},
      {"not a list", "retention.ms", kAppend, "1", false, ErrorCode::InvalidConfig, "9000"},
      {"taken back", "retention.ms", kDelete, {}, false, ErrorCode::None, "604800000"},
      {"a list added to", "cleanup.policy", kAppend, "compact", false, ErrorCode::None,
       "delete,compact"},
      {"and taken from", "cleanup.policy", kSubtract, "delete", false, ErrorCode::None, "compact"},
  };
  for (const auto& step : steps) {
    EXPECT_EQ(alter(kTopic, "orders", step.key, step.operation, step.to, step.validate_only),
              step.code)
        << step.why;
    EXPECT_EQ(value(kTopic, "orders", step.key), step.then) << step.why;
  }
  EXPECT_EQ(alter(kTopic, "orders", "retention.ns", kSet, "1"), ErrorCode::InvalidConfig);
}

TEST_F(Configs, OfBrokersThatMayChangeWhileTheyRun) {
  start();
  EXPECT_EQ(alter(kBroker, "1", "max.connections", kSet, "77"), ErrorCode::None);
  EXPECT_EQ(value(kBroker, "1", "max.connections"), "77");
  EXPECT_EQ(alter(kBroker, "", "max.connections", kSet, "88"), ErrorCode::None);
  EXPECT_EQ(value(kBroker, "", "max.connections"), "88");
  EXPECT_EQ(value(kBroker, "1", "max.connections"), "77") << "its own goes first";
  EXPECT_EQ(alter(kBroker, "1", "log.dirs", kSet, "/elsewhere"), ErrorCode::InvalidRequest)
      << "needs a restart";
}

TEST_F(Configs, AreReplacedAsAWhole) {
  start();
  create_topic("orders", 1, {{"retention.ms", "9000"}, {"segment.bytes", "1048576"}});
  EXPECT_EQ(replace(kTopic, "orders", {{"retention.ms", "7000"}}, true), ErrorCode::None);
  EXPECT_EQ(value(kTopic, "orders", "retention.ms"), "9000") << "it was only asked";
  EXPECT_EQ(replace(kTopic, "orders", {{"retention.ms", "7000"}}), ErrorCode::None);
  EXPECT_EQ(value(kTopic, "orders", "retention.ms"), "7000");
  EXPECT_EQ(value(kTopic, "orders", "segment.bytes"), "1073741824") << "what is not named goes";
  EXPECT_EQ(replace(kTopic, "orders", {{"retention.ms", "x"}}), ErrorCode::InvalidConfig);
  EXPECT_EQ(replace(kTopic, "orders", {{"retention.ms", {}}}), ErrorCode::InvalidRequest);
  EXPECT_EQ(replace(kTopic, "orders", {{"retention.ms", "1"}, {"retention.ms", "2"}}),
            ErrorCode::InvalidRequest);
}

TEST_F(Configs, AResourceNamedTwiceIsRefused) {
  start();
  create_topic("orders");
  wire::IncrementalAlterConfigsRequest request;
  request.resources.push_back({.resource_type = kTopic, .resource_name = "orders"});
  request.resources.push_back({.resource_type = kTopic, .resource_name = "orders"});
  const auto answer = ask<wire::IncrementalAlterConfigsResponse>(request);
  EXPECT_EQ(answer.responses.at(0).error_code, ErrorCode::InvalidRequest);
  EXPECT_EQ(answer.responses.at(1).error_code, ErrorCode::InvalidRequest);
}

TEST_F(Configs, AFullDiskIsTold) {
  start();
  create_topic("orders");
  home_.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, "__cluster_metadata");
  EXPECT_EQ(alter(kTopic, "orders", "retention.ms", kSet, "9000"), ErrorCode::KafkaStorageError);
  EXPECT_EQ(value(kTopic, "orders", "retention.ms"), "604800000");
  home_.disk().fail_next(sim::DiskCall::Write, sim::Fault::NoSpace, "__cluster_metadata");
  EXPECT_EQ(replace(kTopic, "orders", {{"retention.ms", "9000"}}), ErrorCode::KafkaStorageError);
}

}  // namespace
}  // namespace broker

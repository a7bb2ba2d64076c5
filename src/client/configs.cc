#include "client/configs.h"

#include <algorithm>
#include <charconv>

#include "base/similar.h"
#include "client/topics.h"
#include "wire/032_describe_configs.h"
#include "wire/044_incremental_alter_configs.h"

namespace client {

namespace {

constexpr std::int8_t kSet = 0;
constexpr std::int8_t kDelete = 1;

std::string described(const Resource& resource) {
  switch (resource.type) {
    case ResourceType::Topic:
      return fmt::format("topic '{}'", resource.name);
    case ResourceType::Broker:
      return resource.name.empty() ? "all brokers" : fmt::format("broker {}", resource.name);
    case ResourceType::Group:
      return fmt::format("group '{}'", resource.name);
  }
  return resource.name;
}

// A broker answers for its own configuration; anything else every broker knows.
env::Task<Result<Connection*>> who_knows(Cluster& cluster, Resource resource) {
  if (resource.type != ResourceType::Broker || resource.name.empty()) co_return &cluster.any();
  std::int32_t id = -1;
  const char* const end = resource.name.data() + resource.name.size();
  if (std::from_chars(resource.name.data(), end, id).ptr != end) {
    co_return fail(ErrorCode::InvalidRequest, fmt::format("'{}' is no broker id", resource.name));
  }
  co_return co_await cluster.broker(BrokerId{id});
}

ConfigEntry entry_of(const wire::DescribeConfigsResponse::DescribeConfigsResourceResult& from) {
  return {from.name,      from.value,        static_cast<ConfigSource>(from.config_source),
          from.read_only, from.is_sensitive, from.documentation.value_or("")};
}

// A refusal that names an unknown option gets a suggestion.
env::Task<Error> with_suggestion(Cluster& cluster, Resource resource,
                                 std::vector<ConfigChange> changes, Error refusal) {
  Result<std::vector<ConfigEntry>> known =
      co_await describe_configs(cluster, std::move(resource), false);
  if (!known) co_return refusal;
  std::vector<std::string> names;
  for (const ConfigEntry& entry : *known) names.push_back(entry.name);
  for (const ConfigChange& change : changes) {
    if (std::ranges::find(names, change.name) != names.end()) continue;
    if (const auto near = most_similar(change.name, names)) {
      refusal.detail += fmt::format("\nDid you mean {}?", *near);
      co_return refusal;
    }
  }
  co_return refusal;
}

}  // namespace

std::string_view name_of(ConfigSource source) {
  switch (source) {
    case ConfigSource::Topic:
      return "topic";
    case ConfigSource::DynamicBroker:
      return "broker, at run time";
    case ConfigSource::DynamicDefaultBroker:
      return "all brokers, at run time";
    case ConfigSource::StaticBroker:
      return "broker's config file";
    case ConfigSource::Default:
      return "default";
    case ConfigSource::DynamicBrokerLogger:
      return "broker's logger";
    case ConfigSource::ClientMetrics:
      return "client metrics";
    case ConfigSource::Group:
      return "group";
    case ConfigSource::Unknown:
      break;
  }
  return "unknown";
}

env::Task<Result<std::vector<ConfigEntry>>> describe_configs(Cluster& cluster, Resource resource,
                                                             bool documentation) {
  CO_TRY(Connection * broker, co_await who_knows(cluster, resource));
  CO_TRY(const wire::Version version, broker->common_version(wire::DescribeConfigsRequest::api));
  wire::DescribeConfigsRequest request;
  request.include_documentation = documentation && version >= 3;
  auto& wanted = request.resources.emplace_back();
  wanted.resource_type = std::to_underlying(resource.type);
  wanted.resource_name = resource.name;
  CO_TRY(const wire::DescribeConfigsResponse response,
         co_await broker->ask(std::move(request), wire::read_describe_configs_response));
  if (response.results.size() != 1) {
    co_return fail(ErrorCode::UnknownServerError, "the broker did not answer for what was asked");
  }
  const auto& result = response.results.front();
  if (result.error_code == ErrorCode::UnknownTopicOrPartition) {
    CO_TRY_VOID(
        co_await find_topic(cluster, TopicName{resource.name}));  // Its error suggests a name.
  }
  if (result.error_code != ErrorCode::None) {
    co_return fail(broker_error(result.error_code, result.error_message,
                                fmt::format("cannot read the config of {}", described(resource))));
  }
  std::vector<ConfigEntry> entries;
  for (const auto& config : result.configs) entries.push_back(entry_of(config));
  std::ranges::sort(entries, {}, &ConfigEntry::name);
  co_return entries;
}

env::Task<Result<void>> alter_configs(Cluster& cluster, Resource resource,
                                      std::vector<ConfigChange> changes, bool validate_only) {
  CO_TRY(Connection * broker, co_await who_knows(cluster, resource));
  wire::IncrementalAlterConfigsRequest request{.validate_only = validate_only};
  auto& wanted = request.resources.emplace_back();
  wanted.resource_type = std::to_underlying(resource.type);
  wanted.resource_name = resource.name;
  for (const ConfigChange& change : changes) {
    wanted.configs.push_back({change.name, change.value ? kSet : kDelete, change.value});
  }
  CO_TRY(const wire::IncrementalAlterConfigsResponse response,
         co_await broker->ask(std::move(request), wire::read_incremental_alter_configs_response));
  if (response.responses.size() != 1) {
    co_return fail(ErrorCode::UnknownServerError, "the broker did not answer for what was asked");
  }
  const auto& result = response.responses.front();
  if (result.error_code == ErrorCode::None) co_return Result<void>{};
  if (result.error_code == ErrorCode::UnknownTopicOrPartition) {
    CO_TRY_VOID(
        co_await find_topic(cluster, TopicName{resource.name}));  // Its error suggests a name.
  }
  Error refusal =
      broker_error(result.error_code, result.error_message,
                   fmt::format("the config of {} was not changed", described(resource)));
  const Error error = co_await with_suggestion(cluster, std::move(resource), std::move(changes),
                                               std::move(refusal));
  co_return fail(error);
}

}  // namespace client

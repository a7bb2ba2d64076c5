// Shows what topics and brokers are configured to, and where each value comes from.
#include "wire/032_describe_configs.h"

#include "broker/engine.h"
#include "broker/handlers/handlers.h"
#include "cluster/controller.h"
#include "config/group_settings.h"

namespace broker {
namespace {

using Request = wire::DescribeConfigsRequest;
using Response = wire::DescribeConfigsResponse;
using Resource = Response::DescribeConfigsResult;
using Shown = Response::DescribeConfigsResourceResult;
using Names = std::optional<std::vector<std::string>>;

Result<std::vector<config::Described>> describe_topic(Call& call, const TopicName& topic,
                                                      const Names& names) {
  TRY_VOID(cluster::check_topic_name(topic));
  if (!call.image().find(topic)) {
    return fail(ErrorCode::UnknownTopicOrPartition, "there is no topic '" + topic.value + "'");
  }
  const Node& node = call.engine().node();
  return config::describe_topic(call.image().topic_layers(topic, node.id, node.fixed), names);
}

// A broker's name is its id. The empty name asks for what was set for all brokers alike.
Result<std::vector<config::Described>> describe_broker(Call& call, const std::string& name,
                                                       const Names& names) {
  const Node& node = call.engine().node();
  config::Layers layers = call.image().broker_layers(node.id, node.fixed);
  if (!name.empty()) {
    if (name != std::to_string(node.id.value)) {
      return fail(ErrorCode::InvalidRequest, "this is broker " + std::to_string(node.id.value) +
                                                 ", it cannot tell about broker '" + name + "'");
    }
    return config::describe_broker(layers, names);
  }
  std::vector<config::Described> all =
      config::describe_broker({.default_broker = layers.default_broker}, names);
  std::erase_if(all, [](const config::Described& option) {
    return option.source != config::Source::DynamicDefaultBroker;
  });
  return all;
}

Result<std::vector<config::Described>> describe_group(Call& call, const std::string& name,
                                                      const Names& names) {
  if (name.empty()) return fail(ErrorCode::InvalidRequest, "the group's name is empty");
  const Node& node = call.engine().node();
  return config::describe_group(call.image().config({cluster::ResourceType::Group, name}),
                                call.image().broker_layers(node.id, node.fixed), names);
}

Result<std::vector<config::Described>> describe(Call& call,
                                                const Request::DescribeConfigsResource& wanted) {
  using cluster::ResourceType;
  switch (static_cast<ResourceType>(wanted.resource_type)) {
    case ResourceType::Topic:
      return describe_topic(call, TopicName{wanted.resource_name}, wanted.configuration_keys);
    case ResourceType::Broker:
      return describe_broker(call, wanted.resource_name, wanted.configuration_keys);
    case ResourceType::BrokerLogger:
    case ResourceType::ClientMetrics:
      return std::vector<config::Described>();  // Nothing can be set for these yet.
    case ResourceType::Group:
      return describe_group(call, wanted.resource_name, wanted.configuration_keys);
  }
  return fail(ErrorCode::InvalidRequest,
              "no such type of resource: " + std::to_string(wanted.resource_type));
}

Shown show(config::Described& option, const Request& request) {
  Shown shown{.name = std::move(option.name),
              .value = std::move(option.value),
              .read_only = option.read_only,
              .config_source = static_cast<std::int8_t>(option.source),
              .is_sensitive = option.sensitive,
              .config_type = static_cast<std::int8_t>(option.type)};
  if (request.include_documentation) shown.documentation = std::move(option.doc);
  if (request.include_synonyms) {
    for (config::Setting& setting : option.synonyms) {
      shown.synonyms.push_back(
          {.name = std::move(setting.name),
           .value = option.sensitive ? std::optional<std::string>() : std::move(setting.value),
           .source = static_cast<std::int8_t>(setting.source)});
    }
  }
  return shown;
}

}  // namespace

env::Task<Response> describe_configs(Call& call, Request request) {
  Response response;
  for (const Request::DescribeConfigsResource& wanted : request.resources) {
    Resource& result = response.results.emplace_back();
    result.resource_type = wanted.resource_type;
    result.resource_name = wanted.resource_name;
    Result<std::vector<config::Described>> options = describe(call, wanted);
    if (!options) {
      result.error_code = options.error().code;
      result.error_message = options.error().detail;
      continue;
    }
    for (config::Described& option : *options) result.configs.push_back(show(option, request));
  }
  co_return response;
}

}  // namespace broker

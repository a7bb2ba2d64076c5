#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "cluster/controller.h"
#include "config/group_settings.h"

namespace cluster {
namespace {

Result<Resource> find_resource(const Context& context, std::int8_t type, const std::string& name) {
  const auto invalid = [](std::string why) {
    return fail(ErrorCode::InvalidRequest, std::move(why));
  };
  const auto kind = static_cast<ResourceType>(type);
  if (kind == ResourceType::Topic) {
    if (name.empty()) return invalid("settings for all topics belong to the broker");
    TRY_VOID(check_topic_name(TopicName(name)));
    if (!context.image.find(TopicName(name))) {
      return fail(ErrorCode::UnknownTopicOrPartition, fmt::format("there is no topic {}", name));
    }
    return Resource{kind, name};
  }
  if (kind == ResourceType::Broker) {
    const std::string self = std::to_string(context.self.value);
    if (name.empty() || name == self) return Resource{kind, name};
    return invalid(fmt::format("this is broker {}, it cannot alter broker '{}'", self, name));
  }
  if (kind == ResourceType::Group) {
    if (name.empty()) return invalid("settings for all groups belong to the broker");
    return Resource{kind, name};
  }
  return invalid(fmt::format("this broker keeps no settings of resource type {}", type));
}

Result<void> check_settings(const Context& context, const Resource& resource,
                            const config::Pairs& pairs) {
  if (resource.type == ResourceType::Broker) return config::check_dynamic_broker(pairs);
  if (resource.type == ResourceType::Group) {
    const config::Layers broker = context.image.broker_layers(context.self, context.fixed);
    return config::check_group(pairs, config::broker_options(broker));
  }
  return config::check_topic(pairs, context.image.broker_layers(context.self, context.fixed));
}

// Records that make `before` into `after`.
std::vector<Record> difference(const Resource& resource, const config::Pairs& before,
                               const config::Pairs& after) {
  std::vector<Record> records;
  const auto add = [&](const std::string& name, std::optional<std::string> value) {
    records.emplace_back(wire::ConfigRecord{
        .resource_type = static_cast<std::int8_t>(resource.type),
        .resource_name = resource.name,
        .name = name,
        .value = std::move(value),
    });
  };
  for (const auto& [name, value] : after) {
    const auto at = before.find(name);
    if (at == before.end() || at->second != value) add(name, value);
  }
  for (const auto& [name, value] : before) {
    if (!after.contains(name)) add(name, std::nullopt);
  }
  return records;
}

Result<void> check_names(std::span<const std::string> names) {
  const std::set<std::string> different(names.begin(), names.end());
  if (different.size() == names.size()) return {};
  return fail(ErrorCode::InvalidRequest, "an option is named twice for one resource");
}

std::unexpected<Error> no_value(const std::string& name) {
  return fail(ErrorCode::InvalidRequest, fmt::format("option {} has no value", name));
}

Result<config::Pairs> replaced(const ReplaceConfigs& request) {
  config::Pairs pairs;
  std::vector<std::string> names;
  for (const auto& [name, value] : request.settings) {
    if (!value) return no_value(name);
    names.push_back(name);
    pairs.insert_or_assign(name, *value);
  }
  TRY_VOID(check_names(names));
  return pairs;
}

const config::Option* find_option(const Resource& resource, const std::string& name) {
  return resource.type == ResourceType::Topic ? config::find_topic_option(name)
                                              : config::find_broker_option(name);
}

// What a list holds now, whoever set it.
std::vector<std::string> list_now(const Context& context, const Resource& resource,
                                  const config::Option& option, const config::Pairs& pairs) {
  config::Layers layers = context.image.broker_layers(context.self, context.fixed);
  if (resource.type == ResourceType::Topic) {
    layers.topic = &pairs;
  } else if (resource.name.empty()) {
    layers.broker = nullptr;
    layers.default_broker = &pairs;
  } else {
    layers.broker = &pairs;
  }
  return std::get<std::vector<std::string>>(config::value_of(option, layers));
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) items.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

Result<void> change_list(const Context& context, const Resource& resource,
                         const AlterConfigs::Change& change, config::Pairs& pairs) {
  if (resource.type == ResourceType::Group) {
    return fail(ErrorCode::InvalidConfig, "no option of a group is a list");
  }
  const config::Option* option = find_option(resource, change.name);
  if (!option) {
    return fail(resource.type == ResourceType::Topic ? config::unknown_topic_option(change.name)
                                                     : config::unknown_broker_option(change.name));
  }
  if (option->type != config::Type::List) {
    return fail(
        ErrorCode::InvalidConfig,
        fmt::format("{} is not a list: it can be set, not added to or taken from", change.name));
  }
  std::vector<std::string> items = list_now(context, resource, *option, pairs);
  for (const std::string& item : split(*change.value)) {
    const auto at = std::ranges::find(items, item);
    if (change.op == static_cast<std::int8_t>(AlterOp::Append)) {
      if (at == items.end()) items.push_back(item);
    } else if (at != items.end()) {
      items.erase(at);
    }
  }
  pairs.insert_or_assign(change.name, fmt::format("{}", fmt::join(items, ",")));
  return {};
}

Result<void> change_one(const Context& context, const Resource& resource,
                        const AlterConfigs::Change& change, config::Pairs& pairs) {
  const auto op = static_cast<AlterOp>(change.op);
  if (op == AlterOp::Delete) {
    pairs.erase(change.name);
    return {};
  }
  if (!change.value) return no_value(change.name);
  switch (op) {
    case AlterOp::Set:
      pairs.insert_or_assign(change.name, *change.value);
      return {};
    case AlterOp::Append:
    case AlterOp::Subtract:
      return change_list(context, resource, change, pairs);
    default:
      break;
  }
  return fail(ErrorCode::InvalidRequest,
              fmt::format("option {}: there is no operation {}", change.name, change.op));
}

Result<config::Pairs> altered(const Context& context, const Resource& resource,
                              const AlterConfigs& request) {
  std::vector<std::string> names;
  for (const AlterConfigs::Change& change : request.changes) names.push_back(change.name);
  TRY_VOID(check_names(names));
  config::Pairs pairs = context.image.config(resource);
  for (const AlterConfigs::Change& change : request.changes) {
    TRY_VOID(change_one(context, resource, change, pairs));
  }
  return pairs;
}

// Takes each request through `make`, which gives a resource's settings as they shall be.
template <class Request, class Make>
Decision<std::monostate> decide(const Context& context, std::span<const Request> requests,
                                Make make) {
  std::map<std::pair<std::int8_t, std::string>, int> times_named;
  for (const Request& request : requests) ++times_named[{request.type, request.name}];

  const auto records_for = [&](const Request& request) -> Result<std::vector<Record>> {
    if (times_named[{request.type, request.name}] > 1) {
      return fail(ErrorCode::InvalidRequest, "a resource is named twice in the request");
    }
    const Resource resource = TRY(find_resource(context, request.type, request.name));
    const config::Pairs pairs = TRY(make(resource, request));
    TRY_VOID(check_settings(context, resource, pairs));
    return difference(resource, context.image.config(resource), pairs);
  };
  Decision<std::monostate> decision;
  for (const Request& request : requests) {
    const Result<std::vector<Record>> records = records_for(request);
    if (!records) {
      decision.outcomes.emplace_back(fail(records.error()));
      continue;
    }
    decision.records.insert(decision.records.end(), records->begin(), records->end());
    decision.outcomes.emplace_back(std::monostate{});
  }
  return decision;
}

}  // namespace

Decision<std::monostate> replace_configs(const Context& context,
                                         std::span<const ReplaceConfigs> requests) {
  return decide(context, requests,
                [](const Resource&, const ReplaceConfigs& request) { return replaced(request); });
}

Decision<std::monostate> alter_configs(const Context& context,
                                       std::span<const AlterConfigs> requests) {
  return decide(context, requests, [&](const Resource& resource, const AlterConfigs& request) {
    return altered(context, resource, request);
  });
}

}  // namespace cluster

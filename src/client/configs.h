// The configuration of topics and brokers: reading it with where each value comes from, changing
// it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/cluster.h"

namespace client {

// Numbers are the protocol's.
enum class ResourceType : std::int8_t { Topic = 2, Broker = 4, Group = 32 };

struct Resource {
  ResourceType type = ResourceType::Topic;
  std::string
      name;  // A topic's name or a broker's id; an empty one means the default of all brokers.
};

enum class ConfigSource : std::int8_t {
  Unknown = 0,
  Topic = 1,
  DynamicBroker = 2,
  DynamicDefaultBroker = 3,
  StaticBroker = 4,
  Default = 5,
  DynamicBrokerLogger = 6,
  ClientMetrics = 7,
  Group = 8,
};
std::string_view name_of(ConfigSource source);  // "set on the topic", "default".

struct ConfigEntry {
  std::string name;
  std::optional<std::string> value;  // None: not set, or hidden because it is a secret.
  ConfigSource source = ConfigSource::Unknown;
  bool read_only = false;
  bool sensitive = false;
  std::string documentation;  // Empty where the cluster gives none.
};

// Sorted by name.
env::Task<Result<std::vector<ConfigEntry>>> describe_configs(Cluster& cluster, Resource resource,
                                                             bool documentation);

struct ConfigChange {
  std::string name;
  std::optional<std::string> value;  // None: back to the default.
};
// All changes or none. Leaves what is not named as it is.
env::Task<Result<void>> alter_configs(Cluster& cluster, Resource resource,
                                      std::vector<ConfigChange> changes, bool validate_only);

}  // namespace client

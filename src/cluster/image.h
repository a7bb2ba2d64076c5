// What a broker knows of its cluster: the fold of the metadata log's records (design decision 4).
//
// An Image that is shared never changes: everyone reads the same frozen picture through a
// shared_ptr<const Image>, from any shard, and a change is a new Image with a Delta that says what
// differs. Copies share the topics and configurations that are the same in both.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "cluster/shared_map.h"
#include "config/layers.h"

namespace cluster {

inline constexpr BrokerId kNoLeader{-1};

struct Partition {
  BrokerId leader = kNoLeader;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::int32_t epoch = -1;         // Grows with every change of this partition.
  bool recovering = false;         // Led by a replica that may have lost records.
  std::vector<BrokerId> replicas;  // The preferred leader first.
  std::vector<BrokerId> isr;
  std::vector<BrokerId> adding;
  std::vector<BrokerId> removing;
  std::vector<BrokerId> eligible_leaders;
  std::vector<BrokerId> last_known_eligible;
  std::vector<DirectoryId> directories;  // Of each replica, in the order of `replicas`.
  bool operator==(const Partition&) const = default;
};

struct Topic {
  TopicName name;
  TopicId id;
  std::vector<Partition> partitions;  // By index.

  const Partition* find(PartitionIndex index) const;
  bool operator==(const Topic&) const = default;
};
using TopicPtr = std::shared_ptr<const Topic>;

// What can be configured. The numbers are those of the protocol and of ConfigRecord.
enum class ResourceType : std::int8_t {
  Topic = 2,
  Broker = 4,
  BrokerLogger = 8,
  ClientMetrics = 16,
  Group = 32,
};
struct Resource {
  ResourceType type = ResourceType::Topic;
  std::string name;  // Of a broker its id, or "" for all brokers.
  auto operator<=>(const Resource&) const = default;
};

struct Endpoint {
  std::string name;
  std::string host;
  std::uint16_t port = 0;
  std::int16_t security_protocol = 0;
  bool operator==(const Endpoint&) const = default;
};

struct FeatureRange {
  std::string name;
  std::int16_t least = 0;
  std::int16_t most = 0;
  bool operator==(const FeatureRange&) const = default;
};

struct Broker {
  BrokerId id;
  std::int64_t epoch = -1;  // The offset of its registration.
  Uuid incarnation;         // Of the process that registered.
  std::vector<Endpoint> endpoints;
  std::vector<FeatureRange> features;
  std::optional<std::string> rack;
  bool fenced = true;  // May not lead.
  bool shutting_down = false;
  std::vector<DirectoryId> directories;
  bool operator==(const Broker&) const = default;
};

}  // namespace cluster

template <>
struct std::hash<cluster::Resource> {
  std::size_t operator()(const cluster::Resource& resource) const {
    return std::hash<std::string>{}(resource.name) * 31 + static_cast<std::size_t>(resource.type);
  }
};

namespace cluster {

using PairsPtr = std::shared_ptr<const config::Pairs>;

// Records that are kept for others (kept.h), as they are written, by what each is about.
using Kept = std::map<std::vector<std::string>, ByteVector>;

struct Image {
  SharedMap<TopicName, TopicPtr> topics;  // Both maps hold the same topics.
  SharedMap<TopicId, TopicPtr> topics_by_id;
  // Topics with '.' or '_' in their names, by the name with both made '_': where two topics come to
  // the same, metrics that are named after them would mix. Holds one of them.
  SharedMap<std::string, TopicName> flattened_names;
  SharedMap<Resource, PairsPtr> configs;  // Never holds an empty one.
  std::map<BrokerId, Broker> brokers;
  std::map<std::string, std::int16_t> features;
  std::int64_t next_producer_id = 0;
  std::shared_ptr<const Kept> kept;  // Null where there is nothing.

  const Topic* find(const TopicName& name) const;
  const Topic* find(const TopicId& id) const;
  const Partition* find(const TopicPartition& partition) const;
  const Broker* find(BrokerId id) const;
  // What was set for a resource; empty where nothing was.
  const config::Pairs& config(const Resource& resource) const;

  // The layers of a topic's or a broker's configuration, over what the node was started with.
  // They point into this image.
  config::Layers topic_layers(const TopicName& topic, BrokerId self,
                              const config::Pairs& fixed) const;
  config::Layers broker_layers(BrokerId self, const config::Pairs& fixed) const;
};

// The name with each '.' made '_'; empty where it has neither.
std::string flatten(const TopicName& name);

// Whether both say the same. (Slow: for tests.)
bool operator==(const Image& a, const Image& b);

using ImagePtr = std::shared_ptr<const Image>;

}  // namespace cluster

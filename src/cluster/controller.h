// Decides what becomes of requests to change the cluster. Nothing here changes anything: each
// function reads the image and the request and says which records to write and what to answer, item
// by item in the request's order. The same verdicts hold for a request that only asks to validate;
// its records are dropped.
//
// The runtime appends the records, waits until they are durable, folds them in with apply(), and
// then answers. It decides one request at a time, each on the image that the one before left.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cluster/image.h"
#include "cluster/names.h"
#include "cluster/record.h"
#include "config/broker_options.h"

namespace cluster {

// How many partitions one request may make, over all its topics. Kafka's controller has the same
// bound on the records of a request.
inline constexpr std::int64_t kMostNewPartitions = 10'000;

// The level of metadata.version: which records, in which versions, this log may hold. Kafka's tools
// show it; a log of a higher level is refused.
inline constexpr std::string_view kMetadataVersion = "metadata.version";
inline constexpr std::int16_t kMetadataLevel = 29;

template <class T>
struct Decision {
  std::vector<Record> records;
  std::vector<Result<T>> outcomes;  // One for each item asked for.
};

// What the controller knows besides the image.
struct Context {
  const Image& image;
  const config::BrokerOptions& options;
  BrokerId self;
  const config::Pairs& fixed;      // What the node was started with.
  std::function<Uuid()> fresh_id;  // A random id, never zero.
};

struct Assignment {
  PartitionIndex partition;
  std::vector<BrokerId> replicas;
};
struct NewTopic {
  TopicName name;
  std::int32_t partitions = -1;          // -1: num.partitions.
  std::int16_t replication_factor = -1;  // -1: default.replication.factor.
  std::vector<Assignment> assignments = {};
  std::vector<std::pair<std::string, std::optional<std::string>>> configs = {};
  bool internal = false;  // Made by the broker itself, which alone may use internal names.
};
struct CreatedTopic {
  TopicId id;
  std::int32_t partitions = 0;
  std::int16_t replication_factor = 0;
};
Decision<CreatedTopic> create_topics(const Context& context, std::span<const NewTopic> topics);

// By name or, where the name is empty, by id.
struct TopicRef {
  TopicName name;
  TopicId id;
};
struct DeletedTopic {
  TopicName name;
  TopicId id;
};
Decision<DeletedTopic> delete_topics(const Context& context, std::span<const TopicRef> topics);

struct MorePartitions {
  TopicName topic;
  std::int32_t count = 0;                                              // How many there shall be.
  std::optional<std::vector<std::vector<BrokerId>>> assignments = {};  // Of the new ones.
};
Decision<std::monostate> create_partitions(const Context& context,
                                           std::span<const MorePartitions> requests);

// AlterConfigs: what is not named is unset.
struct ReplaceConfigs {
  std::int8_t type = 0;
  std::string name;
  std::vector<std::pair<std::string, std::optional<std::string>>> settings;
};
Decision<std::monostate> replace_configs(const Context& context,
                                         std::span<const ReplaceConfigs> requests);

// IncrementalAlterConfigs. The numbers are the protocol's.
enum class AlterOp : std::int8_t { Set = 0, Delete = 1, Append = 2, Subtract = 3 };
struct AlterConfigs {
  struct Change {
    std::string name;
    std::int8_t op = 0;
    std::optional<std::string> value;
  };
  std::int8_t type = 0;
  std::string name;
  std::vector<Change> changes;
};
Decision<std::monostate> alter_configs(const Context& context,
                                       std::span<const AlterConfigs> requests);

// A block of ids that no other broker will hand out.
struct ProducerIdBlock {
  ProducerId first;
  std::int32_t count = 0;
};
Decision<ProducerIdBlock> allocate_producer_ids(const Context& context, std::int32_t count);

// Records that bring a fresh log to life, and register this process's broker, as each start does
// once. Its epoch is one more than that of the registration before.
std::vector<Record> register_broker(const Image& image, Broker self);

// Gives leaders to partitions that have none, or whose leader is fenced: of their in-sync replicas
// the first that may lead. Run after a broker's state changed.
std::vector<Record> elect_leaders(const Image& image);

}  // namespace cluster

// What a member of a classic consumer group says it subscribes to, and what it is told to read. The
// coordinator has a part in it only where a group has gone over to the consumer protocol, and
// where it tells which topics a group is about.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace group {

using NamedPartitions = std::map<TopicName, std::vector<PartitionIndex>>;

struct Subscription {
  std::int16_t version = 0;  // Of the answers it can read.
  std::vector<TopicName> topics = {};
  NamedPartitions owned = {};
  std::optional<std::string> rack = {};
};

// Of any version: later ones only add fields behind those we know.
Result<Subscription> read_subscription(Bytes metadata);
// Less of the same, which even less can be wrong with.
Result<std::vector<TopicName>> read_subscribed_topics(Bytes metadata);

// A member that was given nothing yet has no bytes at all.
Result<NamedPartitions> read_assignment(Bytes assignment);
ByteVector write_assignment(const NamedPartitions& partitions, std::int16_t version);

}  // namespace group

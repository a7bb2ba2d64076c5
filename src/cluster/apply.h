// Folds records into the picture of the cluster. This is the only code that makes a new Image: it
// runs on records as they are committed and, after a restart, on the same records read back.
#pragma once
#include <set>
#include <span>
#include <vector>

#include "cluster/image.h"
#include "cluster/record.h"

namespace cluster {

// What differs between two images. A topic deleted and made again under its name is in both lists.
struct Delta {
  std::vector<TopicPtr> created;
  std::vector<TopicPtr> changed;  // As they are now.
  std::vector<TopicPtr> deleted;  // As they were.
  std::set<Resource> configs;     // Whose settings changed; not those that went with their topic.
  std::set<BrokerId> brokers;
  bool features = false;
};

struct Applied {
  ImagePtr image;
  Delta delta;
};

// Fails when a record contradicts the image: a partition of no topic, a topic made twice.
Result<Applied> apply(const Image& image, std::span<const Record> records);

// Records that make an equal image from an empty one.
std::vector<Record> snapshot(const Image& image);

wire::PartitionRecord to_record(const TopicId& topic, PartitionIndex index,
                                const Partition& partition);
wire::RegisterBrokerRecord to_record(const Broker& broker);

}  // namespace cluster

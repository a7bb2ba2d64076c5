// One broker process: what all its shards know, and how they reach each other. Everything here is
// set before the shards serve and never changes after.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "config/layers.h"
#include "env/network.h"
#include "env/task.h"
#include "observe/metrics.h"

namespace broker {

class Controller;
class Engine;

// How the open files that the process may have are shared out.
struct OpenFiles {
  std::size_t connections = 10'000;  // Of the whole process; others wait to be accepted.
  std::size_t of_logs_each = 512;    // Of each shard's logs; the least recently used are closed.
};

struct Node {
  BrokerId id;
  std::string cluster_id;
  DirectoryId directory;
  std::string data_folder;
  env::Address listener;    // Where the Kafka protocol is served.
  env::Address advertised;  // What clients are told; an empty host: where they reached us.
  config::Pairs fixed;      // What the node was started with.
  std::vector<std::unique_ptr<Engine>> engines;  // One a shard, by index.
  std::unique_ptr<Controller> controller;        // Belongs to shard 0.
  observe::Registry* registry = nullptr;
  OpenFiles open_files;
  // Writes down how far the logs of all shards are. To be asked of shard 0 only.
  std::function<env::Task<Result<void>>()> checkpoint;

  // The engine of the shard that owns a partition.
  Engine& owner_of(const TopicId& topic, PartitionIndex partition) const {
    const auto spread = std::hash<TopicId>{}(topic) + static_cast<std::size_t>(partition.value);
    return *engines[spread % engines.size()];
  }
};

}  // namespace broker

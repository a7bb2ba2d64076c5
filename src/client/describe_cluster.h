// A cluster as it describes itself: its brokers, the fenced ones too, its features, its quorum.
#pragma once
#include <string>
#include <vector>

#include "client/cluster.h"

namespace client {

struct Feature {
  std::string name;
  std::int16_t level = 0;
};

struct ClusterInfo {
  std::optional<std::string> id;
  BrokerId controller{-1};
  std::vector<Broker> brokers;  // By id.
};
env::Task<Result<ClusterInfo>> describe_cluster(Cluster& cluster);

// The features that the cluster has agreed on, as the first broker tells.
env::Task<Result<std::vector<Feature>>> features(Cluster& cluster);

}  // namespace client

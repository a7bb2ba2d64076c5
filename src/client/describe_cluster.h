// A cluster as it describes itself: its brokers, the fenced ones too.
#pragma once
#include <string>
#include <vector>

#include "client/cluster.h"

namespace client {

struct ClusterInfo {
  std::optional<std::string> id;
  BrokerId controller{-1};
  std::vector<Broker> brokers;  // By id.
};
env::Task<Result<ClusterInfo>> describe_cluster(Cluster& cluster);

}  // namespace client

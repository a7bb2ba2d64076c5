#include "broker/cluster_view.h"

#include "broker/engine.h"

namespace broker {

env::Address advertised_to(Call& call) {
  const env::Address& set = call.engine().node().advertised;
  return set.host.empty() ? call.client().local : set;
}

std::vector<BrokerId> offline_replicas(const cluster::Image& image,
                                       const cluster::Partition& partition) {
  std::vector<BrokerId> offline;
  for (const BrokerId id : partition.replicas) {
    const cluster::Broker* broker = image.find(id);
    if (!broker || broker->fenced) offline.push_back(id);
  }
  return offline;
}

ErrorCode leader_error(const cluster::Partition& partition) {
  return partition.leader == cluster::kNoLeader ? ErrorCode::LeaderNotAvailable : ErrorCode::None;
}

}  // namespace broker

#include "cluster/placement.h"

#include <fmt/format.h>

#include <set>

namespace cluster {

bool is_active(const Broker& broker) { return !broker.fenced && !broker.shutting_down; }

Result<Placement> Placement::make(const Image& image, std::int32_t replication_factor,
                                  std::size_t start) {
  Placement placement;
  for (const auto& [id, broker] : image.brokers) {
    if (is_active(broker)) placement.brokers_.push_back(id);
  }
  const std::size_t there = placement.brokers_.size();
  placement.replicas_ = static_cast<std::size_t>(replication_factor);
  if (placement.replicas_ > there) {
    return fail(
        ErrorCode::InvalidReplicationFactor,
        fmt::format("replication factor {} is larger than the {} broker{} there {}",
                    replication_factor, there, there == 1 ? "" : "s", there == 1 ? "is" : "are"));
  }
  placement.at_ = start;
  return placement;
}

std::vector<BrokerId> Placement::next() {
  std::vector<BrokerId> replicas;
  for (std::size_t i = 0; i < replicas_; ++i) {
    replicas.push_back(brokers_[(at_ + i) % brokers_.size()]);
  }
  ++at_;
  return replicas;
}

Result<void> check_replicas(const Image& image, const std::vector<BrokerId>& replicas,
                            std::optional<std::size_t> replication_factor) {
  const auto wrong = [](std::string sentence) {
    return fail(ErrorCode::InvalidReplicaAssignment, std::move(sentence));
  };
  if (replicas.empty()) return wrong("a partition needs at least one replica");
  std::set<BrokerId> seen;
  bool active = false;
  for (const BrokerId id : replicas) {
    const Broker* broker = image.find(id);
    if (!broker) return wrong(fmt::format("there is no broker {}", id.value));
    if (!seen.insert(id).second) {
      return wrong(fmt::format("broker {} is named twice for one partition", id.value));
    }
    active = active || is_active(*broker);
  }
  if (replication_factor && *replication_factor != replicas.size()) {
    return wrong(fmt::format("a partition has {} replicas where the others have {}",
                             replicas.size(), *replication_factor));
  }
  if (!active) return wrong("none of the brokers named for a partition can lead it now");
  return {};
}

Partition new_partition(const Image& image, std::vector<BrokerId> replicas) {
  Partition partition;
  partition.leader_epoch = LeaderEpoch(0);
  partition.epoch = 0;
  for (const BrokerId id : replicas) {
    const Broker* broker = image.find(id);
    if (is_active(*broker)) partition.isr.push_back(id);
    // A broker with several folders chooses by itself; the zero id says so.
    const bool one = broker->directories.size() == 1;
    partition.directories.push_back(one ? broker->directories.front() : DirectoryId{});
  }
  check(!partition.isr.empty(), "a partition is placed where nobody can lead it");
  partition.leader = partition.isr.front();
  partition.replicas = std::move(replicas);
  return partition;
}

}  // namespace cluster

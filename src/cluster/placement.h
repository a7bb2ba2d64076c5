// Which brokers hold a partition's replicas.
#pragma once
#include <optional>
#include <vector>

#include "base/result.h"
#include "cluster/image.h"

namespace cluster {

// May lead partitions and take new ones.
bool is_active(const Broker& broker);

// Spreads partitions over the active brokers: each next partition begins one broker further on, so
// that leaders and followers are shared out evenly.
class Placement {
 public:
  // Fails with InvalidReplicationFactor when there are too few brokers. `start` says where to
  // begin.
  static Result<Placement> make(const Image& image, std::int32_t replication_factor,
                                std::size_t start);
  std::vector<BrokerId> next();

 private:
  std::vector<BrokerId> brokers_;
  std::size_t replicas_ = 0;
  std::size_t at_ = 0;
};

// Whether replicas that a client chose exist, are distinct, and number `replication_factor` where
// that is given. At least one of them must be active.
Result<void> check_replicas(const Image& image, const std::vector<BrokerId>& replicas,
                            std::optional<std::size_t> replication_factor);

// A new partition on these brokers, led by the first that is active. One of them is.
Partition new_partition(const Image& image, std::vector<BrokerId> replicas);

}  // namespace cluster

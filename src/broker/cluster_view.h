// How the cluster is shown to clients: addresses, and what they may do. One place, as several
// answers tell the same.
#pragma once
#include <cstdint>
#include <vector>

#include "broker/call.h"
#include "cluster/image.h"
#include "env/network.h"

namespace broker {

// The bits of the operations that a client may do, as authorized-operations fields have them
// (1 << AclOperation). Nothing is restricted yet, so all that apply to the resource.
inline constexpr std::int32_t kTopicOperations = 0b1101'1111'1000;  // READ..DESCRIBE, *_CONFIGS.
inline constexpr std::int32_t kClusterOperations = 0b1'1111'1010'0000;  // CREATE..IDEMPOTENT_WRITE.
inline constexpr std::int32_t kOperationsNotAsked = INT32_MIN;

// Where clients are told to reach this broker: what is configured, or where they reached it now.
env::Address advertised_to(Call& call);

// Replicas whose broker is not there, or fenced.
std::vector<BrokerId> offline_replicas(const cluster::Image& image,
                                       const cluster::Partition& partition);

// LeaderNotAvailable where nobody leads, None otherwise.
ErrorCode leader_error(const cluster::Partition& partition);

}  // namespace broker

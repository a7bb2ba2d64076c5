// What groups of the newer protocols read of the cluster's metadata. Internal to group/.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "cluster/image.h"

namespace group {

// Tells one state of these topics, as far as there are such, from another; 0 where there are none.
// The same number that Kafka computes, so that a group taken over with its log need not rebalance.
std::int64_t metadata_hash(const std::set<TopicName>& topics, const cluster::Image& image);

// A time that an administrator has set for the group.
std::optional<Millis> own_setting(const GroupId& group, const cluster::Image& image,
                                  std::string_view name);

}  // namespace group

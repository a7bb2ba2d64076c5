// What the metrics want to know of a group as it stands.
#pragma once
#include <cstddef>

#include "cluster/image.h"
#include "group/group.h"

namespace broker {

struct GroupStanding {
  std::size_t members = 0;
  std::size_t unowned = 0;  // Partitions that members subscribe to and none owns.
  group::Offsets offsets = {};
  group::Assigned shared = {};  // What a share group has read of.
};

std::size_t member_count(const group::Group& group);
GroupStanding standing_of(const group::Group& group, const cluster::Image& image);

}  // namespace broker

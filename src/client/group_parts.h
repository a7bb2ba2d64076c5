// What groups.cc and describe_group.cc share.
#pragma once
#include "client/groups.h"

namespace client {

// The error for a group that nobody knows, with the nearest known name.
env::Task<Error> unknown_group(Cluster& cluster, GroupId group);

}  // namespace client

// Consumer groups of a cluster: who is in them, how far they are, and setting that.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/cluster.h"

namespace client {

struct ListedGroup {
  GroupId id;
  std::string state;          // "Stable", "Empty"...; empty where the cluster is too old to say.
  std::string type;           // "Classic", "Consumer"...; likewise.
  std::string protocol_type;  // "consumer" for consumer groups.
  BrokerId coordinator{-1};
};
// Of every broker, by id. A broker that does not answer fails the call: a list with holes misleads.
env::Task<Result<std::vector<ListedGroup>>> list_groups(Cluster& cluster);

struct GroupMember {
  MemberId id;
  std::optional<InstanceId> instance;
  std::string client_id;
  std::string host;
  std::vector<TopicPartition> assignment;
};
struct GroupInfo {
  GroupId id;
  std::string state;
  std::string type;  // "classic" or "consumer".
  std::string protocol_type;
  std::string assignor;
  std::vector<GroupMember> members;
  BrokerId coordinator{-1};
};
// The error for an unknown group suggests the nearest known one.
env::Task<Result<GroupInfo>> describe_group(Cluster& cluster, GroupId group);

struct Committed {
  Offset offset;
  std::string metadata;
};
env::Task<Result<std::map<TopicPartition, Committed>>> committed_offsets(Cluster& cluster,
                                                                         GroupId group);

// For a group without members only; the cluster refuses otherwise.
env::Task<Result<void>> commit_offsets(Cluster& cluster, GroupId group,
                                       std::map<TopicPartition, Offset> offsets);

env::Task<Result<void>> delete_group(Cluster& cluster, GroupId group);

}  // namespace client

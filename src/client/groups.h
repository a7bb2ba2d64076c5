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
  std::optional<InstanceId> instance = {};
  std::string client_id = {};
  std::string host = {};
  std::optional<std::string> rack = {};
  std::optional<std::int32_t> epoch = {};  // Classic members have none; their group has.
  std::vector<TopicName> topics = {};      // Subscribed to, by name.
  std::string regex = {};                  // Subscribed to, by pattern.
  std::vector<TopicPartition> assignment = {};
  // What it is to have in the end, where the cluster tells: it may still wait for another member to
  // let go.
  std::optional<std::vector<TopicPartition>> target = {};
};
struct GroupInfo {
  GroupId id;
  std::string state = {};
  std::string type = {};  // "classic", "consumer" or "share".
  std::string protocol_type = {};
  std::string assignor = {};
  std::optional<std::int32_t> epoch = {};  // Of consumer and share groups.
  std::vector<GroupMember> members = {};
  BrokerId coordinator{-1};

  bool is_share() const { return type == "share"; }
};
// The error for an unknown group suggests the nearest known one.
env::Task<Result<GroupInfo>> describe_group(Cluster& cluster, GroupId group);

struct Committed {
  Offset offset;
  std::string metadata;
  // Where the cluster tells it, of share groups: they are done with some records out of order.
  std::optional<std::int64_t> lag = {};
};
using CommittedOffsets = std::map<TopicPartition, Committed>;
env::Task<Result<CommittedOffsets>> committed_offsets(Cluster& cluster, GroupId group);

// For a group without members only; the cluster refuses otherwise.
env::Task<Result<void>> commit_offsets(Cluster& cluster, GroupId group,
                                       std::map<TopicPartition, Offset> offsets);
// The same for who commits often, and knows the group's coordinator.
env::Task<Result<void>> commit_offsets(Connection& coordinator, GroupId group,
                                       std::map<TopicPartition, Offset> offsets);

// Where a share group has got to: everything before is done with.
env::Task<Result<CommittedOffsets>> share_offsets(Cluster& cluster, GroupId group);
// For a share group without members only.
env::Task<Result<void>> alter_share_offsets(Cluster& cluster, GroupId group,
                                            std::map<TopicPartition, Offset> offsets);

env::Task<Result<void>> delete_group(Cluster& cluster, GroupId group);

// Makes a group forget what it has committed for a topic, which none of its members may subscribe
// to. `type` as in GroupInfo.
env::Task<Result<void>> forget_topic(Cluster& cluster, GroupId group, std::string type,
                                     TopicName topic);

}  // namespace client

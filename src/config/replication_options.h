// Options of replicas, and of where old segments go. One node has nobody to replicate to: what is
// set here is kept and shown, and holds once there is more than one broker.
#pragma once
#include "config/log_options.h"

namespace config {

inline constexpr Option min_insync_replicas{
    .name = "min.insync.replicas",
    .topic_name = "min.insync.replicas",
    .fallback = "1",
    .least = 1,
    .most = kMostInt,
    .hostile = {"2"},
    .reload = Reload::Live,
    .doc =
        "How many in-sync replicas a write with acks=all needs. With a replication factor of 3 "
        "set 2: with 1, the loss of one disk can lose what was acknowledged.",
};
inline constexpr Option unclean_leader_election_enable{
    .name = "unclean.leader.election.enable",
    .topic_name = "unclean.leader.election.enable",
    .type = Type::Bool,
    .fallback = "false",
    .reload = Reload::Live,
    .doc =
        "Whether a replica that is not in sync may lead when no other is left. It brings the "
        "partition back and loses the records it had not copied.",
};
inline constexpr Option leader_replication_throttled_replicas{
    .name = {},
    .topic_name = "leader.replication.throttled.replicas",
    .type = Type::List,
    .fallback = "",
    .reload = Reload::Live,
    .doc = "Replicas, as PARTITION:BROKER or *, that are copied from leaders at a limited rate.",
};
inline constexpr Option follower_replication_throttled_replicas{
    .name = {},
    .topic_name = "follower.replication.throttled.replicas",
    .type = Type::List,
    .fallback = "",
    .reload = Reload::Live,
    .doc = "Replicas, as PARTITION:BROKER or *, that followers copy at a limited rate.",
};
inline constexpr Option remote_storage_enable{
    .name = {},
    .topic_name = "remote.storage.enable",
    .type = Type::Bool,
    .fallback = "false",
    .reload = Reload::Live,
    .doc =
        "Whether closed segments move to an object store. This version keeps them on local "
        "disks and refuses `true`.",
};
inline constexpr Option remote_log_copy_disable{
    .name = {},
    .topic_name = "remote.log.copy.disable",
    .type = Type::Bool,
    .fallback = "false",
    .reload = Reload::Live,
    .doc =
        "Whether segments stop moving to the object store. No effect without "
        "remote.storage.enable.",
};
inline constexpr Option remote_log_delete_on_disable{
    .name = {},
    .topic_name = "remote.log.delete.on.disable",
    .type = Type::Bool,
    .fallback = "false",
    .reload = Reload::Live,
    .doc = "Whether segments in the object store go when remote.storage.enable is taken back.",
};
inline constexpr Option log_local_retention_ms{
    .name = "log.local.retention.ms",
    .topic_name = "local.retention.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "-2",
    .least = -2,
    .reload = Reload::Live,
    .doc =
        "How long segments that are in the object store stay on local disks too; -2 takes "
        "retention.ms. No effect without remote.storage.enable.",
};
inline constexpr Option log_local_retention_bytes{
    .name = "log.local.retention.bytes",
    .topic_name = "local.retention.bytes",
    .type = Type::Long,
    .unit = Unit::Bytes,
    .fallback = "-2",
    .least = -2,
    .reload = Reload::Live,
    .doc =
        "How much of a partition stays on local disks once it is in the object store; -2 takes "
        "retention.bytes. No effect without remote.storage.enable.",
};

inline constexpr std::array kReplicationOptions{
    &min_insync_replicas,
    &unclean_leader_election_enable,
    &leader_replication_throttled_replicas,
    &follower_replication_throttled_replicas,
    &remote_storage_enable,
    &remote_log_copy_disable,
    &remote_log_delete_on_disable,
    &log_local_retention_ms,
    &log_local_retention_bytes,
};

}  // namespace config

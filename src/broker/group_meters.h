// What the broker counts of its groups. The names are part of the contract with users.
#pragma once
#include "observe/metrics.h"

namespace broker::meters {

inline constexpr observe::MetricDef groups{
    .name = "thalweg_groups",
    .kind = observe::Kind::Gauge,
    .unit = "groups",
    .labels = {"type", "state"},
    .doc = "Groups that this node coordinates, by type and state."};
inline constexpr observe::MetricDef groups_without_series{
    .name = "thalweg_groups_without_series",
    .kind = observe::Kind::Gauge,
    .unit = "groups",
    .doc =
        "Groups that have no metrics of their own, because thalweg.group.metrics.limit is "
        "reached."};
inline constexpr observe::MetricDef group_heartbeats_total{
    .name = "thalweg_group_heartbeats_total",
    .kind = observe::Kind::Counter,
    .unit = "heartbeats",
    .labels = {"type"},
    .doc = "Heartbeats of members, by type of their protocol."};
inline constexpr observe::MetricDef group_commits_total{
    .name = "thalweg_group_commits_total",
    .kind = observe::Kind::Counter,
    .unit = "offsets",
    .doc = "Offsets committed by consumers and tools, whatever their group."};
inline constexpr observe::MetricDef group_rebalance_seconds{
    .name = "thalweg_group_rebalance_seconds",
    .kind = observe::Kind::Histogram,
    .unit = "seconds",
    .labels = {"type"},
    .doc =
        "From work beginning to be shared out anew to everyone having what it is meant to have. "
        "Members of a classic group stand still for that long, of others only those that hand "
        "over."};
inline constexpr observe::MetricDef group_lag_records{
    .name = "thalweg_group_lag_records",
    .kind = observe::Kind::Gauge,
    .unit = "records",
    .labels = {"group"},
    .doc =
        "Records from what a group has committed to the end, of all its partitions, and of a share "
        "group those it is not done with; looked up every thalweg.group.lag.interval.ms."};
inline constexpr observe::MetricDef group_lag_seconds{
    .name = "thalweg_group_lag_seconds",
    .kind = observe::Kind::Gauge,
    .unit = "seconds",
    .labels = {"group"},
    .doc =
        "How old the oldest record is that a group has not committed, or a share group is not done "
        "with, in the partition where that is most; by the time of the batch it is in, rounded up, "
        "and 0 where all is committed."};
inline constexpr observe::MetricDef group_members{.name = "thalweg_group_members",
                                                  .kind = observe::Kind::Gauge,
                                                  .unit = "members",
                                                  .labels = {"group"},
                                                  .doc = "Members of a group."};
inline constexpr observe::MetricDef group_unowned_partitions{
    .name = "thalweg_group_unowned_partitions",
    .kind = observe::Kind::Gauge,
    .unit = "partitions",
    .labels = {"group"},
    .doc =
        "Partitions that members of a group subscribe to and none owns. More than 0 for longer "
        "than a rebalance needs you."};
inline constexpr observe::MetricDef group_rebalances_total{
    .name = "thalweg_group_rebalances_total",
    .kind = observe::Kind::Counter,
    .unit = "rebalances",
    .labels = {"group"},
    .doc = "Rebalances of a group that ended."};
inline constexpr observe::MetricDef group_offset_commits_total{
    .name = "thalweg_group_offset_commits_total",
    .kind = observe::Kind::Counter,
    .unit = "offsets",
    .labels = {"group"},
    .doc = "Offsets committed by a group."};

inline constexpr const observe::MetricDef* kGroupMetrics[] = {
    &groups,
    &groups_without_series,
    &group_heartbeats_total,
    &group_commits_total,
    &group_rebalance_seconds,
    &group_lag_records,
    &group_lag_seconds,
    &group_members,
    &group_unowned_partitions,
    &group_rebalances_total,
    &group_offset_commits_total,
};

}  // namespace broker::meters

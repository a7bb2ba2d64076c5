// Options of consumer groups, committed offsets and producers.
#pragma once
#include "config/log_options.h"

namespace config {

inline constexpr Option offsets_topic_num_partitions{
    .name = "offsets.topic.num.partitions",
    .fallback = "50",
    .least = 1,
    .most = 10'000,
    .hostile = {"1", "3"},
    .doc =
        "How many partitions __consumer_offsets is made with. Which one holds a group follows "
        "from this number, so it counts only when the topic is made.",
};
inline constexpr Option offsets_topic_replication_factor{
    .name = "offsets.topic.replication.factor",
    .type = Type::Short,
    .fallback = "1",
    .least = 1,
    .most = 32'767,
    .doc =
        "How many replicas __consumer_offsets is made with. Apache Kafka's default is 3; one "
        "node holds one.",
};
inline constexpr Option offsets_topic_segment_bytes{
    .name = "offsets.topic.segment.bytes",
    .unit = Unit::Bytes,
    .fallback = "104857600",
    .least = 1'048'576,
    .most = kMostInt,
    .hostile = {"1048576"},
    .doc = "segment.bytes of __consumer_offsets.",
};
inline constexpr Option offsets_retention_minutes{
    .name = "offsets.retention.minutes",
    .fallback = "10080",
    .least = 1,
    .most = kMostInt,
    .hostile = {"1"},
    .doc =
        "For how many minutes offsets are kept after their group has lost its last member, or "
        "after they were committed where the group never had one.",
};
inline constexpr Option offsets_retention_check_interval_ms{
    .name = "offsets.retention.check.interval.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "600000",
    .least = 1,
    .hostile = {"100"},
    .doc = "How often groups are looked at for offsets that are too old.",
};
inline constexpr Option offset_metadata_max_bytes{
    .name = "offset.metadata.max.bytes",
    .unit = Unit::Bytes,
    .fallback = "4096",
    .most = kMostInt,
    .hostile = {"0"},
    .doc = "The longest note that a consumer may commit with an offset.",
};
inline constexpr Option group_min_session_timeout_ms{
    .name = "group.min.session.timeout.ms",
    .unit = Unit::Millis,
    .fallback = "6000",
    .most = kMostInt,
    .hostile = {"10"},
    .doc = "The shortest session timeout that a member may ask for.",
};
inline constexpr Option group_max_session_timeout_ms{
    .name = "group.max.session.timeout.ms",
    .unit = Unit::Millis,
    .fallback = "1800000",
    .most = kMostInt,
    .doc =
        "The longest session timeout that a member may ask for: how long a group can wait for a "
        "member that has died.",
};
inline constexpr Option group_initial_rebalance_delay_ms{
    .name = "group.initial.rebalance.delay.ms",
    .unit = Unit::Millis,
    .fallback = "3000",
    .most = kMostInt,
    .hostile = {"0"},
    .doc = "How long an empty group waits for more members before it first shares out partitions.",
};
inline constexpr Option group_max_size{
    .name = "group.max.size",
    .fallback = "2147483647",
    .least = 1,
    .most = kMostInt,
    .hostile = {"2"},
    .doc = "How many members a group may have.",
};
inline constexpr Option group_consumer_session_timeout_ms{
    .name = "group.consumer.session.timeout.ms",
    .unit = Unit::Millis,
    .fallback = "45000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"6000"},
    .doc =
        "How long a member of a consumer group (KIP-848) may be silent before its partitions go to "
        "others. A group's own consumer.session.timeout.ms comes first.",
};
inline constexpr Option group_consumer_heartbeat_interval_ms{
    .name = "group.consumer.heartbeat.interval.ms",
    .unit = Unit::Millis,
    .fallback = "5000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"200"},
    .doc =
        "How often members of consumer groups (KIP-848) are asked to send heartbeats, and so how "
        "soon they hear of new work. While a group is in motion they are asked to come sooner. A "
        "group's own consumer.heartbeat.interval.ms comes first.",
};
inline constexpr Option group_consumer_min_session_timeout_ms{
    .name = "group.consumer.min.session.timeout.ms",
    .unit = Unit::Millis,
    .fallback = "45000",
    .least = 1,
    .most = kMostInt,
    .doc = "The least that a group may set as its own consumer.session.timeout.ms.",
};
inline constexpr Option group_consumer_max_session_timeout_ms{
    .name = "group.consumer.max.session.timeout.ms",
    .unit = Unit::Millis,
    .fallback = "60000",
    .least = 1,
    .most = kMostInt,
    .doc = "The most that a group may set as its own consumer.session.timeout.ms.",
};
inline constexpr Option group_consumer_min_heartbeat_interval_ms{
    .name = "group.consumer.min.heartbeat.interval.ms",
    .unit = Unit::Millis,
    .fallback = "5000",
    .least = 1,
    .most = kMostInt,
    .doc = "The least that a group may set as its own consumer.heartbeat.interval.ms.",
};
inline constexpr Option group_consumer_max_heartbeat_interval_ms{
    .name = "group.consumer.max.heartbeat.interval.ms",
    .unit = Unit::Millis,
    .fallback = "15000",
    .least = 1,
    .most = kMostInt,
    .doc = "The most that a group may set as its own consumer.heartbeat.interval.ms.",
};
inline constexpr Option group_consumer_max_size{
    .name = "group.consumer.max.size",
    .fallback = "2147483647",
    .least = 1,
    .most = kMostInt,
    .hostile = {"2"},
    .doc = "How many members a consumer group (KIP-848) may have.",
};
inline constexpr Option group_consumer_assignors{
    .name = "group.consumer.assignors",
    .type = Type::List,
    .fallback = "uniform,range",
    .choices = {"uniform", "range"},
    .hostile = {"range"},
    .doc =
        "How consumer groups (KIP-848) may have their partitions assigned. The first is for groups "
        "whose members do not choose.",
};
inline constexpr Option group_consumer_regex_refresh_interval_ms{
    .name = "group.consumer.regex.refresh.interval.ms",
    .unit = Unit::Millis,
    .fallback = "600000",
    .least = 10'000,
    .most = kMostInt,
    .hostile = {"10000"},
    .doc =
        "How often a consumer group (KIP-848) looks at all topics for those that its members' "
        "regular expressions match. Topics that come and go are noticed at once as it is.",
};
inline constexpr Option group_consumer_migration_policy{
    .name = "group.consumer.migration.policy",
    .type = Type::String,
    .fallback = "bidirectional",
    .choices = {"disabled", "upgrade", "downgrade", "bidirectional"},
    .hostile = {"disabled"},
    .doc =
        "Whether a group may change its protocol while it has members. `upgrade`: a classic group "
        "becomes a consumer group (KIP-848) with the first member that speaks that protocol. "
        "`downgrade`: it becomes a classic one again when the last of them has left.",
};
inline constexpr Option group_timeline_events{
    .name = "thalweg.group.timeline.events",
    .fallback = "200",
    .most = 100'000,
    .hostile = {"0", "1"},
    .doc =
        "How many of the last events of a group are kept in memory for `thalweg group timeline`.",
};
inline constexpr Option group_timeline_bytes{
    .name = "thalweg.group.timeline.bytes",
    .type = Type::Long,
    .unit = Unit::Bytes,
    .fallback = "16777216",
    .hostile = {"0", "1000"},
    .doc =
        "How much memory the events of all groups may take. What is beyond it goes, of the group "
        "first that has been quiet the longest.",
};
inline constexpr Option group_metrics_limit{
    .name = "thalweg.group.metrics.limit",
    .fallback = "200",
    .most = 100'000,
    .hostile = {"0", "1"},
    .doc =
        "How many groups have metrics of their own (lag, members...); those with members come "
        "first, then the others, by name. thalweg_groups_without_series tells how many have none.",
};
inline constexpr Option group_lag_interval_ms{
    .name = "thalweg.group.lag.interval.ms",
    .unit = Unit::Millis,
    .fallback = "10000",
    .least = 100,
    .most = kMostInt,
    .hostile = {"100"},
    .doc = "How often the lag of groups is looked up for the metrics.",
};
inline constexpr Option producer_id_expiration_ms{
    .name = "producer.id.expiration.ms",
    .unit = Unit::Millis,
    .fallback = "86400000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"1000"},
    .reload = Reload::Live,
    .doc =
        "How long a partition remembers a producer that sends nothing. A batch that is sent "
        "again after that may be taken for new.",
};
inline constexpr Option producer_id_expiration_check_interval_ms{
    .name = "producer.id.expiration.check.interval.ms",
    .unit = Unit::Millis,
    .fallback = "600000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"100"},
    .doc = "How often partitions look for producers to forget.",
};

// --- Share groups (KIP-932) ---

inline constexpr Option group_share_session_timeout_ms{
    .name = "group.share.session.timeout.ms",
    .unit = Unit::Millis,
    .fallback = "45000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"500"},
    .doc = "How long a member of a share group may be silent before it is taken for dead.",
};
inline constexpr Option group_share_heartbeat_interval_ms{
    .name = "group.share.heartbeat.interval.ms",
    .unit = Unit::Millis,
    .fallback = "5000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"100"},
    .doc = "How often members of share groups are told to send heartbeats.",
};
inline constexpr Option group_share_min_session_timeout_ms{
    .name = "group.share.min.session.timeout.ms",
    .unit = Unit::Millis,
    .fallback = "45000",
    .least = 1,
    .most = kMostInt,
    .doc = "The least that a group may set as its own share.session.timeout.ms.",
};
inline constexpr Option group_share_max_session_timeout_ms{
    .name = "group.share.max.session.timeout.ms",
    .unit = Unit::Millis,
    .fallback = "60000",
    .least = 1,
    .most = kMostInt,
    .doc = "The most that a group may set as its own share.session.timeout.ms.",
};
inline constexpr Option group_share_min_heartbeat_interval_ms{
    .name = "group.share.min.heartbeat.interval.ms",
    .unit = Unit::Millis,
    .fallback = "5000",
    .least = 1,
    .most = kMostInt,
    .doc = "The least that a group may set as its own share.heartbeat.interval.ms.",
};
inline constexpr Option group_share_max_heartbeat_interval_ms{
    .name = "group.share.max.heartbeat.interval.ms",
    .unit = Unit::Millis,
    .fallback = "15000",
    .least = 1,
    .most = kMostInt,
    .doc = "The most that a group may set as its own share.heartbeat.interval.ms.",
};
inline constexpr Option group_share_max_size{
    .name = "group.share.max.size",
    .fallback = "200",
    .least = 1,
    .most = 1'000,
    .hostile = {"2"},
    .doc = "How many members a share group may have.",
};
inline constexpr Option group_share_delivery_count_limit{
    .name = "group.share.delivery.count.limit",
    .fallback = "5",
    .least = 2,
    .most = 10,
    .hostile = {"2"},
    .doc =
        "How often a record is handed out before it is given up: a record that poisons its readers "
        "must not do so for ever.",
};
inline constexpr Option group_share_record_lock_duration_ms{
    .name = "group.share.record.lock.duration.ms",
    .unit = Unit::Millis,
    .fallback = "30000",
    .least = 1'000,
    .most = 3'600'000,
    .hostile = {"1000"},
    .doc = "How long an acquired record is kept for its member. Then others may have it.",
};
inline constexpr Option group_share_min_record_lock_duration_ms{
    .name = "group.share.min.record.lock.duration.ms",
    .unit = Unit::Millis,
    .fallback = "15000",
    .least = 1'000,
    .most = 30'000,
    .doc = "The least that a group may set its share.record.lock.duration.ms to.",
};
inline constexpr Option group_share_max_record_lock_duration_ms{
    .name = "group.share.max.record.lock.duration.ms",
    .unit = Unit::Millis,
    .fallback = "60000",
    .least = 30'000,
    .most = 3'600'000,
    .doc = "The most that a group may set its share.record.lock.duration.ms to.",
};
inline constexpr Option group_share_partition_max_record_locks{
    .name = "group.share.partition.max.record.locks",
    .fallback = "2000",
    .least = 100,
    .most = 10'000,
    .hostile = {"100"},
    .doc =
        "How many records of a partition a share group may have under way: from the first that is "
        "not done with to the last that was handed out.",
};
inline constexpr Option group_share_max_share_sessions{
    .name = "group.share.max.share.sessions",
    .fallback = "2000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"2"},
    .doc = "How many share sessions, one for each member that fetches, the broker remembers.",
};
inline constexpr Option share_coordinator_state_topic_num_partitions{
    .name = "share.coordinator.state.topic.num.partitions",
    .fallback = "50",
    .least = 1,
    .most = 10'000,
    .hostile = {"1", "3"},
    .doc =
        "How many partitions __share_group_state is made with. Which one keeps what follows from "
        "this number, so it counts only when the topic is made.",
};
inline constexpr Option share_coordinator_state_topic_replication_factor{
    .name = "share.coordinator.state.topic.replication.factor",
    .type = Type::Short,
    .fallback = "1",
    .least = 1,
    .most = 32'767,
    .doc =
        "How many replicas __share_group_state is made with. Apache Kafka's default is 3; one node "
        "holds one.",
};
inline constexpr Option share_coordinator_state_topic_segment_bytes{
    .name = "share.coordinator.state.topic.segment.bytes",
    .unit = Unit::Bytes,
    .fallback = "104857600",
    .least = 1'048'576,
    .most = kMostInt,
    .hostile = {"1048576"},
    .doc = "segment.bytes of __share_group_state.",
};
inline constexpr Option share_coordinator_snapshot_update_records_per_snapshot{
    .name = "share.coordinator.snapshot.update.records.per.snapshot",
    .fallback = "500",
    .least = 0,
    .most = kMostInt,
    .hostile = {"0", "3"},
    .doc = "How many updates of a share partition are written before the next snapshot.",
};
inline constexpr Option share_coordinator_state_topic_prune_interval_ms{
    .name = "share.coordinator.state.topic.prune.interval.ms",
    .unit = Unit::Millis,
    .fallback = "300000",
    .least = 1,
    .most = kMostInt,
    .hostile = {"50"},
    .doc = "How often __share_group_state lets go of what it says again later.",
};

inline constexpr std::array kGroupOptions{
    &offsets_topic_num_partitions,
    &offsets_topic_replication_factor,
    &offsets_topic_segment_bytes,
    &offsets_retention_minutes,
    &offsets_retention_check_interval_ms,
    &offset_metadata_max_bytes,
    &group_min_session_timeout_ms,
    &group_max_session_timeout_ms,
    &group_initial_rebalance_delay_ms,
    &group_max_size,
    &group_consumer_session_timeout_ms,
    &group_consumer_heartbeat_interval_ms,
    &group_consumer_min_session_timeout_ms,
    &group_consumer_max_session_timeout_ms,
    &group_consumer_min_heartbeat_interval_ms,
    &group_consumer_max_heartbeat_interval_ms,
    &group_consumer_max_size,
    &group_consumer_assignors,
    &group_consumer_regex_refresh_interval_ms,
    &group_consumer_migration_policy,
    &producer_id_expiration_ms,
    &producer_id_expiration_check_interval_ms,
    &group_share_session_timeout_ms,
    &group_share_heartbeat_interval_ms,
    &group_share_min_session_timeout_ms,
    &group_share_max_session_timeout_ms,
    &group_share_min_heartbeat_interval_ms,
    &group_share_max_heartbeat_interval_ms,
    &group_share_max_size,
    &group_share_delivery_count_limit,
    &group_share_record_lock_duration_ms,
    &group_share_min_record_lock_duration_ms,
    &group_share_max_record_lock_duration_ms,
    &group_share_partition_max_record_locks,
    &group_share_max_share_sessions,
    &share_coordinator_state_topic_num_partitions,
    &share_coordinator_state_topic_replication_factor,
    &share_coordinator_state_topic_segment_bytes,
    &share_coordinator_snapshot_update_records_per_snapshot,
    &share_coordinator_state_topic_prune_interval_ms,
    &group_timeline_events,
    &group_timeline_bytes,
    &group_metrics_limit,
    &group_lag_interval_ms,
};

}  // namespace config

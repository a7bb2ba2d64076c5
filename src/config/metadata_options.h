// Options of the cluster's metadata: how topics are made, and the log that remembers them.
#pragma once
#include "config/log_options.h"

namespace config {

inline constexpr Option auto_create_topics_enable{
    .name = "auto.create.topics.enable",
    .type = Type::Bool,
    .fallback = "true",
    .hostile = {"false"},
    .doc =
        "Whether a topic is made when a client first asks for it. A mistyped name becomes a "
        "topic, so consider `false` in production.",
};
inline constexpr Option num_partitions{
    .name = "num.partitions",
    .fallback = "1",
    .least = 1,
    .most = 10'000,
    .hostile = {"7"},
    .doc = "How many partitions a topic has that is made without saying.",
};
inline constexpr Option default_replication_factor{
    .name = "default.replication.factor",
    .type = Type::Short,
    .fallback = "1",
    .least = 1,
    .most = 32'767,
    .doc = "How many replicas a partition has that is made without saying.",
};
inline constexpr Option delete_topic_enable{
    .name = "delete.topic.enable",
    .type = Type::Bool,
    .fallback = "true",
    .hostile = {"false"},
    .doc = "Whether clients may delete topics.",
};
inline constexpr Option metadata_log_segment_bytes{
    .name = "metadata.log.segment.bytes",
    .unit = Unit::Bytes,
    .fallback = "1073741824",
    .least = 8'388'608,
    .most = kMostInt,
    .hostile = {"8388608"},
    .doc = "As log.segment.bytes, for the metadata log.",
};
inline constexpr Option metadata_log_max_record_bytes_between_snapshots{
    .name = "metadata.log.max.record.bytes.between.snapshots",
    .type = Type::Long,
    .unit = Unit::Bytes,
    .fallback = "20971520",
    .least = 1,
    .hostile = {"1", "10000"},
    .doc =
        "After how many bytes of records the metadata is written down as a whole, so that a "
        "start has less to read.",
};
inline constexpr Option metadata_log_max_snapshot_interval_ms{
    .name = "metadata.log.max.snapshot.interval.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "3600000",
    .hostile = {"100"},
    .doc =
        "After how long the metadata is written down as a whole, where anything changed; 0 "
        "leaves it to the bytes.",
};

inline constexpr std::array kMetadataOptions{
    &auto_create_topics_enable,
    &num_partitions,
    &default_replication_factor,
    &delete_topic_enable,
    &metadata_log_segment_bytes,
    &metadata_log_max_record_bytes_between_snapshots,
    &metadata_log_max_snapshot_interval_ms,
};

}  // namespace config

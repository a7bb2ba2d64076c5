// Options of partitions' logs: what a batch may be, segments, retention and compaction. Most may be
// set for one topic.
#pragma once
#include "config/option.h"

namespace config {

inline constexpr std::int64_t kMostInt = std::numeric_limits<std::int32_t>::max();
inline constexpr std::string_view kForEver = "9223372036854775807";
inline constexpr std::int64_t kMsPerMinute = 60'000;
inline constexpr std::int64_t kMsPerHour = 3'600'000;

inline constexpr Option thalweg_durability{
    .name = "thalweg.durability",
    .topic_name = "thalweg.durability",
    .type = Type::String,
    .fallback = "disk",
    .choices = {"disk", "page-cache"},
    .hostile = {"page-cache"},
    .reload = Reload::Live,
    .doc =
        "What an acknowledgement of acks=all promises. `disk`: the batch is on stable storage, "
        "as fdatasync has returned; batches that wait at the same time share one sync. "
        "`page-cache`: the operating system has the batch, which outlives a crash of the broker "
        "but not of the machine. The second is what Apache Kafka does.",
};
inline constexpr Option message_max_bytes{
    .name = "message.max.bytes",
    .topic_name = "max.message.bytes",
    .unit = Unit::Bytes,
    .fallback = "1048588",
    .most = kMostInt,
    .hostile = {"1024", "104857600"},
    .reload = Reload::Live,
    .doc =
        "The largest batch of records that is accepted, compressed as it came and with its "
        "header.",
};
inline constexpr Option compression_type{
    .name = "compression.type",
    .topic_name = "compression.type",
    .type = Type::String,
    .fallback = "producer",
    .choices = {"producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"},
    .hostile = {"zstd", "uncompressed"},
    .reload = Reload::Live,
    .doc =
        "How batches are kept. `producer` keeps each as it came; any other value re-compresses "
        "those that came differently, which costs the broker's time.",
};
inline constexpr Option compression_gzip_level{
    .name = "compression.gzip.level",
    .topic_name = "compression.gzip.level",
    .fallback = "-1",
    .least = -1,
    .most = 9,
    .except = 0,
    .hostile = {"1", "9"},
    .reload = Reload::Live,
    .doc = "How hard gzip tries where compression.type is gzip; -1 leaves it to gzip.",
};
inline constexpr Option compression_lz4_level{
    .name = "compression.lz4.level",
    .topic_name = "compression.lz4.level",
    .fallback = "9",
    .least = 1,
    .most = 17,
    .hostile = {"1", "17"},
    .reload = Reload::Live,
    .doc = "How hard lz4 tries where compression.type is lz4.",
};
inline constexpr Option compression_zstd_level{
    .name = "compression.zstd.level",
    .topic_name = "compression.zstd.level",
    .fallback = "3",
    .least = -131'072,
    .most = 22,
    .hostile = {"-1", "19"},
    .reload = Reload::Live,
    .doc = "How hard zstd tries where compression.type is zstd.",
};
inline constexpr Option log_message_timestamp_type{
    .name = "log.message.timestamp.type",
    .topic_name = "message.timestamp.type",
    .type = Type::String,
    .fallback = "CreateTime",
    .choices = {"CreateTime", "LogAppendTime"},
    .hostile = {"LogAppendTime"},
    .reload = Reload::Live,
    .doc = "Whether a record bears the time its producer gave it, or the time it was appended.",
};
inline constexpr Option log_message_timestamp_before_max_ms{
    .name = "log.message.timestamp.before.max.ms",
    .topic_name = "message.timestamp.before.max.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = kForEver,
    .hostile = {"3600000"},
    .reload = Reload::Live,
    .doc =
        "How far a record's CreateTime may lie behind the broker's clock. Records that are "
        "older are refused.",
};
inline constexpr Option log_message_timestamp_after_max_ms{
    .name = "log.message.timestamp.after.max.ms",
    .topic_name = "message.timestamp.after.max.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "3600000",
    .hostile = {"1000", kForEver},
    .reload = Reload::Live,
    .doc =
        "How far a record's CreateTime may lie ahead of the broker's clock. A record from the "
        "future would keep its segment from ever expiring, so it is refused.",
};
inline constexpr Option log_segment_bytes{
    .name = "log.segment.bytes",
    .topic_name = "segment.bytes",
    .unit = Unit::Bytes,
    .fallback = "1073741824",
    .least = 1'048'576,
    .most = kMostInt,
    .hostile = {"1048576", "2147483647"},
    .reload = Reload::Live,
    .doc =
        "A segment that reaches this size is closed and a new one begun. Retention and "
        "compaction work on closed segments only, so this is also how coarse they are.",
};
inline constexpr Option log_roll_ms{
    .name = "log.roll.ms",
    .topic_name = "segment.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "604800000",
    .least = 1,
    .synonyms = {{{"log.roll.hours", kMsPerHour}}},
    .hostile = {"100", kForEver},
    .reload = Reload::Live,
    .doc =
        "A segment whose first record is this old is closed by the next append, however small "
        "it is.",
};
inline constexpr Option log_roll_jitter_ms{
    .name = "log.roll.jitter.ms",
    .topic_name = "segment.jitter.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "0",
    .synonyms = {{{"log.roll.jitter.hours", kMsPerHour}}},
    .hostile = {"60000"},
    .reload = Reload::Live,
    .doc =
        "Closes a segment earlier by a random time of up to this much, so that partitions that "
        "were made together do not roll together. Accepted as Apache Kafka does; Thalweg rolls "
        "on each partition's own appends and needs no jitter.",
};
inline constexpr Option log_index_size_max_bytes{
    .name = "log.index.size.max.bytes",
    .topic_name = "segment.index.bytes",
    .unit = Unit::Bytes,
    .fallback = "10485760",
    .least = 4,
    .most = kMostInt,
    .hostile = {"1024"},
    .reload = Reload::Live,
    .doc = "A segment whose offset or time index reaches this size is closed.",
};
inline constexpr Option log_index_interval_bytes{
    .name = "log.index.interval.bytes",
    .topic_name = "index.interval.bytes",
    .unit = Unit::Bytes,
    .fallback = "4096",
    .most = kMostInt,
    .hostile = {"0", "1048576"},
    .reload = Reload::Live,
    .doc =
        "How many bytes of log lie between two index entries. Less makes look-ups read less "
        "and the indexes larger.",
};
inline constexpr Option log_preallocate{
    .name = "log.preallocate",
    .topic_name = "preallocate",
    .type = Type::Bool,
    .fallback = "false",
    .reload = Reload::Live,
    .doc =
        "Whether to take a segment's full size from the disk when it begins. Accepted so that "
        "existing configurations work; it has no effect, as Thalweg's appends do not need it.",
};
inline constexpr Option log_segment_delete_delay_ms{
    .name = "log.segment.delete.delay.ms",
    .topic_name = "file.delete.delay.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "60000",
    .hostile = {"0"},
    .reload = Reload::Live,
    .doc =
        "How long the folders of a deleted topic stay before they are removed. Segments that have "
        "outlived their retention go at once; reads under way hold their files open.",
};
inline constexpr Option log_flush_interval_messages{
    .name = "log.flush.interval.messages",
    .topic_name = "flush.messages",
    .type = Type::Long,
    .fallback = kForEver,
    .least = 1,
    .hostile = {"1", "100"},
    .reload = Reload::Live,
    .doc = "With `thalweg.durability=page-cache`: syncs a partition after so many records.",
};
inline constexpr Option log_flush_interval_ms{
    .name = "log.flush.interval.ms",
    .topic_name = "flush.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = kForEver,
    .synonyms = {{{"log.flush.scheduler.interval.ms", 1}}},
    .hostile = {"0", "10"},
    .reload = Reload::Live,
    .doc =
        "With `thalweg.durability=page-cache`: syncs a partition when a record has waited for "
        "so long.",
};
inline constexpr Option log_cleanup_policy{
    .name = "log.cleanup.policy",
    .topic_name = "cleanup.policy",
    .type = Type::List,
    .fallback = "delete",
    .choices = {"delete", "compact"},
    .hostile = {"compact", "compact,delete"},
    .reload = Reload::Live,
    .doc =
        "What happens to old records. `delete` removes segments by age and size; `compact` "
        "keeps the last record of each key; both may be named; an empty list keeps everything. "
        "Compaction is not done yet: a compacted topic keeps every record.",
};
inline constexpr Option log_retention_ms{
    .name = "log.retention.ms",
    .topic_name = "retention.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "604800000",
    .least = -1,
    .synonyms = {{{"log.retention.minutes", kMsPerMinute}, {"log.retention.hours", kMsPerHour}}},
    .hostile = {"1", "-1"},
    .reload = Reload::Live,
    .doc =
        "How long records are kept where cleanup.policy has delete; -1 keeps them for ever. A "
        "segment goes when its youngest record is this old.",
};
inline constexpr Option log_retention_bytes{
    .name = "log.retention.bytes",
    .topic_name = "retention.bytes",
    .type = Type::Long,
    .unit = Unit::Bytes,
    .fallback = "-1",
    .least = -1,
    .hostile = {"0", "1048576"},
    .reload = Reload::Live,
    .doc =
        "How large a partition may grow where cleanup.policy has delete, before its oldest "
        "segments go; -1 sets no limit. This is for each partition, not for the topic.",
};
inline constexpr Option log_retention_check_interval_ms{
    .name = "log.retention.check.interval.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "300000",
    .least = 1,
    .hostile = {"50"},
    .doc = "How often partitions are looked at for segments that are to go.",
};
inline constexpr Option log_cleaner_delete_retention_ms{
    .name = "log.cleaner.delete.retention.ms",
    .topic_name = "delete.retention.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "86400000",
    .hostile = {"0"},
    .reload = Reload::Live,
    .doc =
        "How long a compacted topic keeps the marker that a key was deleted: the time a "
        "consumer has to read from the start and still learn of it.",
};
inline constexpr Option log_cleaner_min_compaction_lag_ms{
    .name = "log.cleaner.min.compaction.lag.ms",
    .topic_name = "min.compaction.lag.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "0",
    .hostile = {"1000"},
    .reload = Reload::Live,
    .doc = "How long a record of a compacted topic is safe from compaction.",
};
inline constexpr Option log_cleaner_max_compaction_lag_ms{
    .name = "log.cleaner.max.compaction.lag.ms",
    .topic_name = "max.compaction.lag.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = kForEver,
    .least = 1,
    .hostile = {"1000"},
    .reload = Reload::Live,
    .doc =
        "After how long a replaced record of a compacted topic must be gone: set this where a "
        "deletion has a legal deadline.",
};
inline constexpr Option log_cleaner_min_cleanable_ratio{
    .name = "log.cleaner.min.cleanable.ratio",
    .topic_name = "min.cleanable.dirty.ratio",
    .type = Type::Double,
    .fallback = "0.5",
    .hostile = {"0", "1"},
    .reload = Reload::Live,
    .doc = "Which share of a compacted partition must be new before it is compacted again.",
};
inline constexpr Option log_flush_offset_checkpoint_interval_ms{
    .name = "log.flush.offset.checkpoint.interval.ms",
    .unit = Unit::Millis,
    .fallback = "60000",
    .most = kMostInt,
    .hostile = {"10"},
    .doc =
        "How often recovery points are noted, and the offsets at which logs begin. After a crash "
        "only what follows a recovery point is checked.",
};

inline constexpr std::array kLogOptions{
    &thalweg_durability,
    &message_max_bytes,
    &compression_type,
    &compression_gzip_level,
    &compression_lz4_level,
    &compression_zstd_level,
    &log_message_timestamp_type,
    &log_message_timestamp_before_max_ms,
    &log_message_timestamp_after_max_ms,
    &log_segment_bytes,
    &log_roll_ms,
    &log_roll_jitter_ms,
    &log_index_size_max_bytes,
    &log_index_interval_bytes,
    &log_preallocate,
    &log_segment_delete_delay_ms,
    &log_flush_interval_messages,
    &log_flush_interval_ms,
    &log_cleanup_policy,
    &log_retention_ms,
    &log_retention_bytes,
    &log_retention_check_interval_ms,
    &log_cleaner_delete_retention_ms,
    &log_cleaner_min_compaction_lag_ms,
    &log_cleaner_max_compaction_lag_ms,
    &log_cleaner_min_cleanable_ratio,
    &log_flush_offset_checkpoint_interval_ms,
};

}  // namespace config

#include "config/topic_options.h"

#include <algorithm>

#include "config/log_options.h"
#include "config/reader.h"
#include "config/replication_options.h"

namespace config {

TopicOptions topic_options(const Layers& layers) {
  static const Pairs none;
  Layers of_topic = layers;
  if (!of_topic.topic) of_topic.topic = &none;
  const Reader read(of_topic);
  const std::vector<std::string> cleanup = read.list(log_cleanup_policy);
  const auto cleans_by = [&](std::string_view way) {
    return std::ranges::find(cleanup, way) != cleanup.end();
  };
  return {
      .durability = read.choice<Durability>(thalweg_durability),
      .max_message_bytes = read.whole<std::int32_t>(message_max_bytes),
      .compression = read.choice<Compression>(compression_type),
      .gzip_level = read.whole<int>(compression_gzip_level),
      .lz4_level = read.whole<int>(compression_lz4_level),
      .zstd_level = read.whole<int>(compression_zstd_level),
      .timestamp_type = read.choice<TimestampType>(log_message_timestamp_type),
      .timestamp_before_max = read.millis(log_message_timestamp_before_max_ms),
      .timestamp_after_max = read.millis(log_message_timestamp_after_max_ms),
      .segment_bytes = read.whole<std::int32_t>(log_segment_bytes),
      .segment_age = read.millis(log_roll_ms),
      .segment_index_bytes = read.whole<std::int32_t>(log_index_size_max_bytes),
      .index_interval_bytes = read.whole<std::int32_t>(log_index_interval_bytes),
      .file_delete_delay = read.millis(log_segment_delete_delay_ms),
      .flush_messages = read.whole<std::int64_t>(log_flush_interval_messages),
      .flush_interval = read.millis(log_flush_interval_ms),
      .cleanup_delete = cleans_by("delete"),
      .cleanup_compact = cleans_by("compact"),
      .retention = read.millis(log_retention_ms),
      .retention_bytes = read.whole<std::int64_t>(log_retention_bytes),
      .delete_retention = read.millis(log_cleaner_delete_retention_ms),
      .min_compaction_lag = read.millis(log_cleaner_min_compaction_lag_ms),
      .max_compaction_lag = read.millis(log_cleaner_max_compaction_lag_ms),
      .min_cleanable_ratio = read.ratio(log_cleaner_min_cleanable_ratio),
      .min_insync_replicas = read.whole<std::int32_t>(min_insync_replicas),
      .unclean_leader_election = read.yes(unclean_leader_election_enable),
  };
}

}  // namespace config

// What a partition needs to know of its topic's configuration, as plain values.
#pragma once
#include <cstdint>

#include "base/time.h"
#include "config/layers.h"

namespace config {

enum class Compression : std::uint8_t { Producer, Uncompressed, Gzip, Snappy, Lz4, Zstd };
enum class TimestampType : std::uint8_t { CreateTime, LogAppendTime };

// What an acknowledgement of acks=all promises (design decision 6).
enum class Durability : std::uint8_t {
  Disk,       // The batch is on stable storage: fdatasync has returned.
  PageCache,  // The operating system has the batch and will write it, as in Apache Kafka.
};

struct TopicOptions {
  Durability durability;

  std::int32_t max_message_bytes;  // The largest batch, compressed.
  Compression compression;
  int gzip_level;
  int lz4_level;
  int zstd_level;
  TimestampType timestamp_type;
  Millis timestamp_before_max;
  Millis timestamp_after_max;

  std::int32_t segment_bytes;
  Millis segment_age;
  std::int32_t segment_index_bytes;
  std::int32_t index_interval_bytes;
  Millis file_delete_delay;
  std::int64_t flush_messages;
  Millis flush_interval;

  bool cleanup_delete;
  bool cleanup_compact;
  Millis retention;              // Negative: no limit.
  std::int64_t retention_bytes;  // Negative: no limit.
  Millis delete_retention;
  Millis min_compaction_lag;
  Millis max_compaction_lag;
  double min_cleanable_ratio;

  std::int32_t min_insync_replicas;
  bool unclean_leader_election;

  bool operator==(const TopicOptions&) const = default;
};

TopicOptions topic_options(const Layers& layers);

}  // namespace config

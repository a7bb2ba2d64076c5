// What a log needs to know of its topic's configuration. Plain values, shared by a topic's
// partitions and replaced as a whole when the configuration changes.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/time.h"
#include "wire/record_batch.h"

namespace store {

enum class Durability {
  Disk,       // Acknowledged means synced to stable storage.
  PageCache,  // Acknowledged means handed to the operating system, as in Apache Kafka.
};

struct LogOptions {
  std::uint32_t segment_bytes = 1 << 30;
  Millis segment_ms = std::chrono::hours(24 * 7);
  std::uint32_t segment_index_bytes = 10 << 20;
  std::uint32_t index_interval_bytes = 4096;

  bool deletes = true;  // cleanup.policy has "delete": the two limits below hold.
  std::int64_t retention_ms = std::int64_t{7} * 24 * 60 * 60 * 1000;  // Negative: for ever.
  std::int64_t retention_bytes = -1;                                  // Negative: any size.

  std::uint32_t max_message_bytes = 1048588;  // The largest batch, its header included.
  wire::TimestampType timestamp_type = wire::TimestampType::CreateTime;

  Durability durability = Durability::Disk;
  // Only for Durability::PageCache: sync after so many records, or so long after the first of them.
  std::int64_t flush_messages = INT64_MAX;
  std::int64_t flush_ms = INT64_MAX;
};
using LogOptionsPtr = std::shared_ptr<const LogOptions>;

}  // namespace store

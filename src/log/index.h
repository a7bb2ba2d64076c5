// The two sparse indexes beside every segment, as Apache Kafka lays them out (docs/formats/log.md).
//
// An entry of the offset index says: the batch whose last offset is `base + offset` starts at
// `position`. An entry of the time index says: up to the batch whose last offset is `base + offset`
// no batch has a timestamp above `timestamp`, and that one has it. Both ascend strictly. A reader
// looks up the floor and walks the batch headers from there, so a missing entry costs time and
// never correctness.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"

namespace logs {

struct OffsetEntry {
  std::uint32_t offset = 0;  // Relative to the segment's base.
  std::uint32_t position = 0;
  bool operator==(const OffsetEntry&) const = default;
};

struct TimeEntry {
  Timestamp timestamp;
  std::uint32_t offset = 0;  // Relative to the segment's base.
  bool operator==(const TimeEntry&) const = default;
};

inline constexpr std::size_t kOffsetEntrySize = 8;
inline constexpr std::size_t kTimeEntrySize = 12;

void encode(const OffsetEntry& entry, std::byte* to);
void encode(const TimeEntry& entry, std::byte* to);
OffsetEntry decode_offset_entry(const std::byte* from);
TimeEntry decode_time_entry(const std::byte* from);
ByteVector encode_all(std::span<const OffsetEntry> entries);
ByteVector encode_all(std::span<const TimeEntry> entries);

// The entries of an index file, or nothing where they cannot be right: the file is to be rebuilt.
// The zeros with which Kafka fills an index file up that it had no time to trim are left out.
std::optional<std::vector<OffsetEntry>> decode_offset_index(Bytes file, std::uint64_t log_size);
std::optional<std::vector<TimeEntry>> decode_time_index(Bytes file);

// The last entry at or before an offset, a position; none if the first lies behind it.
std::optional<OffsetEntry> floor_offset(std::span<const OffsetEntry> entries, std::uint32_t offset);
std::optional<OffsetEntry> floor_position(std::span<const OffsetEntry> entries,
                                          std::uint64_t position);

// What a batch is to the indexes.
struct Indexed {
  Offset last_offset;
  Timestamp max_timestamp = kNoTimestamp;
  std::uint32_t position = 0;
  std::uint32_t size = 0;
};

// What goes into the indexes while a segment grows. One such walks along with each segment.
class SparseIndex {
 public:
  struct Entries {
    std::optional<OffsetEntry> offset;
    std::optional<TimeEntry> time;
  };

  SparseIndex() = default;
  explicit SparseIndex(Offset base) : base_(base) {}

  // The entries that are due with this batch, at most one per `interval` bytes.
  Entries add(const Indexed& batch, std::uint32_t interval);
  // The time entry that is due when the segment is closed, if any: so that the last one holds the
  // segment's greatest timestamp.
  std::optional<TimeEntry> finish();
  // Takes up where the time index of a segment found on disk ends.
  void resume(const TimeEntry& last);

  Timestamp max_timestamp() const { return max_timestamp_; }
  Offset max_timestamp_offset() const { return {Offset{base_.value + max_offset_}}; }

 private:
  std::optional<TimeEntry> time_entry();

  Offset base_;
  Timestamp max_timestamp_ = kNoTimestamp;
  Timestamp last_entry_ = kNoTimestamp;
  std::uint32_t max_offset_ = 0;  // Last offset of the batch that has max_timestamp_, relative.
  std::uint32_t bytes_since_entry_ = 0;
};

}  // namespace logs

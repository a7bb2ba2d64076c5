// Where partitions start and end, what lies at a time, and how many bytes they take.
#pragma once
#include <map>
#include <vector>

#include "client/cluster.h"
#include "client/topics.h"

namespace client {

// What to look up, as the protocol writes it: a time, or one of these.
inline constexpr Timestamp kLatest{-1};    // The offset that the next record will get.
inline constexpr Timestamp kEarliest{-2};  // The first record that is still there.

// Which end of a partition kLatest means: that of all records, or of those that are committed.
enum class Isolation : std::uint8_t { ReadUncommitted, ReadCommitted };

struct FoundOffset {
  Offset offset{-1};  // -1: no record is that young.
  Timestamp timestamp = kNoTimestamp;
};

// Looks up `at` in partitions of `topics`, all of them, asking each leader once. Partitions without
// a leader are absent from the answer.
env::Task<Result<std::map<TopicPartition, FoundOffset>>> list_offsets(
    Cluster& cluster, std::vector<TopicInfo> topics, Timestamp at,
    Isolation isolation = Isolation::ReadUncommitted);

// Start and end of every partition.
struct Range {
  Offset start;
  Offset end;
  std::int64_t records() const {
    return end.value - start.value;
  }  // Upper bound: compaction leaves holes.
};
env::Task<Result<std::map<TopicPartition, Range>>> ranges(Cluster& cluster,
                                                          std::vector<TopicInfo> topics);

// Bytes of the leaders' logs. Partitions whose leader does not say are absent.
env::Task<Result<std::map<TopicPartition, std::int64_t>>> sizes(Cluster& cluster,
                                                                std::vector<TopicInfo> topics);

}  // namespace client

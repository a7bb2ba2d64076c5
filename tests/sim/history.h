// What the clients of a simulated run saw, and what must be true of it. Workloads write it down;
// the checks know nothing of how it came about.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"

namespace simulation {

// What clients get done. Each that had a part in a run must get on after its mishaps.
enum class Activity {
  Produce,
  Consume,
  Commit,
  ChangeTopics,
  Trim,
  WorkInGroup,
  Share,
  Transact,
  ReadCommitted
};

// One record as it was sent: each value is sent once by intention, whatever the retries.
struct Acked {
  TopicPartition partition;
  Offset offset;
  std::string value;
};

// Values are "<producer>:<number>", with ":<padding>" behind some.
struct History {
  std::set<std::string> attempted;
  std::vector<Acked> acked;
  // What was read, by whom ever: an offset must never show two values.
  std::map<std::pair<TopicPartition, Offset>, std::string> read;
  // The highest high watermark that anyone was told, by a fetch or by an acknowledgement.
  std::map<TopicPartition, Offset> watermarks;
  // Below it records may be gone, because somebody asked for it.
  std::map<TopicPartition, Offset> trimmed;
  // Producers without idempotence: what they send may be there twice, and behind later values.
  std::set<std::string> repeating;
  std::map<Activity, std::uint64_t> done;
  std::vector<std::string> contradictions;  // Found while it went on.

  void note_read(const TopicPartition& partition, Offset offset, const std::string& value);
  // A broker told `watermark` to a request that was made when `floor` had been told to someone.
  Offset watermark_floor(const TopicPartition& partition) const;
  void note_watermark(const TopicPartition& partition, Offset floor, Offset watermark);
  void note_acked(const TopicPartition& partition, Offset offset, const std::string& value);
  // A broker told, as it started, that what a partition holds from `from` on is damaged. It does so
  // to be safe, too: a power cut may tear a batch and keep a later one, neither acknowledged.
  void note_damage(const TopicPartition& partition, Offset from);
  // Records from `from` on were asked for, and the first that came has this offset.
  void note_first(const TopicPartition& partition, Offset from, Offset first);
  void contradict(std::string what);
  Offset may_start_at(const TopicPartition& partition) const;
};

// The whole content of the partitions after the run, in order of offsets.
using Content = std::map<TopicPartition, std::vector<std::pair<Offset, std::string>>>;

// What is wrong, in a sentence each; empty when all is well. Checks that nothing acknowledged is
// lost or changed, that nothing is there twice or was never sent, that offsets are dense, that a
// producer's values are in its order, and that what was read is still there.
std::vector<std::string> faults(const History& history, const Content& content);

}  // namespace simulation

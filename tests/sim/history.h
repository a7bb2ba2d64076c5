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

// One record as it was sent: each value is sent once by intention, whatever the retries.
struct Acked {
  TopicPartition partition;
  Offset offset;
  std::string value;
};

struct History {
  std::set<std::string> attempted;
  std::vector<Acked> acked;
  // What was read, by whom ever: an offset must never show two values.
  std::map<std::pair<TopicPartition, Offset>, std::string> read;
  std::vector<std::string> contradictions;  // Found while reading.

  void note_read(const TopicPartition& partition, Offset offset, const std::string& value);
};

// The whole content of the partitions after the run, in order of offsets.
using Content = std::map<TopicPartition, std::vector<std::pair<Offset, std::string>>>;

// What is wrong, in a sentence each; empty when all is well. Checks that nothing acknowledged is
// lost or changed, that nothing is there twice or was never sent, that offsets are dense, that a
// producer's values are in its order, and that what was read is still there.
std::vector<std::string> faults(const History& history, const Content& content);

}  // namespace simulation

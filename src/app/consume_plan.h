// Which records `consume` reads: where each partition starts, and where reading is over.
#pragma once
#include <map>
#include <optional>
#include <set>

#include "app/position.h"
#include "client/offsets.h"

namespace app {

// `position` in a partition as an offset within it. `at_time` is the first record that is not
// older, where the position is a time and there is such a record.
Offset offset_at(const Position& position, const client::Range& range,
                 std::optional<Offset> at_time);

class ReadPlan {
 public:
  // Without stops reading goes on for ever. A partition that stops where it starts, or before, is
  // over from the first.
  ReadPlan() = default;
  ReadPlan(std::map<TopicPartition, Offset> starts,
           std::optional<std::map<TopicPartition, Offset>> stops);

  const std::map<TopicPartition, Offset>& starts() const { return starts_; }

  // Whether the record at `offset` is to be printed.
  bool wants(const TopicPartition& partition, Offset offset) const;

  // Reading of `partition` has come to `next`.
  void reached(const TopicPartition& partition, Offset next);
  // There is nothing more in `partition`, wherever it was to stop.
  void ended(const TopicPartition& partition) { open_.erase(partition); }
  bool done() const { return stops_ && open_.empty(); }

 private:
  std::map<TopicPartition, Offset> starts_;
  std::optional<std::map<TopicPartition, Offset>> stops_;  // Exclusive.
  std::set<TopicPartition> open_;                          // Where there is more to read.
};

}  // namespace app

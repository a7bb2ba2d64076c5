// Offsets that transactions under way have said, and that count from their commit on (KIP-447).
//
// What is said later of a partition overrules what was said before, whichever ends first: an offset
// never goes back because an older transaction took longer.
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "base/ids.h"
#include "group/record.h"

namespace group {

class PendingOffsets {
 public:
  void add(ProducerId producer, OffsetStored offset);

  // Takes out what the producer's transaction has said and still counts, in its order; what other
  // transactions said of these before is overruled.
  std::vector<OffsetStored> commit(ProducerId producer);
  void abort(ProducerId producer) { by_producer_.erase(producer); }

  // Something else was said of the partition, now.
  void overrule(const GroupId& group, const TopicPartition& partition);

  // Whether transactions under way have said something.
  bool holds(const GroupId& group) const;
  bool holds(const GroupId& group, const TopicPartition& partition) const;
  bool empty() const { return by_producer_.empty(); }

  bool operator==(const PendingOffsets& other) const;

 private:
  struct Said {
    std::uint64_t order;
    OffsetStored offset;
  };
  void overrule(const GroupId& group, const TopicPartition& partition, std::uint64_t before);

  std::uint64_t next_ = 0;
  std::map<ProducerId, std::vector<Said>> by_producer_;
};

}  // namespace group

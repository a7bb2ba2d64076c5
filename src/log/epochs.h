// Which leader wrote which offsets: for each leader epoch the offset of its first record.
// Both ascend strictly. Kept in `leader-epoch-checkpoint`.
#pragma once
#include <optional>
#include <vector>

#include "base/ids.h"

namespace logs {

struct EpochStart {
  LeaderEpoch epoch;
  Offset start;
  bool operator==(const EpochStart&) const = default;
};

struct EpochEnd {
  LeaderEpoch epoch;
  Offset end;
  bool operator==(const EpochEnd&) const = default;
};

class Epochs {
 public:
  Epochs() = default;
  // What does not ascend is left out, the later entry winning.
  explicit Epochs(const std::vector<EpochStart>& entries);

  const std::vector<EpochStart>& entries() const { return entries_; }
  LeaderEpoch latest() const { return entries_.empty() ? kNoLeaderEpoch : entries_.back().epoch; }
  std::optional<LeaderEpoch> epoch_of(Offset offset) const;

  // The answer to OffsetForLeaderEpoch: the greatest epoch at or below `epoch` and the offset where
  // the next one starts, or `log_end`. For an epoch before all known ones: itself, and where the
  // first known one starts. Nothing for an epoch after the latest, and for none.
  std::optional<EpochEnd> end_of(LeaderEpoch epoch, Offset log_end) const;

  // `epoch` begins at `start`. What contradicts it, later starts or later epochs, goes. True if
  // this changed anything.
  bool begin(LeaderEpoch epoch, Offset start);
  // The log now ends at `end`, begins at `start`. True if this changed anything.
  bool cut_end(Offset end);
  bool cut_start(Offset start);

 private:
  std::vector<EpochStart> entries_;
};

}  // namespace logs

#include "log/epochs.h"

#include <algorithm>

namespace logs {

Epochs::Epochs(const std::vector<EpochStart>& entries) {
  for (const EpochStart& entry : entries) begin(entry.epoch, entry.start);
}

std::optional<LeaderEpoch> Epochs::epoch_of(Offset offset) const {
  const auto above = std::ranges::upper_bound(entries_, offset, {}, &EpochStart::start);
  if (above == entries_.begin()) return {};
  return (above - 1)->epoch;
}

std::optional<EpochEnd> Epochs::end_of(LeaderEpoch epoch, Offset log_end) const {
  if (epoch.value < 0 || entries_.empty() || epoch > latest()) return {};
  if (epoch == latest()) return EpochEnd{epoch, log_end};
  const auto above = std::ranges::upper_bound(entries_, epoch, {}, &EpochStart::epoch);
  if (above == entries_.begin()) return EpochEnd{epoch, above->start};
  return EpochEnd{(above - 1)->epoch, above->start};
}

bool Epochs::begin(LeaderEpoch epoch, Offset start) {
  if (epoch.value < 0) return false;
  if (!entries_.empty() && entries_.back().epoch == epoch && entries_.back().start <= start) {
    return false;
  }
  std::erase_if(entries_, [&](const EpochStart& entry) {
    return entry.epoch >= epoch || entry.start >= start;
  });
  entries_.push_back({epoch, start});
  return true;
}

bool Epochs::cut_end(Offset end) {
  return std::erase_if(entries_, [&](const EpochStart& entry) { return entry.start >= end; }) > 0;
}

bool Epochs::cut_start(Offset start) {
  const auto above = std::ranges::upper_bound(entries_, start, {}, &EpochStart::start);
  if (above == entries_.begin()) return false;
  const auto floor = above - 1;
  if (floor == entries_.begin() && floor->start == start) return false;
  floor->start = start;
  entries_.erase(entries_.begin(), floor);
  return true;
}

}  // namespace logs

#include "app/consume_plan.h"

#include <algorithm>

namespace app {

Offset offset_at(const Position& position, const client::Range& range,
                 std::optional<Offset> at_time) {
  const Offset wished =
      std::visit(overloaded{
                     [&](const AtStart&) { return range.start; },
                     [&](const AtEnd&) { return range.end; },
                     [&](const AtOffset& at) { return at.offset; },
                     [&](const AtTime&) { return at_time.value_or(range.end); },
                     // No overflow: what is subtracted is not below zero, and neither is the end.
                     [&](const BeforeEnd& back) { return Offset{range.end.value - back.records}; },
                 },
                 position);
  return std::clamp(wished, range.start, std::max(range.start, range.end));
}

ReadPlan::ReadPlan(std::map<TopicPartition, Offset> starts,
                   std::optional<std::map<TopicPartition, Offset>> stops)
    : starts_(std::move(starts)), stops_(std::move(stops)) {
  if (!stops_) return;
  std::erase_if(starts_, [&](const auto& start) {
    const auto stop = stops_->find(start.first);
    return stop != stops_->end() && stop->second <= start.second;
  });
  for (const auto& [partition, offset] : starts_) open_.insert(partition);
}

bool ReadPlan::wants(const TopicPartition& partition, Offset offset) const {
  if (!stops_) return true;
  const auto stop = stops_->find(partition);
  return stop == stops_->end() || offset < stop->second;
}

void ReadPlan::reached(const TopicPartition& partition, Offset next) {
  if (!stops_) return;
  const auto stop = stops_->find(partition);
  if (stop != stops_->end() && next >= stop->second) open_.erase(partition);
}

}  // namespace app

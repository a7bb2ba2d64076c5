#include "broker/group_notes.h"

#include <string>

#include "broker/group_meters.h"

namespace broker {

GroupNotes::GroupNotes(observe::Metrics& metrics, Limits limits)
    : metrics_(metrics),
      limits_(limits),
      timelines_(limits.timelines),
      commits_(metrics.counter(meters::group_commits_total)) {}

void GroupNotes::happened(std::string_view type, const GroupId& group, Timestamp at,
                          std::vector<group::Happening> all) {
  for (group::Happening& one : all) {
    const bool ended = one.kind == group::HappeningKind::Rebalanced;
    const auto took = timelines_.note(group, at, std::move(one));
    if (!ended || !took) continue;
    metrics_.histogram(meters::group_rebalance_seconds, {std::string(type)}).observe(*took);
    if (GroupFigures* const own = figures(group)) ++own->rebalances;
  }
}

void GroupNotes::heard(std::string_view type) {
  auto counter = heartbeats_.find(type);
  if (counter == heartbeats_.end()) {
    const std::string name(type);
    counter =
        heartbeats_.emplace(name, metrics_.counter(meters::group_heartbeats_total, {name})).first;
  }
  counter->second.add();
}

void GroupNotes::committed(const GroupId& group, std::size_t offsets) {
  commits_.add(offsets);
  if (GroupFigures* const own = figures(group)) own->commits += offsets;
}

void GroupNotes::choose(const std::vector<GroupId>& groups) {
  std::map<GroupId, GroupFigures> chosen;
  for (const GroupId& group : groups) {
    if (chosen.size() >= limits_.series) break;
    const GroupFigures* const known = figures(group);
    chosen.emplace(group, known ? *known : GroupFigures{});
  }
  figures_ = std::move(chosen);
}

GroupFigures* GroupNotes::figures(const GroupId& group) {
  const auto found = figures_.find(group);
  return found == figures_.end() ? nullptr : &found->second;
}

void GroupNotes::fill(observe::Snapshot& snapshot) const {
  const auto number = [](auto n) { return static_cast<std::int64_t>(n); };
  for (const auto& [group, own] : figures_) {
    const observe::LabelValues label{group.value};
    // Up, so that what is behind does not show as 0.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(own.behind).count();
    snapshot.add(meters::group_lag_records, label, own.lag);
    snapshot.add(meters::group_lag_seconds, label, number(seconds));
    snapshot.add(meters::group_members, label, number(own.members));
    snapshot.add(meters::group_unowned_partitions, label, number(own.unowned));
    snapshot.add(meters::group_rebalances_total, label, number(own.rebalances));
    snapshot.add(meters::group_offset_commits_total, label, number(own.commits));
  }
}

}  // namespace broker

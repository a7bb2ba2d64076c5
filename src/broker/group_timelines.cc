#include "broker/group_timelines.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/http.h"

namespace broker {
namespace {

std::size_t size_of(const TimelineEvent& event) {
  return sizeof(TimelineEvent) + event.what.cause.size() +
         (event.what.member ? event.what.member->value.size() : 0);
}

}  // namespace

std::optional<Millis> GroupTimelines::note(const GroupId& group, Timestamp at,
                                           group::Happening what) {
  const auto [entry, fresh] = by_group_.try_emplace(group);
  Timeline& timeline = entry->second;
  if (!fresh) by_quiet_.erase(timeline.place);
  timeline.place = by_quiet_.insert(by_quiet_.end(), group);

  std::optional<Millis> took;
  if (what.kind == group::HappeningKind::Rebalancing && !timeline.rebalancing_since) {
    timeline.rebalancing_since = at;
  } else if (what.kind == group::HappeningKind::Rebalanced ||
             what.kind == group::HappeningKind::BecameEmpty) {
    const auto since = std::exchange(timeline.rebalancing_since, {});
    // The wall clock may have been set meanwhile.
    if (since) took = std::max(Millis{0}, Millis{at.value - since->value});
  }
  timeline.events.push_back({++last_number_, at, std::move(what), took});
  bytes_ += size_of(timeline.events.back());
  while (timeline.events.size() > limits_.events) drop_oldest(timeline);
  make_room();
  return took;
}

void GroupTimelines::drop_oldest(Timeline& timeline) {
  bytes_ -= size_of(timeline.events.front());
  timeline.events.pop_front();
}

void GroupTimelines::make_room() {
  while (bytes_ > limits_.bytes && !by_quiet_.empty()) {
    const auto quietest = by_group_.find(by_quiet_.front());
    while (!quietest->second.events.empty()) drop_oldest(quietest->second);
    by_group_.erase(quietest);
    by_quiet_.pop_front();
  }
}

const std::deque<TimelineEvent>* GroupTimelines::find(const GroupId& group) const {
  const auto found = by_group_.find(group);
  return found == by_group_.end() ? nullptr : &found->second.events;
}

std::vector<std::string> GroupTimelines::names() const {
  std::vector<std::string> names;
  for (const auto& [group, timeline] : by_group_) names.push_back(group.value);
  return names;
}

std::string timeline_json(const GroupId& group, const std::deque<TimelineEvent>& events,
                          std::uint64_t after) {
  std::string all;
  for (const TimelineEvent& event : events) {
    if (event.number <= after) continue;
    all += fmt::format(R"({}{{"number":{},"at":{},"what":{},"member":{},"cause":{},"took_ms":{}}})",
                       all.empty() ? "" : ",", event.number, event.at.value,
                       http::quote_json(group::to_text(event.what.kind)),
                       event.what.member ? http::quote_json(event.what.member->value) : "null",
                       http::quote_json(event.what.cause),
                       event.took ? fmt::format("{}", event.took->count()) : "null");
  }
  return fmt::format(R"({{"group":{},"events":[{}]}})", http::quote_json(group.value), all);
}

}  // namespace broker

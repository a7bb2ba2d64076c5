// What happened to the groups of one shard lately, for people to read. In memory alone: a restart
// forgets it, and says so by beginning anew.
//
// Bounded twice: by events for each group, and by memory for all groups together; then the group
// that has been quiet the longest is forgotten first.
#pragma once
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "group/happening.h"

namespace broker {

struct TimelineEvent {
  std::uint64_t number = 0;  // Grows from event to event of a shard.
  Timestamp at = kNoTimestamp;
  group::Happening what;
  // Of the end of a rebalance: how long ago it began.
  std::optional<Millis> took = {};
};

class GroupTimelines {
 public:
  struct Limits {
    std::size_t events = 200;                   // Of one group.
    std::size_t bytes = std::size_t{16} << 20;  // Of all groups.
  };
  explicit GroupTimelines(Limits limits) : limits_(limits) {}

  // Gives how long a rebalance took that ended with this.
  std::optional<Millis> note(const GroupId& group, Timestamp at, group::Happening what);

  // The oldest first; none for a group that nothing is known of.
  const std::deque<TimelineEvent>* find(const GroupId& group) const;
  std::vector<std::string> names() const;
  std::size_t bytes() const { return bytes_; }

 private:
  struct Timeline {
    std::deque<TimelineEvent> events = {};
    std::optional<Timestamp> rebalancing_since = {};
    std::list<GroupId>::iterator place = {};
  };
  void make_room();
  void drop_oldest(Timeline& timeline);

  Limits limits_;
  std::uint64_t last_number_ = 0;
  std::size_t bytes_ = 0;
  std::map<GroupId, Timeline> by_group_;
  std::list<GroupId> by_quiet_;  // The one that has been quiet the longest is in front.
};

// {"group": "orders", "events": [{"number", "at", "what", "member", "cause", "took_ms"}]}: those
// with numbers above `after`.
std::string timeline_json(const GroupId& group, const std::deque<TimelineEvent>& events,
                          std::uint64_t after);

}  // namespace broker

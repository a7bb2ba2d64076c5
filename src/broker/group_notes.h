// What a shard's coordinator has to tell people of its groups: their timelines, and what is counted
// of them. Groups do not know of it. To be used on that shard only.
//
// Only so many groups have series of their own: a metric's labels must not grow with what clients
// make up. Who has them is decided now and then (`choose`), and counting begins then.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "broker/group_timelines.h"
#include "observe/metrics.h"

namespace broker {

// What a group's own series show.
struct GroupFigures {
  std::uint64_t rebalances = 0;
  std::uint64_t commits = 0;  // Of offsets.
  std::size_t members = 0;
  std::size_t unowned = 0;  // Partitions subscribed to that nobody owns.
  std::int64_t lag = 0;
  Millis behind{0};
};

class GroupNotes {
 public:
  struct Limits {
    GroupTimelines::Limits timelines = {};
    std::size_t series = 200;
  };
  GroupNotes(observe::Metrics& metrics, Limits limits);

  void happened(std::string_view type, const GroupId& group, Timestamp at,
                std::vector<group::Happening> all);
  void heard(std::string_view type);  // A heartbeat.
  void committed(const GroupId& group, std::size_t offsets);

  const GroupTimelines& timelines() const { return timelines_; }
  std::size_t most_series() const { return limits_.series; }
  // From now on these have series of their own, at most `most_series`.
  void choose(const std::vector<GroupId>& groups);
  // Of a group with series of its own; null for others.
  GroupFigures* figures(const GroupId& group);
  void fill(observe::Snapshot& snapshot) const;

 private:
  observe::Metrics& metrics_;
  Limits limits_;
  GroupTimelines timelines_;
  observe::Counter commits_;
  std::map<std::string, observe::Counter, std::less<>> heartbeats_;  // By type.
  std::map<GroupId, GroupFigures> figures_;
};

}  // namespace broker

// The timers of groups, by name. Arming one that runs already replaces it. Nearly all are armed
// anew long before they fire (a session, by each heartbeat), so a later deadline is only noted, and
// looked at when the earlier one comes.
#pragma once
#include <functional>
#include <map>
#include <unordered_map>

#include "base/ids.h"
#include "env/shard.h"
#include "group/step.h"

namespace broker {

class CoordinatorTimers {
 public:
  using Fire = std::function<void(GroupId group, group::TimerKey key)>;

  CoordinatorTimers(env::Shard& shard, Fire fire) : shard_(shard), fire_(std::move(fire)) {}
  ~CoordinatorTimers() { cancel_all(); }
  CoordinatorTimers(const CoordinatorTimers&) = delete;
  CoordinatorTimers& operator=(const CoordinatorTimers&) = delete;

  void set(const GroupId& group, const group::TimerChange& change);
  void cancel_all();
  std::size_t size() const;

 private:
  struct Running {
    Instant deadline;
    Instant looks_at;  // When the reactor's timer fires.
    env::TimerId timer;
  };
  void look(const GroupId& group, const group::TimerKey& key);
  void start(const GroupId& group, const group::TimerKey& key, Running& running);

  env::Shard& shard_;
  Fire fire_;
  std::unordered_map<GroupId, std::map<group::TimerKey, Running>> running_;
};

}  // namespace broker

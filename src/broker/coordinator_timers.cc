#include "broker/coordinator_timers.h"

namespace broker {

void CoordinatorTimers::set(const GroupId& group, const group::TimerChange& change) {
  if (!change.after) {
    const auto of_group = running_.find(group);
    if (of_group == running_.end()) return;
    const auto at = of_group->second.find(change.key);
    if (at == of_group->second.end()) return;
    shard_.cancel(at->second.timer);
    of_group->second.erase(at);
    if (of_group->second.empty()) running_.erase(of_group);
    return;
  }
  const Instant deadline = shard_.now() + *change.after;
  const auto [at, is_new] = running_[group].try_emplace(change.key);
  Running& running = at->second;
  running.deadline = deadline;
  if (!is_new && running.looks_at <= deadline) return;
  if (!is_new) shard_.cancel(running.timer);
  start(group, change.key, running);
}

void CoordinatorTimers::start(const GroupId& group, const group::TimerKey& key, Running& running) {
  running.looks_at = running.deadline;
  running.timer = shard_.arm(running.deadline, [this, group, key] { look(group, key); });
}

void CoordinatorTimers::look(const GroupId& group, const group::TimerKey& key) {
  auto& of_group = running_.at(group);
  const auto at = of_group.find(key);
  if (at->second.deadline > shard_.now()) {
    start(group, key, at->second);
    return;
  }
  of_group.erase(at);
  if (of_group.empty()) running_.erase(group);
  fire_(group, key);
}

void CoordinatorTimers::cancel_all() {
  for (const auto& [group, timers] : running_) {
    for (const auto& [key, running] : timers) shard_.cancel(running.timer);
  }
  running_.clear();
}

std::size_t CoordinatorTimers::size() const {
  std::size_t size = 0;
  for (const auto& [group, timers] : running_) size += timers.size();
  return size;
}

}  // namespace broker

// The phases of a rebalance: gathering the members, and waiting for the leader's assignment.
#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/probe.h"
#include "group/membership.h"

namespace group {
namespace {

constexpr TimerKey kJoinPhase{TimerKind::JoinPhase};
constexpr TimerKey kSyncPhase{TimerKind::SyncPhase};

Generation next(Generation generation) {
  constexpr std::int32_t kLast = std::numeric_limits<std::int32_t>::max();
  return Generation{generation.value == kLast ? 1 : generation.value + 1};
}

// Keeps the leader if it has joined, or makes a member that has the leader.
bool elect_leader(Classic& group) {
  if (!group.leader) return false;
  if (group.members.at(*group.leader).joining) return true;
  const auto joined = std::ranges::find_if(
      group.members, [](const auto& entry) { return entry.second.joining.has_value(); });
  if (joined == group.members.end()) return false;
  group.leader = joined->first;
  return true;
}

// Members that keep their place over restarts have until their session ends.
void remove_absent(Classic& group, Effects& out) {
  std::vector<MemberId> absent;
  for (const auto& [id, member] : group.members) {
    if (!member.joining && !member.instance) absent.push_back(id);
  }
  const std::string limit = in_words(rebalance_timeout(group)) + " (rebalance timeout)";
  for (const MemberId& id : absent) {
    probe::reached<"classic: a member did not join in time">();
    tell(out, HappeningKind::TimedOut, id, "it did not join the rebalance within " + limit);
    remove(group, id, ErrorCode::UnknownMemberId, out);
  }
}

void become_empty(Classic& group, Timestamp now, Effects& out) {
  group.protocol.reset();
  enter(group, State::Empty, now);
  tell(out, HappeningKind::BecameEmpty, std::nullopt,
       "generation " + std::to_string(group.generation.value));
  out.records.emplace_back(GroupStored{group.id, stored(group)});
}

void begin_generation(Classic& group, Timestamp now, Effects& out) {
  group.protocol = select_protocol(group);
  enter(group, State::CompletingRebalance, now);
  for (auto& [id, member] : group.members) {
    answer_join(group, member, joined(group, id), out);
    group.unsynced.insert(id);
  }
  out.timers.push_back({kSyncPhase, rebalance_timeout(group)});
}

}  // namespace

void rebalance(Classic& group, const Limits& limits, Timestamp now, Effects& out, std::string why) {
  if (group.state == State::PreparingRebalance) {
    complete_join_if_all_joined(group, now, out);
  } else {
    prepare_rebalance(group, limits, now, out, std::move(why));
  }
}

void prepare_rebalance(Classic& group, const Limits& limits, Timestamp now, Effects& out,
                       std::string why) {
  tell(out, HappeningKind::Rebalancing, std::nullopt, std::move(why));
  if (group.state == State::CompletingRebalance) {
    for (auto& [id, member] : group.members) {
      member.assignment.clear();
      answer_sync(member, {.error = ErrorCode::RebalanceInProgress}, out);
    }
  }
  group.unsynced.clear();
  out.timers.push_back({kSyncPhase, std::nullopt});

  const bool is_first = group.state == State::Empty;
  enter(group, State::PreparingRebalance, now);
  if (is_first) {
    // The members of a service start one after another. Waiting a little spares rebalances.
    group.gathering = std::max(rebalance_timeout(group) - limits.initial_delay, Millis{0});
    group.grew = false;
    out.timers.push_back({kJoinPhase, limits.initial_delay});
  } else if (all_joined(group)) {
    complete_join(group, now, out);
  } else {
    out.timers.push_back({kJoinPhase, rebalance_timeout(group)});
  }
}

void complete_join_if_all_joined(Classic& group, Timestamp now, Effects& out) {
  if (group.state != State::PreparingRebalance || group.gathering || !all_joined(group)) return;
  complete_join(group, now, out);
}

void complete_join(Classic& group, Timestamp now, Effects& out) {
  check(group.state == State::PreparingRebalance);
  group.gathering.reset();
  out.timers.push_back({kJoinPhase, std::nullopt});
  remove_absent(group, out);

  if (!group.members.empty() && !elect_leader(group)) {
    // Only static members are left, and none of them has joined. Their sessions decide.
    probe::reached<"classic: only static members are left, and away">();
    out.timers.push_back({kJoinPhase, rebalance_timeout(group)});
    return;
  }
  group.generation = next(group.generation);
  if (group.members.empty()) {
    become_empty(group, now, out);
  } else {
    begin_generation(group, now, out);
  }
}

void join_phase_over(Classic& group, const Limits& limits, Timestamp now, Effects& out) {
  if (group.state != State::PreparingRebalance) return;
  if (group.gathering && group.grew && *group.gathering > Millis{0}) {
    const Millis longer = std::min(limits.initial_delay, *group.gathering);
    group.gathering = *group.gathering - longer;
    group.grew = false;
    out.timers.push_back({kJoinPhase, longer});
    return;
  }
  complete_join(group, now, out);
}

void sync_phase_over(Classic& group, const Limits& limits, Timestamp now, Effects& out) {
  const bool waits = group.state == State::CompletingRebalance || group.state == State::Stable;
  if (!waits || group.unsynced.empty()) return;
  probe::reached<"classic: members did not sync in time">();
  const std::set<MemberId> silent = group.unsynced;
  const std::string limit = in_words(rebalance_timeout(group)) + " (rebalance timeout)";
  for (const MemberId& id : silent) {
    tell(out, HappeningKind::TimedOut, id, "it did not ask for its assignment within " + limit);
    remove(group, id, ErrorCode::UnknownMemberId, out);
  }
  prepare_rebalance(group, limits, now, out, "members did not ask for their assignment");
}

}  // namespace group

// What members of a classic group ask between joins: their assignment, to be kept, to go.
#include <algorithm>

#include "base/probe.h"
#include "group/membership.h"

namespace group {
namespace {

bool contradicts(const std::optional<std::string>& said, const std::optional<std::string>& known) {
  return said && known && *said != *known;
}

std::optional<ErrorCode> refuse_sync(const Classic& group, const Sync& sync) {
  if (const auto refused = refuse_identity(group, sync.who)) return refused;
  if (sync.generation != group.generation) return ErrorCode::IllegalGeneration;
  if (contradicts(sync.protocol_type, group.protocol_type) ||
      contradicts(sync.protocol, group.protocol)) {
    return ErrorCode::InconsistentGroupProtocol;
  }
  if (group.state == State::PreparingRebalance) return ErrorCode::RebalanceInProgress;
  return {};
}

SyncReply synced(const Classic& group, const Member& member) {
  return {.protocol_type = group.protocol_type,
          .protocol = group.protocol,
          .assignment = member.assignment};
}

void note_synced(Classic& group, const MemberId& member, Effects& out) {
  group.unsynced.erase(member);
  if (group.unsynced.empty()) out.timers.push_back({{TimerKind::SyncPhase}, std::nullopt});
}

std::string summary(const Classic& group) {
  return "generation " + std::to_string(group.generation.value) + " with " +
         std::to_string(group.members.size()) +
         (group.members.size() == 1 ? " member, " : " members, ") + group.protocol.value_or("") +
         " by " + group.leader.value_or(MemberId{}).value;
}

// Who the leader has forgotten gets nothing to do; whom it has made up does not exist.
void assign(Classic& group, const std::vector<Assignment>& assignments, Timestamp now,
            Effects& out) {
  for (auto& [id, member] : group.members) member.assignment.clear();
  for (const Assignment& assignment : assignments) {
    const auto at = group.members.find(assignment.member);
    if (at != group.members.end()) at->second.assignment = assignment.bytes;
  }
  enter(group, State::Stable, now);
  tell(out, HappeningKind::Rebalanced, std::nullopt, summary(group));
  out.records.emplace_back(GroupStored{group.id, stored(group)});
  for (auto& [id, member] : group.members) answer_sync(member, synced(group, member), out);
}

// Takes one member out, and says how that went.
ErrorCode take_out(Classic& group, const Identity& who, Effects& out) {
  if (who.member.value.empty()) {
    const auto holder = who.instance ? group.instances.find(*who.instance) : group.instances.end();
    if (holder == group.instances.end()) return ErrorCode::UnknownMemberId;
    const MemberId member = holder->second;
    tell(out, HappeningKind::Left, member,
         "somebody took instance " + who.instance->value + " out");
    remove(group, member, ErrorCode::UnknownMemberId, out);
    return ErrorCode::None;
  }
  if (group.reserved.erase(who.member) > 0) {
    out.timers.push_back({{TimerKind::Session, who.member}, std::nullopt});
    return ErrorCode::None;
  }
  if (const auto refused = refuse_identity(group, who)) return *refused;
  tell(out, HappeningKind::Left, who.member, "by its own wish");
  remove(group, who.member, ErrorCode::UnknownMemberId, out);
  return ErrorCode::None;
}

void session_over(Classic& group, const MemberId& id, const Limits& limits, Timestamp now,
                  Effects& out) {
  if (group.reserved.erase(id) > 0) {
    complete_join_if_all_joined(group, now, out);
    return;
  }
  const Member* member = group.find(id);
  if (!member) return;
  // Who waits for us is not to blame for its silence, but a newcomer cannot wait for ever: nobody
  // knows whether it is still there.
  const bool waits = member->joining || member->syncing;
  if (waits && !member->fresh) return;
  if (waits) probe::reached<"classic: a newcomer waited too long">();
  tell(out, HappeningKind::TimedOut, id,
       member->fresh ? "its join waited for " + in_words(limits.new_member_join) +
                           ", and nobody knows whether it is still there"
                     : "silent for " + in_words(member->session_timeout) + " (session timeout)");
  remove(group, id, ErrorCode::UnknownMemberId, out);
  rebalance(group, limits, now, out, "a member timed out");
}

}  // namespace

void on(Classic& group, const Sync& sync, const Limits& /*limits*/, Timestamp now, Effects& out) {
  if (const auto refused = refuse_sync(group, sync)) {
    out.replies.push_back({sync.token, SyncReply{.error = *refused}});
    return;
  }
  Member& member = group.members.at(sync.who.member);
  note_synced(group, member.id, out);
  if (group.state == State::Stable) {
    out.replies.push_back({sync.token, synced(group, member)});
    return;
  }
  wait_for_sync(member, sync.token, out);
  if (group.is_leader(member.id)) assign(group, sync.assignments, now, out);
}

void on(Classic& group, const Heartbeat& beat, const Limits& /*limits*/, Timestamp /*now*/,
        Effects& out) {
  ErrorCode error = ErrorCode::None;
  if (const auto refused = refuse_identity(group, beat.who)) {
    error = *refused;
  } else if (beat.generation != group.generation) {
    error = ErrorCode::IllegalGeneration;
  } else {
    arm_session(*group.find(beat.who.member), out);
    if (group.state == State::PreparingRebalance) error = ErrorCode::RebalanceInProgress;
  }
  out.replies.push_back({beat.token, HeartbeatReply{error}});
}

void on(Classic& group, const Leave& leave, const Limits& limits, Timestamp now, Effects& out) {
  const std::size_t before = group.members.size();
  LeaveReply reply;
  for (const Identity& who : leave.members) {
    reply.members.push_back({who, take_out(group, who, out)});
  }
  out.replies.push_back({leave.token, std::move(reply)});
  if (group.members.size() < before) {
    rebalance(group, limits, now, out, "a member left");
  } else {
    // Perhaps a reserved id was given back, the last that the others waited for.
    complete_join_if_all_joined(group, now, out);
  }
}

void on(Classic& group, const TimerFired& fired, const Limits& limits, Timestamp now,
        Effects& out) {
  switch (fired.key.kind) {
    case TimerKind::Session:
      return session_over(group, fired.key.member, limits, now, out);
    case TimerKind::JoinPhase:
      return join_phase_over(group, limits, now, out);
    case TimerKind::SyncPhase:
      return sync_phase_over(group, limits, now, out);
    case TimerKind::Revocation:
    case TimerKind::Assignment:
      return;  // Of the consumer group that there was under this name.
  }
}

}  // namespace group

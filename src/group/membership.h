// The parts that steps of a classic group are made of. Each keeps the group's invariants; none
// decides anything. Internal to group/.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "group/classic.h"

namespace group {

void enter(Classic& group, State state, Timestamp now);

// The member must be new, and so must its instance.
Member& add(Classic& group, Member member);
// Takes a member out, answering what it waits for with `why`, and ends its session.
void remove(Classic& group, const MemberId& member, ErrorCode why, Effects& out);
// Gives a static member's place to a new id. The old one's waiting requests are fenced.
Member& replace(Classic& group, const MemberId& old_id, const MemberId& new_id, Effects& out);

void set_protocols(Classic& group, Member& member, std::vector<Protocol> protocols);

// Makes the request wait. One of the same kind that waited before is told to try again.
void wait_for_join(Classic& group, Member& member, Token token, Effects& out);
void wait_for_sync(Member& member, Token token, Effects& out);
// Answers what waits, if anything, and counts the member's session from now.
void answer_join(Classic& group, Member& member, JoinReply reply, Effects& out);
void answer_sync(Member& member, SyncReply reply, Effects& out);

void arm_session(const Member& member, Effects& out);
bool all_joined(const Classic& group);
Millis rebalance_timeout(const Classic& group);  // The longest that a member asks for.

// Whether `who` is a member, and no other member has its instance.
std::optional<ErrorCode> refuse_identity(const Classic& group, const Identity& who);

// Whether a member with these protocols could take part.
bool understands(const Classic& group, const std::string& type,
                 const std::vector<Protocol>& protocols);
// The protocol that most members like best among those that all speak.
std::string select_protocol(const Classic& group);

// The answer for a member of the present generation.
JoinReply joined(const Classic& group, const MemberId& member);
std::vector<JoinedMember> joined_members(const Classic& group);

// For people to read. The cause is a sentence without its full stop.
void tell(Effects& out, HappeningKind kind, std::optional<MemberId> member, std::string cause);
std::string in_words(Millis duration);  // "10 s", "1500 ms".

// rebalance.cc: what a group does by itself after somebody came, went or changed.

// Starts a rebalance, or lets one that is under way go on if nobody is missed any more. `why` is
// for people.
void rebalance(Classic& group, const Limits& limits, Timestamp now, Effects& out, std::string why);
void prepare_rebalance(Classic& group, const Limits& limits, Timestamp now, Effects& out,
                       std::string why);
void complete_join_if_all_joined(Classic& group, Timestamp now, Effects& out);
void complete_join(Classic& group, Timestamp now, Effects& out);
void join_phase_over(Classic& group, const Limits& limits, Timestamp now, Effects& out);
void sync_phase_over(Classic& group, const Limits& limits, Timestamp now, Effects& out);

// classic_join.cc and classic_sync.cc: the requests.
void on(Classic& group, const Join& join, const Limits& limits, Timestamp now, Effects& out);
void on(Classic& group, const Sync& sync, const Limits& limits, Timestamp now, Effects& out);
void on(Classic& group, const Heartbeat& beat, const Limits& limits, Timestamp now, Effects& out);
void on(Classic& group, const Leave& leave, const Limits& limits, Timestamp now, Effects& out);
void on(Classic& group, const TimerFired& fired, const Limits& limits, Timestamp now, Effects& out);

}  // namespace group

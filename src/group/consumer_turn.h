// One step of a consumer group, and the phases that steps are made of. A phase reads the group as
// it stands and says what changes by `put`, which records and applies it; nothing else changes a
// group. Internal to group/.
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "group/consumer.h"

namespace group {

class Turn {
 public:
  Turn(Consumer& group, const World& seen) : world(seen), group_(group) {}

  const World& world;
  Effects out;

  const Consumer& group() const { return group_; }

  void put(ConsumerChange change) {
    group::apply(group_, change);
    out.records.emplace_back(ConsumerRecord{group_.id, std::move(change)});
  }
  void put_epoch(GroupEpoch epoch) {
    put(GroupEpochSet{epoch});
    group_.passing.epoch_since = world.now;
  }
  void note_assigned() { group_.passing.assigned_at = world.now; }

  // A regular expression, ready to match. None where it is not one by the rules of today: an old
  // log's may be.
  const TopicRegex* compiled(const std::string& text) {
    auto& kept = group_.passing.compiled;
    const auto at = kept.find(text);
    if (at != kept.end()) return &at->second;
    auto compiled = TopicRegex::compile(text);
    return compiled ? &kept.emplace(text, *std::move(compiled)).first->second : nullptr;
  }
  void forget_compiled(const std::string& text) { group_.passing.compiled.erase(text); }
  void note_resolved() { group_.passing.resolved_at = world.now; }

  // A classic member has been told to join again, for as long as it may take. Telling it once more
  // gives it no more time.
  void expect_join(const MemberId& member, Millis within) {
    if (group_.passing.rejoining.insert(member).second) arm(TimerKind::JoinPhase, member, within);
  }
  // It has, or is gone.
  void expect_no_join(const MemberId& member) {
    if (group_.passing.rejoining.erase(member) > 0) cancel(TimerKind::JoinPhase, member);
  }

  void arm(TimerKind kind, const MemberId& member, Millis after) {
    out.timers.push_back({{kind, member}, after});
  }
  void cancel(TimerKind kind, const MemberId& member) {
    out.timers.push_back({{kind, member}, std::nullopt});
  }
  void tell(HappeningKind kind, std::optional<MemberId> member, std::string cause) {
    out.happened.push_back({kind, std::move(member), std::move(cause)});
  }

 private:
  Consumer& group_;
};

// consumer_heartbeat.cc
void on(Turn& turn, const ConsumerHeartbeat& beat);
// A static member that comes back gets what its predecessor had, under its new id.
void replace(Turn& turn, MemberId old, const MemberId& new_id);
// What a member tells of itself now. Takes the group on where it wants other topics.
void take_up_facts(Turn& turn, const MemberId& id, MemberFacts after);

// consumer_classic.cc: of members that speak the classic protocol.
void on(Turn& turn, const Join& join);
void on(Turn& turn, const Sync& sync);
void on(Turn& turn, const Heartbeat& beat);
void on(Turn& turn, const Leave& leave);

// consumer_topics.cc: what the group subscribes to.

// Takes the group to its next epoch, and looks at its topics again on the way.
void bump_epoch(Turn& turn, const std::string& cause);
// Resolves regular expressions that are new, and forgets those that nobody uses any more.
void renew_regexes(Turn& turn);
// Looks at what all of them match again, if that was long ago. Changes of topics are followed at
// once as it is; this is for those that nobody told of.
void renew_regexes_if_due(Turn& turn);
void on(Turn& turn, const TopicsChanged& changed);
// After a restart: whatever may have changed in the meantime.
void look_at_topics_again(Turn& turn);

// consumer_assign.cc

// Shares the work out anew if the group is in a new epoch. A large group rests in between: many
// who come at once are served at once.
void assign_if_due(Turn& turn);

// consumer_reconcile.cc

// Brings a member as near to the target as can be now. `owned` is what it says it owns; none where
// that is as before.
void reconcile(Turn& turn, const MemberId& id, const std::optional<Assigned>& owned);
// What it comes to hold. Pure, and the heart of it: see there.
Holding next_holding(const Consumer& group, const MemberId& id, const ConsumerMember& member,
                     const Assigned& target, const std::optional<Assigned>& owned);

// consumer_leave.cc
void leave(Turn& turn, const ConsumerHeartbeat& beat);
// Takes a member out, and the group on.
void remove(Turn& turn, MemberId id, const std::string& cause);
void on(Turn& turn, const TimerFired& fired);
void stop_timers(Turn& turn, const MemberId& id);

// The topics that a member subscribes to and that there are.
std::set<TopicId> topics_of(const Consumer& group, const MemberFacts& facts,
                            const cluster::Image& image);

// Of the members that speak the newer protocol; those of the classic one say how long they want.
Millis session_timeout(const Consumer& group, const World& world);
// Until the member is to be heard from again. Sooner than usual while the group is in motion: it is
// in heartbeats that members learn what to give up and what has come free for them.
Millis heartbeat_interval(const Consumer& group, const MemberId& member, const World& world);

}  // namespace group

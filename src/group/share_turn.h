// One step of a share group, and the phases that steps are made of. Nothing but `put` changes a
// group. Internal to group/.
#pragma once
#include <string>
#include <utility>

#include "group/share.h"

namespace group {

class ShareTurn {
 public:
  ShareTurn(Share& group, const World& world) : world(world), group_(group) {}

  const World& world;
  Effects out;

  const Share& group() const { return group_; }

  void put(ShareChange change) {
    group::apply(group_, change);
    out.records.emplace_back(ShareRecord{group_.id, std::move(change)});
  }
  void set_beginning(Assigned partitions) { group_.beginning.partitions = std::move(partitions); }

  void arm_session(const MemberId& member);
  void cancel_session(const MemberId& member) {
    out.timers.push_back({{TimerKind::Session, member}, std::nullopt});
  }
  void tell(HappeningKind kind, std::optional<MemberId> member, std::string cause) {
    out.happened.push_back({kind, std::move(member), std::move(cause)});
  }

 private:
  Share& group_;
};

// share_heartbeat.cc: members.
void on(ShareTurn& turn, const ShareHeartbeat& beat);
void on(ShareTurn& turn, const TimerFired& fired);

// share_assign.cc: topics, and who reads what.
void on(ShareTurn& turn, const ShareBegun& begun);
void on(ShareTurn& turn, const TopicsChanged& changed);
void look_at_topics_again(ShareTurn& turn, const std::string& cause);
// Takes the group to its next epoch and shares its partitions out.
void share_out(ShareTurn& turn, const std::string& cause);
// What of the group's topics has no state yet, and nobody is about to begin: notes it as about to.
Assigned take_what_is_to_begin(ShareTurn& turn);

}  // namespace group

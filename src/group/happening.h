// What happened to a group and why, for people to read (`thalweg group timeline`) and for metrics.
// Told beside the effects of a step; nothing is decided by it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace group {

enum class HappeningKind : std::uint8_t {
  Joined,
  Left,                 // By its own wish, or an administrator's.
  TimedOut,             // It was silent, or did not let go of partitions in time.
  Fenced,               // Sent away, to come back as a new member.
  Replaced,             // A static member came back under a new id.
  SubscriptionChanged,  // A member wants other topics than before.
  TopicsChanged,        // Topics that the group subscribes to came, grew or went.
  Rebalancing,          // Work is being shared out anew.
  Rebalanced,           // Everyone has what it is meant to have.
  AssignmentChanged,    // A member's work is another now.
  BecameEmpty,          // The last member is gone.
  Migrated,             // The group went over to another protocol.
  Loaded,               // Its coordinator read it from the log, after a start or a failure.
};
std::string_view to_text(HappeningKind kind);

// "client cart at /10.0.0.1, instance till-1": a member as people know it, which its id need not
// tell.
std::string place_of(const std::string& client_id, const std::string& client_host,
                     const std::optional<InstanceId>& instance);

struct Happening {
  HappeningKind kind;
  std::optional<MemberId> member = {};
  std::string cause = {};  // A sentence without its full stop.
  bool operator==(const Happening&) const = default;
};

}  // namespace group

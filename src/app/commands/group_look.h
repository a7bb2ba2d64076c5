// What the commands about groups share: looking at a group from all sides.
#pragma once
#include <string>

#include "app/commands/common.h"
#include "app/group_picture.h"

namespace app {

// The group with what it has committed and how far it is behind. `with_times` asks the leaders for
// the records that lag in time is told from.
Outcome<std::unique_ptr<GroupPicture>> look_at_group(Session& session, const std::string& name,
                                                     bool with_times);

// What an operator must not overlook, one sentence each.
std::vector<std::string> warnings_of(const GroupPicture& picture);

// "5 min 3 s", "-" where it cannot be told.
std::string shown_behind(const std::optional<Millis>& behind);

Json to_json(const TopicPartition& partition);

}  // namespace app

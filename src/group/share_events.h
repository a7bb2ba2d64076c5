// What members of share groups ask, and how they are answered.
#pragma once
#include <optional>
#include <set>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "group/assigned.h"
#include "group/terms.h"

namespace group {

// What is not there is as it was before.
struct ShareHeartbeat {
  Token token;
  MemberId member;
  Epoch epoch;
  std::string client_id = {};
  std::string client_host = {};
  std::optional<std::string> rack = {};
  std::optional<std::set<TopicName>> topics = {};
};

// The state of these partitions has been begun with the share coordinator, or could not be.
struct ShareBegun {
  Token token;
  Assigned begun = {};
  Assigned failed = {};
};

struct ShareReply {
  ErrorCode error = ErrorCode::None;
  std::string message = {};
  MemberId member = {};
  Epoch epoch = {};
  Millis heartbeat_interval{};
  std::optional<Assigned> assignment = {};  // None if nothing has changed.
  // For whoever asks in the member's name: their state has to be begun, with this epoch, before
  // members can have them. Nobody else is asked to.
  Assigned to_begin = {};
  Epoch state_epoch = {};
};

}  // namespace group

// What members of the consumer protocol ask, and how they are answered.
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
struct ConsumerHeartbeat {
  Token token;
  Identity who;            // An empty member id asks for one.
  MemberId fresh_id = {};  // What the member gets to be called, should it need an id.
  Epoch epoch;
  std::string client_id = {};
  std::string client_host = {};
  std::optional<std::string> rack = {};
  std::optional<Millis> rebalance_timeout = {};
  std::optional<std::set<TopicName>> topics = {};
  std::optional<std::string> regex = {};  // An empty one takes it back.
  std::optional<std::string> assignor = {};
  std::optional<Assigned> owned = {};
};

struct ConsumerReply {
  ErrorCode error = ErrorCode::None;
  std::string message = {};
  MemberId member = {};
  Epoch epoch = {};
  Millis heartbeat_interval{};
  std::optional<Assigned> assignment = {};  // None if nothing has changed.
};

}  // namespace group

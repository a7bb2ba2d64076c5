// What members of the classic protocol ask, and how they are answered.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "group/terms.h"

namespace group {

struct Join {
  Token token;
  Identity who;       // An empty member id asks for one.
  MemberId fresh_id;  // What the member gets to be called, should it need an id.
  std::string client_id = {};
  std::string client_host = {};
  Millis session_timeout{};
  Millis rebalance_timeout{};
  std::string protocol_type = {};
  std::vector<Protocol> protocols = {};  // The one it likes best first.
  // What the version of the request implies.
  bool must_know_its_id = false;     // v4 on (KIP-394): an unknown member is told its id first.
  bool can_skip_assignment = false;  // v9 on: a leader can be told not to assign.
};

struct Assignment {
  MemberId member;
  ByteVector bytes;
};

struct Sync {
  Token token;
  Identity who;
  Generation generation;
  std::optional<std::string> protocol_type = {};  // None: the client is too old to say.
  std::optional<std::string> protocol = {};
  std::vector<Assignment> assignments = {};  // From the leader only.
};

struct Heartbeat {
  Token token;
  Identity who;
  Generation generation;
};

struct Leave {
  Token token;
  std::vector<Identity> members;  // An empty member id takes the instance out, whoever it is.
};

struct JoinedMember {
  MemberId id;
  std::optional<InstanceId> instance = {};
  ByteVector metadata = {};
};
struct JoinReply {
  ErrorCode error = ErrorCode::None;
  Generation generation = kNoGeneration;
  std::optional<std::string> protocol_type = {};
  std::optional<std::string> protocol = {};
  MemberId leader = {};
  bool skip_assignment = false;
  MemberId member = {};
  std::vector<JoinedMember> members = {};  // For the leader.
};
struct SyncReply {
  ErrorCode error = ErrorCode::None;
  std::optional<std::string> protocol_type = {};
  std::optional<std::string> protocol = {};
  ByteVector assignment = {};
};
struct HeartbeatReply {
  ErrorCode error = ErrorCode::None;
};
struct LeaveReply {
  struct Left {
    Identity who;
    ErrorCode error = ErrorCode::None;
  };
  std::vector<Left> members = {};
};

}  // namespace group

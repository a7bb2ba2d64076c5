// What a group of the consumer protocol keeps in the log. Each change stands for all before it of
// the same key; one without a value says that the thing is gone.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "group/assigned.h"
#include "group/terms.h"
#include "wire/coordinator_record.h"

namespace group {

struct GroupEpoch {
  Epoch epoch = {};
  // Of the topics that are subscribed to, to notice when they change. 0: not known, look again.
  std::int64_t metadata_hash = 0;
  bool operator==(const GroupEpoch&) const = default;
};

// Of a member that still speaks the classic protocol, in a group that does not any more.
struct ClassicSide {
  Millis session_timeout{};
  std::vector<Protocol> protocols = {};
  bool operator==(const ClassicSide&) const = default;
};

// What a member has told of itself.
struct MemberFacts {
  std::optional<InstanceId> instance = {};
  std::optional<std::string> rack = {};
  std::string client_id = {};
  std::string client_host = {};
  std::set<TopicName> topics = {};
  std::optional<std::string> regex = {};  // Never an empty one.
  Millis rebalance_timeout{-1};
  std::optional<std::string> assignor = {};  // None leaves the choice to the others.
  std::optional<ClassicSide> classic = {};
  bool operator==(const MemberFacts&) const = default;
};

enum class MemberState : std::int8_t {
  Stable = 0,
  UnrevokedPartitions = 1,   // It has to let go of some before it gets on.
  UnreleasedPartitions = 2,  // Others have not let go yet of what it is to get.
  Unknown = 127,             // Written by a newer broker.
};

// What a member holds, on its way to the target.
struct Holding {
  Epoch epoch = {};
  Epoch previous = {};  // Still accepted, in case the answer with the new one was lost.
  MemberState state = MemberState::Stable;
  Assigned assigned = {};
  Assigned revoking = {};  // Nobody else may have these until the member has let go.
  bool operator==(const Holding&) const = default;
};

// The topics that match a regular expression.
struct Resolved {
  std::set<TopicName> topics = {};
  std::int64_t version = 0;  // Of the cluster's metadata that was looked at.
  Timestamp at{};
  bool operator==(const Resolved&) const = default;
};

struct GroupEpochSet {
  std::optional<GroupEpoch> value = {};
  bool operator==(const GroupEpochSet&) const = default;
};
// Only old logs have a value here, which is read over: the hash has taken its place.
struct TopicMetadataDropped {
  bool operator==(const TopicMetadataDropped&) const = default;
};
struct MemberSet {
  MemberId member;
  std::optional<MemberFacts> value = {};
  bool operator==(const MemberSet&) const = default;
};
// The group epoch that the target was made for.
struct TargetEpochSet {
  std::optional<Epoch> value = {};
  bool operator==(const TargetEpochSet&) const = default;
};
struct TargetSet {
  MemberId member;
  std::optional<Assigned> value = {};
  bool operator==(const TargetSet&) const = default;
};
struct HoldingSet {
  MemberId member;
  std::optional<Holding> value = {};
  bool operator==(const HoldingSet&) const = default;
};
struct RegexSet {
  std::string regex;
  std::optional<Resolved> value = {};
  bool operator==(const RegexSet&) const = default;
};
using ConsumerChange = std::variant<GroupEpochSet, TopicMetadataDropped, MemberSet, TargetEpochSet,
                                    TargetSet, HoldingSet, RegexSet>;

struct ConsumerRecord {
  GroupId group;
  ConsumerChange change;
  bool operator==(const ConsumerRecord&) const = default;
};

wire::CoordinatorRecord encode(const ConsumerRecord& record);

// Nothing where `kind` is not one of these.
Result<std::optional<ConsumerRecord>> decode_consumer(std::int16_t kind, Bytes key,
                                                      std::optional<Bytes> value);

}  // namespace group

// What a share group keeps in the log `__consumer_offsets`. Each change stands for all before it of
// the same key; one without a value says that the thing is gone. How far the group has read is not
// here: that is in `__share_group_state` (share/state.h).
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "group/assigned.h"
#include "group/consumer_record.h"
#include "group/terms.h"

namespace group {

// What a member has told of itself.
struct ShareFacts {
  std::optional<std::string> rack = {};
  std::string client_id = {};
  std::string client_host = {};
  std::set<TopicName> topics = {};
  bool operator==(const ShareFacts&) const = default;
};

// What a member has.
struct ShareHolding {
  Epoch epoch;
  Epoch previous;  // Still accepted, in case the answer with the new one was lost.
  Assigned assigned = {};
  bool operator==(const ShareHolding&) const = default;
};

// For which partitions the share coordinator has state, or is about to have or lose it.
struct ShareStates {
  struct Topic {
    TopicName name;
    std::vector<PartitionIndex> partitions = {};
    bool operator==(const Topic&) const = default;
  };
  std::map<TopicId, Topic> beginning = {};
  std::map<TopicId, Topic> begun = {};
  std::map<TopicId, TopicName> deleting = {};
  bool operator==(const ShareStates&) const = default;
};

// The share group's own epoch and metadata hash, of the same form as a consumer group's.
struct ShareEpochSet {
  std::optional<GroupEpoch> value = {};
  bool operator==(const ShareEpochSet&) const = default;
};
struct ShareMemberSet {
  MemberId member;
  std::optional<ShareFacts> value = {};
  bool operator==(const ShareMemberSet&) const = default;
};
// The group epoch that the target was made for.
struct ShareTargetEpochSet {
  std::optional<Epoch> value = {};
  bool operator==(const ShareTargetEpochSet&) const = default;
};
struct ShareTargetSet {
  MemberId member;
  std::optional<Assigned> value = {};
  bool operator==(const ShareTargetSet&) const = default;
};
struct ShareHoldingSet {
  MemberId member;
  std::optional<ShareHolding> value = {};
  bool operator==(const ShareHoldingSet&) const = default;
};
struct ShareStatesSet {
  std::optional<ShareStates> value = {};
  bool operator==(const ShareStatesSet&) const = default;
};
using ShareChange = std::variant<ShareEpochSet, ShareMemberSet, ShareTargetEpochSet, ShareTargetSet,
                                 ShareHoldingSet, ShareStatesSet>;

struct ShareRecord {
  GroupId group;
  ShareChange change;
  bool operator==(const ShareRecord&) const = default;
};

wire::CoordinatorRecord encode(const ShareRecord& record);

// Nothing where `kind` is not one of these.
Result<std::optional<ShareRecord>> decode_share(std::int16_t kind, Bytes key,
                                                std::optional<Bytes> value);

}  // namespace group

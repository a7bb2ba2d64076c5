// A group, whatever its kind: who its members are, and the offsets that it, or somebody in its
// name, has committed. What everyone may ask of a group without looking at its kind is asked here.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "group/classic.h"
#include "group/consumer.h"
#include "group/record.h"
#include "group/share.h"

namespace group {

using Offsets = std::map<TopicName, std::map<PartitionIndex, Committed>>;

// A group that nobody has joined yet is a classic one: it may hold offsets all the same.
using Membership = std::variant<Classic, Consumer, Share>;

struct Group {
  Membership membership = {};
  Offsets offsets = {};

  template <class Kind>
  const Kind* as() const {
    return std::get_if<Kind>(&membership);
  }
  template <class Kind>
  Kind* as() {
    return std::get_if<Kind>(&membership);
  }
  const GroupId& id() const;
  bool is_empty() const;  // It has no members.
  // Nobody would miss it: a name that was asked for, and no more.
  bool is_blank() const;
};

// As ListGroups and DescribeGroups call them.
std::string_view type_of(const Group& group);  // "classic", "consumer", "share".
std::string_view state_of(const Group& group);
std::string protocol_type_of(const Group& group);

// The topics that members subscribe to; none where that cannot be told.
std::optional<std::set<TopicName>> subscriptions(const Group& group);

// Takes up the work of a group that has been loaded.
Effects resume(Group& group, const World& world);
// A commit is a sign of life, where heartbeats are not the only one.
Effects hear_from(const Group& group, const MemberId& member);

// What takes the members' side of a group out of the log.
std::vector<Record> farewell(const Group& group);

}  // namespace group

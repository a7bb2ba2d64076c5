// An assignment while it is made: the task with its members and topics numbered, so that the
// assignors work on numbers in arrays. Internal to group/.
//
// Members are numbered by their ids, topics by theirs: nothing here depends on the order in which
// the task lists them. Topics that are not there, or that nobody subscribes to, have no number.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "group/assign.h"

namespace group {

using MemberNumber = std::uint32_t;
using RackNumber = std::uint32_t;
inline constexpr MemberNumber kNobody = UINT32_MAX;
inline constexpr RackNumber kNoRack = UINT32_MAX;

struct Board {
  struct Topic {
    TopicId id;
    const TopicShape* shape = nullptr;
    std::uint32_t subscribers = 0;         // Of `audiences`.
    std::vector<MemberNumber> owners{};    // Of each partition.
    std::vector<std::uint32_t> rack_at{};  // Partition p's racks: rack_at[p] to rack_at[p + 1].
    std::vector<RackNumber> rack_list{};   // Those that a member is in.

    std::span<const RackNumber> racks(std::size_t partition) const;
    bool in_rack(std::size_t partition, RackNumber rack) const;
  };

  std::vector<const Subscriber*> members;
  std::vector<RackNumber> rack_of;  // Of each member.
  RackNumber racks = 0;             // How many there are.
  std::vector<Topic> topics;
  // The sets of members that subscribe to something, each in order. Topics share them.
  std::vector<std::vector<MemberNumber>> audiences;

  bool is_near(const Topic& topic, std::size_t partition, MemberNumber member) const {
    return topic.in_rack(partition, rack_of[member]);
  }
};

// With the owners that partitions have now, as far as they may keep them.
Board make_board(const AssignmentTask& task);
// The owners of a board in the task's own terms.
Target to_target(const Board& board);

}  // namespace group

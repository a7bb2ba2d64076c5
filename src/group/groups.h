// The groups of one coordinator partition: each with its members and with the offsets that it, or
// somebody in its name, has committed. Members and offsets do not know each other beyond what is
// asked here: who may commit, and which offsets nobody needs any more.
//
//   decide_*  read a group and a wish, and say which records it takes.
//   apply     is the only code that changes offsets and drops groups, live and after a restart.
//
// Membership moves by `step`, whatever the kind of group. Groups of the newer protocols change by
// the records of the step alone, which are applied within it. A classic group changes in place
// (classic.h): its GroupStored records are facts of the past when they reach apply, and only `load`
// reads them. See step.h for what the runtime owes.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "group/group.h"
#include "group/pending.h"
#include "group/record.h"
#include "group/step.h"

namespace group {

struct Groups {
  std::map<GroupId, Group> by_id = {};
  PendingOffsets pending = {};

  const Group* find(const GroupId& id) const;
  Group& get(const GroupId& id);  // Made if there is none.
  void drop_if_blank(const GroupId& id);
};

const Committed* find_offset(const Group& group, const TopicPartition& partition);

// Moves a group by one event, and makes one where a member may. What has been applied already is in
// the records. A request for a group of another kind is refused with Kafka's error code.
Effects step(Groups& groups, const GroupId& id, const Event& event, const World& world);

// Applies a record as it is appended.
void apply(Groups& groups, const Record& record);
// Applies a record as it is read back, and was written then.
void load(Groups& groups, const Record& record, Timestamp written = kNoTimestamp);
// The end of a transaction that may have said offsets. Gives the groups whose offsets changed.
std::set<GroupId> end_transaction(Groups& groups, ProducerId producer, bool commits);

struct Commit {
  struct Item {
    TopicPartition partition;
    Committed committed = {};
  };
  GroupId group;
  Identity who = {};
  Generation generation = kNoGeneration;
  std::vector<Item> items = {};
  bool knows_epochs = false;   // v9 on: of members' epochs, and a code for groups that are missing.
  bool transactional = false;  // A producer's: whoever names no member is held to none.
};

// What became of a wish with several parts: the records it takes, and an outcome for each part.
struct Outcome {
  std::vector<Record> records = {};
  std::vector<ErrorCode> outcomes = {};
};

// Errors: UnknownMemberId, FencedInstanceId, IllegalGeneration, StaleMemberEpoch,
// RebalanceInProgress, GroupIdNotFound, UnsupportedVersion. Single items fail with
// OffsetMetadataTooLarge.
Result<Outcome> decide_commit(const Groups& groups, const Commit& commit, const Limits& limits);

// Why offsets may not be read in the name of this member, or of nobody. Errors: UnknownMemberId,
// StaleMemberEpoch, IllegalGeneration.
std::optional<ErrorCode> refuse_fetch(const Group& group, const MemberId& member, Epoch epoch);

// Forgets offsets of topics that the group does not subscribe to. Errors: GroupIdNotFound,
// NonEmptyGroup. Single items fail with GroupSubscribedToTopic.
Result<Outcome> decide_delete_offsets(const Groups& groups, const GroupId& id,
                                      const std::vector<TopicPartition>& partitions);

// Deletes a group without members, and its offsets. Errors: GroupIdNotFound, NonEmptyGroup.
Result<std::vector<Record>> decide_erase(const Groups& groups, const GroupId& id);

// Forgets the offsets that have been kept long enough, and a group when nothing of it is left. The
// offsets of a group with members stay, unless nobody subscribes to their topic any more.
std::vector<Record> decide_expiry(const Group& group, const Limits& limits, Timestamp now);

// Forgets the offsets of a topic that was deleted: a new one of that name has nothing to do with
// them.
std::vector<Record> decide_topic_gone(const Groups& groups, const TopicName& topic);
// That may be missed: the coordinator was loading, or stopped, or a late commit came after it. So
// an offset knows for which topic it is, by its id, and is as good as none where the name has gone
// over to another. These are forgotten when the topics of such names come up.
bool is_of_former_topic(const TopicName& name, const Committed& committed,
                        const cluster::Image& image);
std::vector<Record> decide_former_topics(const Groups& groups, const std::set<TopicName>& names,
                                         const cluster::Image& image);

}  // namespace group

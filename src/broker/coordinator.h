// The group coordinator of one shard: the consumer groups whose `__consumer_offsets` partition the
// shard owns. To be called on that shard only.
//
// A group belongs to one partition, by its name (`partition_of`). A partition is loaded from its
// log by `open`; until that is done its groups answer CoordinatorLoadInProgress, and groups of
// partitions that are not open answer NotCoordinator. After a failed append a partition loads
// itself again.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"
#include "broker/coordinator_log.h"
#include "broker/group_notes.h"
#include "broker/group_standing.h"
#include "env/shard.h"
#include "env/sync.h"
#include "env/task.h"
#include "group/groups.h"
#include "txn/producers.h"
#include "wire/008_offset_commit.h"
#include "wire/009_offset_fetch.h"
#include "wire/011_join_group.h"
#include "wire/012_heartbeat.h"
#include "wire/013_leave_group.h"
#include "wire/014_sync_group.h"
#include "wire/015_describe_groups.h"
#include "wire/016_list_groups.h"
#include "wire/028_txn_offset_commit.h"
#include "wire/042_delete_groups.h"
#include "wire/047_offset_delete.h"
#include "wire/068_consumer_group_heartbeat.h"
#include "wire/069_consumer_group_describe.h"
#include "wire/077_share_group_describe.h"

namespace broker {

class CoordinatorPartition;

// Who asks, as groups remember it.
struct GroupClient {
  std::string id;
  std::string host;          // "/127.0.0.1", as Kafka shows it.
  std::int16_t version = 0;  // Of the request.
};

using DescribedShareGroup = wire::ShareGroupDescribeResponse::DescribedGroup;

// What others have to know of a share group.
struct ShareGroupFacts {
  bool exists = false;
  bool is_empty = true;
  group::Epoch epoch = {};
  group::ShareStates states = {};
};

class GroupCoordinator {
 public:
  // `notes` must outlive it.
  GroupCoordinator(env::Shard& shard, group::Limits limits, GroupNotes& notes);
  ~GroupCoordinator();
  GroupCoordinator(const GroupCoordinator&) = delete;
  GroupCoordinator& operator=(const GroupCoordinator&) = delete;

  // The partition of `__consumer_offsets`, of so many, that keeps the group.
  static PartitionIndex partition_of(const GroupId& group, std::int32_t partitions);
  // How many partitions there are, which must not change while groups exist.
  void set_partitions(std::int32_t partitions) { partitions_ = partitions; }

  // Takes a partition over and starts to load it; the log must live until `close`.
  void open(PartitionIndex partition, std::shared_ptr<CoordinatorLog> log);
  // Gives a partition up: all who wait are answered NotCoordinator. `shutdown` closes all.
  void close(PartitionIndex partition);
  env::Task<void> shutdown();
  bool is_loaded(PartitionIndex partition) const;

  env::Task<wire::JoinGroupResponse> join(wire::JoinGroupRequest request, GroupClient client);
  env::Task<wire::SyncGroupResponse> sync(wire::SyncGroupRequest request);
  env::Task<wire::HeartbeatResponse> heartbeat(wire::HeartbeatRequest request);
  env::Task<wire::LeaveGroupResponse> leave(wire::LeaveGroupRequest request, GroupClient client);

  env::Task<wire::ConsumerGroupHeartbeatResponse> consumer_heartbeat(
      wire::ConsumerGroupHeartbeatRequest request, GroupClient client);

  // The caller has answered for topics that do not exist, and given ids their names.
  env::Task<wire::OffsetCommitResponse> commit(wire::OffsetCommitRequest request,
                                               GroupClient client);
  // One group of a request, in the form of v8 and on. A member that names itself is held to its
  // epoch. `stable` withholds offsets that a transaction under way may be about to change.
  env::Task<wire::OffsetFetchResponse::OffsetFetchResponseGroup> fetch_offsets(
      wire::OffsetFetchRequest::OffsetFetchRequestGroup request, bool stable = false);
  // A producer's offsets, as part of its transaction. `join` asks the transaction's coordinator to
  // take this partition of `__consumer_offsets` in.
  using Join = std::function<env::Task<Result<void>>(PartitionIndex)>;
  env::Task<wire::TxnOffsetCommitResponse> commit(wire::TxnOffsetCommitRequest request, Join join);
  // Ends a producer's transaction in a partition of `__consumer_offsets`; returns once that is
  // durable.
  env::Task<Result<void>> end_transaction(PartitionIndex partition, txn::Marker marker);
  env::Task<wire::OffsetDeleteResponse> delete_offsets(wire::OffsetDeleteRequest request);

  // Share groups (share_groups.cc).
  env::Task<group::ShareReply> share_heartbeat(GroupId id, group::ShareHeartbeat beat);
  env::Task<group::ShareReply> share_begun(GroupId id, group::ShareBegun begun);
  env::Task<DescribedShareGroup> describe_share(GroupId id);
  env::Task<Result<ShareGroupFacts>> share_facts(GroupId id);
  // Takes a share group without members to a new epoch, which the caller gives to its state.
  env::Task<Result<group::Epoch>> reset_share(GroupId id, group::ShareStates with);
  env::Task<Result<void>> forget_share_states(GroupId id, std::set<TopicId> topics);

  // What the open partitions have, of the states and types asked for (all, if none are named).
  wire::ListGroupsResponse list(const wire::ListGroupsRequest& request) const;
  env::Task<wire::DescribeGroupsResponse::DescribedGroup> describe(GroupId group);
  env::Task<wire::ConsumerGroupDescribeResponse::DescribedGroup> describe_consumer(GroupId group);
  env::Task<ErrorCode> erase(GroupId group);

  // For people: what happened, and what is to be counted at a scrape.
  GroupNotes& notes() { return notes_; }
  // Decides anew which groups have series of their own, and gives them.
  std::vector<GroupId> choose_for_series();
  std::optional<GroupStanding> standing(const GroupId& group) const;
  void fill(observe::Snapshot& snapshot) const;

  // Takes up a new picture of the cluster, in which these topics are others than they were.
  void see(cluster::ImagePtr image, const group::TopicsChanged& changed);
  // A topic was deleted: what groups committed for it means nothing for a new one of that name.
  void forget_topic(const TopicName& topic);

 private:
  using MakeEvent = std::function<group::Event(group::Token)>;

  Result<std::shared_ptr<CoordinatorPartition>> of(const GroupId& group) const;
  env::Task<Result<group::Answer>> ask_group(GroupId id, MakeEvent make);
  env::Task<Result<group::Outcome>> try_commit(const wire::OffsetCommitRequest& request,
                                               const GroupClient& client);
  env::Task<Result<group::Outcome>> try_commit(const wire::TxnOffsetCommitRequest& request,
                                               const Join& join);
  env::Task<Result<group::Outcome>> try_delete_offsets(const wire::OffsetDeleteRequest& request);
  env::Task<Result<void>> try_erase(GroupId group);
  env::Task<void> drained(std::shared_ptr<CoordinatorPartition> partition);
  void arm_expiry();

  env::Shard& shard_;
  group::Limits limits_;
  GroupNotes& notes_;
  std::int32_t partitions_ = 50;
  cluster::ImagePtr image_ = std::make_shared<const cluster::Image>();
  std::map<PartitionIndex, std::shared_ptr<CoordinatorPartition>> open_;
  env::Gate closing_;
  env::TimerId expiry_{};
};

}  // namespace broker

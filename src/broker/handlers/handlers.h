// The handlers: one for each API served, each in the file of its name. A handler is called on the
// connection's shard and may wait; it gives the whole answer. broker/apis.cc has their table.
#pragma once
#include "broker/call.h"
#include "env/task.h"

namespace wire {
#define MESSAGES(Name)  \
  struct Name##Request; \
  struct Name##Response
MESSAGES(AddOffsetsToTxn);
MESSAGES(AddPartitionsToTxn);
MESSAGES(AlterConfigs);
MESSAGES(AlterShareGroupOffsets);
MESSAGES(ApiVersions);
MESSAGES(ConsumerGroupDescribe);
MESSAGES(ConsumerGroupHeartbeat);
MESSAGES(CreatePartitions);
MESSAGES(CreateTopics);
MESSAGES(DeleteGroups);
MESSAGES(DeleteRecords);
MESSAGES(DeleteShareGroupOffsets);
MESSAGES(DeleteShareGroupState);
MESSAGES(DeleteTopics);
MESSAGES(DescribeCluster);
MESSAGES(DescribeConfigs);
MESSAGES(DescribeGroups);
MESSAGES(DescribeLogDirs);
MESSAGES(DescribeProducers);
MESSAGES(DescribeShareGroupOffsets);
MESSAGES(DescribeTopicPartitions);
MESSAGES(DescribeTransactions);
MESSAGES(EndTxn);
MESSAGES(Fetch);
MESSAGES(FindCoordinator);
MESSAGES(Heartbeat);
MESSAGES(IncrementalAlterConfigs);
MESSAGES(InitProducerId);
MESSAGES(InitializeShareGroupState);
MESSAGES(JoinGroup);
MESSAGES(LeaveGroup);
MESSAGES(ListGroups);
MESSAGES(ListOffsets);
MESSAGES(ListPartitionReassignments);
MESSAGES(ListTransactions);
MESSAGES(Metadata);
MESSAGES(OffsetCommit);
MESSAGES(OffsetDelete);
MESSAGES(OffsetFetch);
MESSAGES(OffsetForLeaderEpoch);
MESSAGES(Produce);
MESSAGES(ReadShareGroupState);
MESSAGES(ReadShareGroupStateSummary);
MESSAGES(ShareAcknowledge);
MESSAGES(ShareFetch);
MESSAGES(ShareGroupDescribe);
MESSAGES(ShareGroupHeartbeat);
MESSAGES(SyncGroup);
MESSAGES(TxnOffsetCommit);
MESSAGES(WriteShareGroupState);
MESSAGES(WriteTxnMarkers);
#undef MESSAGES
}  // namespace wire

namespace broker {

#define HANDLER(name, Name) \
  env::Task<wire::Name##Response> name(Call& call, wire::Name##Request request)
HANDLER(add_offsets_to_txn, AddOffsetsToTxn);
HANDLER(add_partitions_to_txn, AddPartitionsToTxn);
HANDLER(alter_configs, AlterConfigs);
HANDLER(alter_share_group_offsets, AlterShareGroupOffsets);
HANDLER(api_versions, ApiVersions);
HANDLER(consumer_group_describe, ConsumerGroupDescribe);
HANDLER(consumer_group_heartbeat, ConsumerGroupHeartbeat);
HANDLER(create_partitions, CreatePartitions);
HANDLER(create_topics, CreateTopics);
HANDLER(delete_groups, DeleteGroups);
HANDLER(delete_records, DeleteRecords);
HANDLER(delete_share_group_offsets, DeleteShareGroupOffsets);
HANDLER(delete_share_group_state, DeleteShareGroupState);
HANDLER(delete_topics, DeleteTopics);
HANDLER(describe_cluster, DescribeCluster);
HANDLER(describe_configs, DescribeConfigs);
HANDLER(describe_groups, DescribeGroups);
HANDLER(describe_log_dirs, DescribeLogDirs);
HANDLER(describe_producers, DescribeProducers);
HANDLER(describe_share_group_offsets, DescribeShareGroupOffsets);
HANDLER(describe_topic_partitions, DescribeTopicPartitions);
HANDLER(describe_transactions, DescribeTransactions);
HANDLER(end_txn, EndTxn);
HANDLER(fetch, Fetch);
HANDLER(find_coordinator, FindCoordinator);
HANDLER(heartbeat, Heartbeat);
HANDLER(incremental_alter_configs, IncrementalAlterConfigs);
HANDLER(init_producer_id, InitProducerId);
HANDLER(initialize_share_group_state, InitializeShareGroupState);
HANDLER(join_group, JoinGroup);
HANDLER(leave_group, LeaveGroup);
HANDLER(list_groups, ListGroups);
HANDLER(list_offsets, ListOffsets);
HANDLER(list_partition_reassignments, ListPartitionReassignments);
HANDLER(list_transactions, ListTransactions);
HANDLER(metadata, Metadata);
HANDLER(offset_commit, OffsetCommit);
HANDLER(offset_delete, OffsetDelete);
HANDLER(offset_fetch, OffsetFetch);
HANDLER(offset_for_leader_epoch, OffsetForLeaderEpoch);
HANDLER(produce, Produce);
HANDLER(read_share_group_state, ReadShareGroupState);
HANDLER(read_share_group_state_summary, ReadShareGroupStateSummary);
HANDLER(share_acknowledge, ShareAcknowledge);
HANDLER(share_fetch, ShareFetch);
HANDLER(share_group_describe, ShareGroupDescribe);
HANDLER(share_group_heartbeat, ShareGroupHeartbeat);
HANDLER(sync_group, SyncGroup);
HANDLER(txn_offset_commit, TxnOffsetCommit);
HANDLER(write_share_group_state, WriteShareGroupState);
HANDLER(write_txn_markers, WriteTxnMarkers);
#undef HANDLER

// What ApiVersions answers to a version that it does not know.
wire::ApiVersionsResponse unsupported_api_versions();

}  // namespace broker

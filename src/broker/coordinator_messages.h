// Between the messages of the group APIs and what groups understand: one place for what a version
// of a request implies, and for how a refusal looks in each answer.
#pragma once
#include <string>

#include "broker/coordinator.h"
#include "group/groups.h"

namespace broker {

group::Join to_join(wire::JoinGroupRequest request, const GroupClient& client, group::Token token,
                    MemberId fresh_id);
group::Sync to_sync(wire::SyncGroupRequest request, group::Token token);
group::Heartbeat to_heartbeat(wire::HeartbeatRequest request, group::Token token);
group::Leave to_leave(const wire::LeaveGroupRequest& request, std::int16_t version,
                      group::Token token);
// Before v1 the coordinator names members that do not name themselves.
bool may_ask_for_id(std::int16_t version);
group::ConsumerHeartbeat to_consumer_heartbeat(wire::ConsumerGroupHeartbeatRequest request,
                                               const GroupClient& client, group::Token token,
                                               MemberId fresh_id);
group::Commit to_commit(const wire::OffsetCommitRequest& request, std::int16_t version,
                        Timestamp now);
group::Commit to_commit(const wire::TxnOffsetCommitRequest& request, const cluster::Image& image,
                        Timestamp now);

wire::JoinGroupResponse to_response(group::JoinReply reply, std::int16_t version);
wire::SyncGroupResponse to_response(group::SyncReply reply);
wire::LeaveGroupResponse to_response(const group::LeaveReply& reply, std::int16_t version);
wire::ConsumerGroupHeartbeatResponse to_response(group::ConsumerReply reply);

// The same outcome for every partition of a commit, or one each, in their order.
wire::OffsetCommitResponse to_response(const wire::OffsetCommitRequest& request,
                                       const Result<group::Outcome>& outcome);
wire::TxnOffsetCommitResponse to_response(const wire::TxnOffsetCommitRequest& request,
                                          const Result<group::Outcome>& outcome);
wire::OffsetDeleteResponse to_response(const wire::OffsetDeleteRequest& request,
                                       const Result<group::Outcome>& outcome);

using FetchedGroup = wire::OffsetFetchResponse::OffsetFetchResponseGroup;
FetchedGroup to_fetched(const wire::OffsetFetchRequest::OffsetFetchRequestGroup& request,
                        const group::Group* group, const cluster::Image& image);
// Takes back what transactions under way may be about to change (KIP-447).
void withhold_unstable(FetchedGroup& fetched, const group::PendingOffsets& pending);

using DescribedGroup = wire::DescribeGroupsResponse::DescribedGroup;
DescribedGroup to_described(const group::Classic& group);

using DescribedConsumerGroup = wire::ConsumerGroupDescribeResponse::DescribedGroup;
DescribedConsumerGroup to_described(const group::Consumer& group, const cluster::Image& image,
                                    const group::ConsumerLimits& limits);

wire::ListGroupsResponse::ListedGroup to_listed(const group::Group& group);
bool is_asked_for(const wire::ListGroupsRequest& request, const group::Group& group);

}  // namespace broker

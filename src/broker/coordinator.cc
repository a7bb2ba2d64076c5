#include "broker/coordinator.h"
#include "base/probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/probe.h"
#include "base/utf16.h"
#include "broker/coordinator_messages.h"
#include "broker/coordinator_partition.h"
#include "broker/group_meters.h"

namespace broker {
namespace {

Error no_group_id() { return {ErrorCode::InvalidGroupId, "the group's name is empty"}; }

// Random enough that no two members ever bear the same name. Not a secret.
MemberId fresh_member_id(env::Shard& shard, const std::string& prefix) {
  const std::uint64_t high = shard.random();
  const std::uint64_t low = shard.random();
  return MemberId{fmt::format("{}-{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", prefix, high >> 32,
                              high >> 16 & 0xffff, high & 0xffff, low >> 48,
                              low & 0xffff'ffff'ffff)};
}

// As Kafka names members of consumer groups that do not name themselves.
MemberId fresh_uuid(env::Shard& shard) {
  Uuid id;
  store_big(id.bytes.data(), static_cast<std::int64_t>(shard.random()));
  store_big(id.bytes.data() + 8, static_cast<std::int64_t>(shard.random()));
  return MemberId{to_text(id)};
}

}  // namespace

GroupCoordinator::GroupCoordinator(env::Shard& shard, group::Limits limits, GroupNotes& notes)
    : shard_(shard), limits_(limits), notes_(notes), closing_(shard) {}

GroupCoordinator::~GroupCoordinator() { shard_.cancel(expiry_); }

PartitionIndex GroupCoordinator::partition_of(const GroupId& group, std::int32_t partitions) {
  std::uint32_t hash = 0;
  for_each_utf16(group.value, [&](std::uint16_t unit) { hash = hash * 31 + unit; });
  const auto number = static_cast<std::int32_t>(hash);
  const std::int32_t positive = number == INT32_MIN ? 0 : std::abs(number);
  return PartitionIndex{positive % partitions};
}

void GroupCoordinator::open(PartitionIndex partition, std::shared_ptr<CoordinatorLog> log) {
  close(partition);
  const auto opened = std::make_shared<CoordinatorPartition>(shard_, limits_, partition,
                                                             std::move(log), image_, notes_);
  open_.emplace(partition, opened);
  opened->start();
  if (expiry_ == env::TimerId{}) arm_expiry();
}

void GroupCoordinator::close(PartitionIndex partition) {
  const auto at = open_.find(partition);
  if (at == open_.end()) return;
  const std::shared_ptr<CoordinatorPartition> closed = at->second;
  open_.erase(at);
  closed->close();
  closing_.spawn(drained(closed));
}

// Keeps the partition until its tasks have ended.
env::Task<void> GroupCoordinator::drained(std::shared_ptr<CoordinatorPartition> partition) {
  co_await partition->drain();
}

env::Task<void> GroupCoordinator::shutdown() {
  shard_.cancel(std::exchange(expiry_, {}));
  while (!open_.empty()) close(open_.begin()->first);
  co_await closing_.drain();
}

bool GroupCoordinator::is_loaded(PartitionIndex partition) const {
  const auto at = open_.find(partition);
  return at != open_.end() && at->second->ready();
}

void GroupCoordinator::arm_expiry() {
  expiry_ = shard_.arm(shard_.now() + limits_.expiry_check, [this] {
    for (const auto& [index, partition] : open_) partition->expire_offsets();
    arm_expiry();
  });
}

void GroupCoordinator::see(cluster::ImagePtr image, const group::TopicsChanged& changed) {
  image_ = std::move(image);
  for (const auto& [index, partition] : open_) partition->see(image_, changed);
}

void GroupCoordinator::forget_topic(const TopicName& topic) {
  for (const auto& [index, partition] : open_) partition->forget_topic(topic);
}

Result<std::shared_ptr<CoordinatorPartition>> GroupCoordinator::of(const GroupId& group) const {
  const auto at = open_.find(partition_of(group, partitions_));
  if (at == open_.end()) {
    return fail(ErrorCode::NotCoordinator, "another broker or shard coordinates the group");
  }
  TRY_VOID(at->second->ready());
  return at->second;
}

// The groups' answer to a request of a member; groups without a name have no members.
env::Task<Result<group::Answer>> GroupCoordinator::ask_group(GroupId id, MakeEvent make) {
  if (id.value.empty()) co_return fail(no_group_id());
  CO_TRY(const std::shared_ptr<CoordinatorPartition> partition, of(id));
  Result<group::Answer> answer = co_await partition->ask(std::move(id), std::move(make));
  co_return answer;
}

env::Task<wire::JoinGroupResponse> GroupCoordinator::join(wire::JoinGroupRequest request,
                                                          GroupClient client) {
  const std::int16_t version = client.version;
  const MemberId member = request.member_id;
  const GroupId id = request.group_id;
  const auto make = [this, &request, &client](group::Token token) -> group::Event {
    const std::string& prefix =
        request.group_instance_id ? request.group_instance_id->value : client.id;
    MemberId fresh = fresh_member_id(shard_, prefix);
    return to_join(std::move(request), client, token, std::move(fresh));
  };
  Result<group::Answer> answer = co_await ask_group(id, make);
  if (answer) co_return to_response(std::get<group::JoinReply>(std::move(*answer)), version);
  co_return to_response(group::JoinReply{.error = answer.error().code, .member = member}, version);
}

env::Task<wire::SyncGroupResponse> GroupCoordinator::sync(wire::SyncGroupRequest request) {
  const GroupId id = request.group_id;
  const auto make = [&request](group::Token token) -> group::Event {
    return to_sync(std::move(request), token);
  };
  Result<group::Answer> answer = co_await ask_group(id, make);
  if (answer) co_return to_response(std::get<group::SyncReply>(std::move(*answer)));
  co_return to_response(group::SyncReply{.error = answer.error().code});
}

env::Task<wire::HeartbeatResponse> GroupCoordinator::heartbeat(wire::HeartbeatRequest request) {
  const GroupId id = request.group_id;
  const auto make = [&request](group::Token token) -> group::Event {
    return to_heartbeat(std::move(request), token);
  };
  const Result<group::Answer> answer = co_await ask_group(id, make);
  wire::HeartbeatResponse response;
  if (answer) {
    response.error_code = std::get<group::HeartbeatReply>(*answer).error;
  } else if (answer.error().code != ErrorCode::CoordinatorLoadInProgress) {
    // While we load, a session cannot run out: the member may as well believe all is well.
    response.error_code = answer.error().code;
  }
  co_return response;
}

env::Task<wire::LeaveGroupResponse> GroupCoordinator::leave(wire::LeaveGroupRequest request,
                                                            GroupClient client) {
  const GroupId id = request.group_id;
  const std::int16_t version = client.version;
  const auto make = [&request, version](group::Token token) -> group::Event {
    return to_leave(request, version, token);
  };
  const Result<group::Answer> answer = co_await ask_group(id, make);
  if (answer) co_return to_response(std::get<group::LeaveReply>(*answer), version);
  wire::LeaveGroupResponse response;
  response.error_code = answer.error().code;
  co_return response;
}

env::Task<wire::ConsumerGroupHeartbeatResponse> GroupCoordinator::consumer_heartbeat(
    wire::ConsumerGroupHeartbeatRequest request, GroupClient client) {
  const GroupId id = request.group_id;
  const MemberId member = request.member_id;
  if (id.value.empty()) {
    co_return to_response(group::ConsumerReply{
        .error = ErrorCode::InvalidRequest, .message = no_group_id().detail, .member = member});
  }
  const auto make = [this, &request, &client](group::Token token) -> group::Event {
    MemberId fresh = may_ask_for_id(client.version) ? fresh_uuid(shard_) : MemberId{};
    return to_consumer_heartbeat(std::move(request), client, token, std::move(fresh));
  };
  Result<group::Answer> answer = co_await ask_group(id, make);
  if (answer) co_return to_response(std::get<group::ConsumerReply>(std::move(*answer)));
  co_return to_response(group::ConsumerReply{
      .error = answer.error().code, .message = answer.error().detail, .member = member});
}

env::Task<wire::OffsetCommitResponse> GroupCoordinator::commit(wire::OffsetCommitRequest request,
                                                               GroupClient client) {
  const Result<group::Outcome> outcome = co_await try_commit(request, client);
  co_return to_response(request, outcome);
}

env::Task<Result<group::Outcome>> GroupCoordinator::try_commit(
    const wire::OffsetCommitRequest& request, const GroupClient& client) {
  CO_TRY(const std::shared_ptr<CoordinatorPartition> partition, of(request.group_id));
  const group::Commit commit = to_commit(request, client.version, shard_.wall());
  CO_TRY(group::Outcome outcome, group::decide_commit(partition->groups(), commit, limits_));
  partition->hear_from(request.group_id, request.member_id);
  const std::size_t offsets = outcome.records.size();
  CO_TRY_VOID(co_await partition->commit(request.group_id, std::move(outcome.records)));
  notes_.committed(request.group_id, offsets);
  co_return outcome;
}

env::Task<wire::TxnOffsetCommitResponse> GroupCoordinator::commit(
    wire::TxnOffsetCommitRequest request, Join join) {
  const Result<group::Outcome> outcome = co_await try_commit(request, join);
  co_return to_response(request, outcome);
}

env::Task<Result<group::Outcome>> GroupCoordinator::try_commit(
    const wire::TxnOffsetCommitRequest& request, const Join& join) {
  CO_TRY(const std::shared_ptr<CoordinatorPartition> partition, of(request.group_id));
  std::optional<txn::Permit> permit;
  while (!permit) {
    const txn::TransactionGuards::Guard guard = partition->guard(request.producer_id);
    CO_TRY_VOID(co_await join(partition_of(request.group_id, partitions_)));
    CO_TRY_VOID(partition->ready());
    permit = guard.permit();
    // Else the transaction before was still ending: asked once more, now that it is over.
    if (!permit) {
      probe::reached<"groups: a marker landed while the next transaction was asked about">();
    }
  }
  const group::Commit commit = to_commit(request, *image_, shard_.wall());
  CO_TRY(group::Outcome outcome, group::decide_commit(partition->groups(), commit, limits_));
  partition->hear_from(request.group_id, request.member_id);
  const std::size_t offsets = outcome.records.size();
  CO_TRY_VOID(co_await partition->commit(std::move(outcome.records),
                                         {request.producer_id, request.producer_epoch}, *permit));
  notes_.committed(request.group_id, offsets);
  co_return outcome;
}

env::Task<Result<void>> GroupCoordinator::end_transaction(PartitionIndex partition,
                                                          txn::Marker marker) {
  const auto at = open_.find(partition);
  if (at == open_.end()) {
    co_return fail(ErrorCode::NotLeaderOrFollower, "this shard does not keep the partition");
  }
  co_return co_await at->second->end_transaction(marker);
}

env::Task<FetchedGroup> GroupCoordinator::fetch_offsets(
    wire::OffsetFetchRequest::OffsetFetchRequestGroup request, bool stable) {
  const Result<std::shared_ptr<CoordinatorPartition>> partition = of(request.group_id);
  if (!partition) {
    co_return FetchedGroup{.group_id = request.group_id, .error_code = partition.error().code};
  }
  const group::Group* const found = (*partition)->groups().find(request.group_id);
  const auto refused = found ? group::refuse_fetch(*found, request.member_id.value_or(MemberId{}),
                                                   group::Epoch{request.member_epoch})
                             : std::nullopt;
  if (refused) co_return FetchedGroup{.group_id = request.group_id, .error_code = *refused};
  FetchedGroup fetched = to_fetched(request, found, *image_);
  if (stable) withhold_unstable(fetched, (*partition)->groups().pending);
  const Result<void> durable =
      co_await (*partition)->until_durable(request.group_id, CoordinatorPartition::Seen::Offsets);
  if (!durable) {
    co_return FetchedGroup{.group_id = request.group_id, .error_code = durable.error().code};
  }
  co_return fetched;
}

env::Task<wire::OffsetDeleteResponse> GroupCoordinator::delete_offsets(
    wire::OffsetDeleteRequest request) {
  const Result<group::Outcome> outcome = co_await try_delete_offsets(request);
  co_return to_response(request, outcome);
}

env::Task<Result<group::Outcome>> GroupCoordinator::try_delete_offsets(
    const wire::OffsetDeleteRequest& request) {
  if (request.group_id.value.empty()) co_return fail(no_group_id());
  CO_TRY(const std::shared_ptr<CoordinatorPartition> partition, of(request.group_id));
  std::vector<TopicPartition> partitions;
  for (const auto& topic : request.topics) {
    for (const auto& asked : topic.partitions) {
      partitions.push_back({topic.name, asked.partition_index});
    }
  }
  CO_TRY(group::Outcome outcome,
         group::decide_delete_offsets(partition->groups(), request.group_id, partitions));
  CO_TRY_VOID(co_await partition->commit(request.group_id, std::move(outcome.records)));
  co_return outcome;
}

wire::ListGroupsResponse GroupCoordinator::list(const wire::ListGroupsRequest& request) const {
  wire::ListGroupsResponse response;
  for (const auto& [index, partition] : open_) {
    const Result<void> ready = partition->ready();
    if (!ready) {
      response.error_code = ready.error().code;
      continue;
    }
    for (const auto& [id, group] : partition->groups().by_id) {
      if (is_asked_for(request, group)) response.groups.push_back(to_listed(group));
    }
  }
  return response;
}

env::Task<DescribedGroup> GroupCoordinator::describe(GroupId group) {
  const Result<std::shared_ptr<CoordinatorPartition>> partition = of(group);
  if (!partition) {
    co_return DescribedGroup{.error_code = partition.error().code, .group_id = group};
  }
  const group::Group* found = (*partition)->groups().find(group);
  const group::Classic* classic = found ? found->as<group::Classic>() : nullptr;
  if (!classic) {
    const std::string why = found ? "not a group of the classic protocol: '" : "no such group: '";
    co_return DescribedGroup{.error_code = ErrorCode::GroupIdNotFound,
                             .error_message = why + group.value + "'",
                             .group_id = group,
                             .group_state = "Dead"};
  }
  DescribedGroup described = to_described(*classic);
  const Result<void> durable =
      co_await (*partition)->until_durable(group, CoordinatorPartition::Seen::Membership);
  if (!durable) {
    co_return DescribedGroup{.error_code = durable.error().code, .group_id = group};
  }
  co_return described;
}

env::Task<DescribedConsumerGroup> GroupCoordinator::describe_consumer(GroupId group) {
  const Result<std::shared_ptr<CoordinatorPartition>> partition = of(group);
  if (!partition) {
    co_return DescribedConsumerGroup{.error_code = partition.error().code, .group_id = group};
  }
  const group::Group* found = (*partition)->groups().find(group);
  const group::Consumer* consumer = found ? found->as<group::Consumer>() : nullptr;
  if (!consumer) {
    const std::string why = found ? "not a group of the consumer protocol: '" : "no such group: '";
    co_return DescribedConsumerGroup{.error_code = ErrorCode::GroupIdNotFound,
                                     .error_message = why + group.value + "'",
                                     .group_id = group};
  }
  DescribedConsumerGroup described = to_described(*consumer, *image_, limits_.consumer);
  const Result<void> durable =
      co_await (*partition)->until_durable(group, CoordinatorPartition::Seen::Membership);
  if (!durable) {
    co_return DescribedConsumerGroup{.error_code = durable.error().code, .group_id = group};
  }
  co_return described;
}

env::Task<ErrorCode> GroupCoordinator::erase(GroupId group) {
  const Result<void> erased = co_await try_erase(std::move(group));
  co_return erased ? ErrorCode::None : erased.error().code;
}

env::Task<Result<void>> GroupCoordinator::try_erase(GroupId group) {
  CO_TRY(const std::shared_ptr<CoordinatorPartition> partition, of(group));
  CO_TRY(std::vector<group::Record> records, group::decide_erase(partition->groups(), group));
  Result<void> durable = co_await partition->commit(std::move(group), std::move(records));
  co_return durable;
}

std::vector<GroupId> GroupCoordinator::choose_for_series() {
  std::vector<const group::Group*> all;
  for (const auto& [index, partition] : open_) {
    if (!partition->ready()) continue;
    for (const auto& [id, group] : partition->groups().by_id) all.push_back(&group);
  }
  const std::size_t count = std::min(all.size(), notes_.most_series());
  std::ranges::partial_sort(
      all, all.begin() + static_cast<std::ptrdiff_t>(count), {}, [](const group::Group* group) {
        return std::pair<bool, const GroupId&>(group->is_empty(), group->id());
      });
  std::vector<GroupId> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(all[i]->id());
  notes_.choose(chosen);
  return chosen;
}

std::optional<GroupStanding> GroupCoordinator::standing(const GroupId& group) const {
  const auto partition = of(group);
  const group::Group* const found = partition ? (*partition)->groups().find(group) : nullptr;
  if (!found) return {};
  return standing_of(*found, *image_);
}

void GroupCoordinator::fill(observe::Snapshot& snapshot) const {
  std::map<std::pair<std::string_view, std::string_view>, std::int64_t> counts;
  std::int64_t all = 0;
  for (const auto& [index, partition] : open_) {
    if (!partition->ready()) continue;
    for (const auto& [id, group] : partition->groups().by_id) {
      ++counts[{group::type_of(group), group::state_of(group)}];
      ++all;
    }
  }
  for (const auto& [kind, count] : counts) {
    snapshot.add(meters::groups, {std::string(kind.first), std::string(kind.second)}, count);
  }
  const auto most = static_cast<std::int64_t>(notes_.most_series());
  snapshot.add(meters::groups_without_series, {}, std::max<std::int64_t>(0, all - most));
  notes_.fill(snapshot);
}

}  // namespace broker

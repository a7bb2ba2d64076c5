#include "worker.h"

#include "reading.h"
#include "wire/008_offset_commit.h"
#include "wire/009_offset_fetch.h"
#include "wire/010_find_coordinator.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr wire::Version kLastOffsetsByName = 9;

}  // namespace

env::Task<Result<void>> find_group(Link& link, GroupId group) {
  wire::FindCoordinatorRequest request;
  request.coordinator_keys.push_back(group.value);
  CO_TRY(const wire::FindCoordinatorResponse answer,
         co_await link.ask(std::move(request), &wire::read_find_coordinator_response));
  const ErrorCode error = answer.coordinators.front().error_code;
  if (error != ErrorCode::None) co_return fail(error);
  co_return Result<void>{};
}

void Worker::take_up(Seat seat, std::set<int> partitions) {
  seat_ = std::move(seat);
  std::erase_if(positions_, [&](const auto& entry) { return !partitions.contains(entry.first); });
  std::erase_if(uncommitted_, [&](int partition) { return !partitions.contains(partition); });
  scene_.ledger.own(seat_.name, seat_.generation, partitions);
  partitions_ = std::move(partitions);
}

void Worker::let_go() {
  scene_.ledger.let_go(seat_.name);
  partitions_.clear();
  positions_.clear();
  uncommitted_.clear();
}

env::Task<Result<void>> Worker::find_positions() {
  for (const int partition : std::set(partitions_)) {
    if (positions_.contains(partition)) continue;
    const Offset floor = scene_.ledger.floor(partition);
    CO_TRY(const Offset found, co_await committed(partition));
    scene_.ledger.read_back(partition, floor, found);
    positions_[partition] = std::max(found, Offset{0});
  }
  co_return Result<void>{};
}

env::Task<Result<Offset>> Worker::committed(int partition) {
  wire::OffsetFetchRequest request;
  wire::OffsetFetchRequest::OffsetFetchRequestGroup group{.group_id = kGroup};
  group.topics.emplace();
  group.topics->push_back({.name = kTopic, .partition_indexes = {PartitionIndex{partition}}});
  request.groups.push_back(std::move(group));
  CO_TRY(const wire::OffsetFetchResponse answer,
         co_await group_.ask(std::move(request), &wire::read_offset_fetch_response,
                             kLastOffsetsByName));
  const auto& of_group = answer.groups.front();
  if (of_group.error_code != ErrorCode::None) co_return fail(of_group.error_code);
  const auto& data = of_group.topics.front().partitions.front();
  if (data.error_code != ErrorCode::None) co_return fail(data.error_code);
  co_return data.committed_offset;
}

env::Task<Result<void>> Worker::commit(Seat seat, int partition, Offset offset) {
  wire::OffsetCommitRequest request{.group_id = kGroup,
                                    .generation_id_or_member_epoch = seat.generation,
                                    .member_id = seat.member,
                                    .group_instance_id = seat.instance};
  wire::OffsetCommitRequest::OffsetCommitRequestTopic topic{.name = kTopic};
  topic.partitions.push_back(
      {.partition_index = PartitionIndex{partition}, .committed_offset = offset});
  request.topics.push_back(std::move(topic));
  const SentCommit sent = scene_.ledger.send(seat.name, seat.generation, partition, offset);
  CO_TRY(const wire::OffsetCommitResponse answer,
         co_await group_.ask(std::move(request), &wire::read_offset_commit_response,
                             kLastOffsetsByName));
  const ErrorCode error = answer.topics.front().partitions.front().error_code;
  if (error != ErrorCode::None) co_return fail(error);
  scene_.ledger.acknowledge(sent);
  ++scene_.history.done[Activity::WorkInGroup];
  co_return Result<void>{};
}

env::Task<Result<void>> Worker::read_some() {
  auto at = positions_.upper_bound(turn_);
  if (at == positions_.end()) at = positions_.begin();
  turn_ = at->first;
  CO_TRY(const Given given, co_await fetch(data_, at->first, at->second));
  for (const auto& [offset, value] : given.records) {
    scene_.history.note_read(place(turn_), offset, value);
    positions_[turn_] = Offset{offset.value + 1};
    uncommitted_.insert(turn_);
  }
  co_return Result<void>{};
}

env::Task<Result<void>> Worker::commit_some() {
  if (uncommitted_.empty() || scene_.shard.random() % 3 != 0) co_return Result<void>{};
  const int partition = *uncommitted_.begin();
  const Offset offset = positions_.at(partition);
  if (!scene_.calm && !late_ && scene_.shard.random() % 20 == 0) {
    const Duration while_long = std::chrono::milliseconds(scene_.shard.random() % 5'000);
    late_ = {seat_, partition, offset, scene_.shard.now() + while_long};
    co_return Result<void>{};
  }
  CO_TRY_VOID(co_await commit(seat_, partition, offset));
  uncommitted_.erase(partition);
  co_return Result<void>{};
}

env::Task<Result<void>> Worker::work() {
  CO_TRY_VOID(co_await find_positions());
  const Result<void> read = co_await read_some();
  // Its log may be out of service, or cut back by a fault that is planted: others tell of that.
  if (!read) co_await scene_.shard.sleep(50ms);
  Result<void> committed = co_await commit_some();
  co_return committed;
}

env::Task<void> Worker::send_what_is_late() {
  if (!late_ || scene_.shard.now() < late_->due) co_return;
  const LateCommit late = *std::exchange(late_, std::nullopt);
  const Result<void> done = co_await commit(late.seat, late.partition, late.offset);
  if (!done) co_await scene_.shard.sleep(50ms);
}

}  // namespace simulation

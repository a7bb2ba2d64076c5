// Members of a classic group: they join, share the partitions out when they lead, read and commit;
// and they crash, fall silent, leave, miss answers and come back as members do. One in three keeps
// its place over restarts (KIP-345).
#include <algorithm>

#include "wire/011_join_group.h"
#include "wire/012_heartbeat.h"
#include "wire/013_leave_group.h"
#include "wire/014_sync_group.h"
#include "wire/consumer_protocol.h"
#include "worker.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr wire::Version kAssignmentVersion = 1;
constexpr Millis kSession{1'500};
constexpr Millis kRebalance{2'000};
constexpr Duration kBeat = 300ms;

ByteVector versioned(const auto& message) {
  wire::Output out;
  out.bytes.resize(sizeof(wire::Version));
  store_big(out.bytes.data(), kAssignmentVersion);
  write(message, kAssignmentVersion, out);
  return std::move(out.bytes);
}

class ClassicMember {
 public:
  ClassicMember(Scene& scene, int number)
      : scene_(scene), name_("member-" + std::to_string(number)), worker_(scene) {
    if (number % 3 == 2) instance_ = InstanceId{name_};
  }

  env::Task<void> run();

 private:
  env::Task<Result<void>> take_part();
  env::Task<Result<wire::JoinGroupResponse>> join();
  env::Task<Result<wire::JoinGroupResponse>> ask_to_join();
  env::Task<Result<std::set<int>>> sync(const wire::JoinGroupResponse& joined);
  env::Task<Result<void>> beat();
  env::Task<void> leave();
  env::Task<void> misbehave();
  void forget();
  void hear(ErrorCode error);

  Scene& scene_;
  std::string name_;
  std::optional<InstanceId> instance_;
  Link link_{scene_};
  Worker worker_;
  MemberId member_;
  std::int32_t generation_ = -1;
  bool in_group_ = false;
  Instant next_beat_{};
};

env::Task<Result<wire::JoinGroupResponse>> ClassicMember::ask_to_join() {
  wire::JoinGroupRequest request{
      .group_id = kGroup,
      .session_timeout_ms = static_cast<std::int32_t>(kSession.count()),
      .rebalance_timeout_ms = static_cast<std::int32_t>(kRebalance.count()),
      .member_id = member_,
      .group_instance_id = instance_,
      .protocol_type = "consumer"};
  const wire::ConsumerProtocolSubscription subscription{.topics = {kTopic}};
  request.protocols.push_back({.name = "range", .metadata = versioned(subscription)});
  Result<wire::JoinGroupResponse> answer =
      co_await link_.ask(std::move(request), &wire::read_join_group_response);
  co_return answer;
}

env::Task<Result<wire::JoinGroupResponse>> ClassicMember::join() {
  CO_TRY(wire::JoinGroupResponse answer, co_await ask_to_join());
  if (answer.error_code == ErrorCode::MemberIdRequired) {
    member_ = answer.member_id;
    CO_TRY(answer, co_await ask_to_join());
  }
  if (answer.error_code != ErrorCode::None) co_return fail(answer.error_code);
  member_ = answer.member_id;
  generation_ = answer.generation_id;
  co_return answer;
}

// Every partition to the members in turn, in the order of their ids.
std::vector<wire::SyncGroupRequest::SyncGroupRequestAssignment> share_out(
    const wire::JoinGroupResponse& joined, int partitions) {
  std::vector<MemberId> members;
  for (const auto& member : joined.members) members.push_back(member.member_id);
  std::ranges::sort(members);
  std::vector<wire::SyncGroupRequest::SyncGroupRequestAssignment> all;
  for (std::size_t i = 0; i < members.size(); ++i) {
    wire::ConsumerProtocolAssignment work;
    auto& topic = work.assigned_partitions.emplace_back();
    topic.topic = kTopic;
    for (auto p = static_cast<int>(i); p < partitions; p += static_cast<int>(members.size())) {
      topic.partitions.emplace_back(p);
    }
    all.push_back({.member_id = members[i], .assignment = versioned(work)});
  }
  return all;
}

env::Task<Result<std::set<int>>> ClassicMember::sync(const wire::JoinGroupResponse& joined) {
  wire::SyncGroupRequest request{.group_id = kGroup,
                                 .generation_id = generation_,
                                 .member_id = member_,
                                 .group_instance_id = instance_,
                                 .protocol_type = "consumer",
                                 .protocol_name = "range"};
  if (joined.leader == member_.value && !joined.skip_assignment) {
    request.assignments = share_out(joined, scene_.load.partitions);
  }
  CO_TRY(const wire::SyncGroupResponse answer,
         co_await link_.ask(std::move(request), &wire::read_sync_group_response));
  if (answer.error_code != ErrorCode::None) co_return fail(answer.error_code);
  std::set<int> partitions;
  if (answer.assignment.size() < sizeof(wire::Version)) co_return partitions;
  CO_TRY(const wire::ConsumerProtocolAssignment work,
         wire::read_consumer_protocol_assignment(
             Bytes(answer.assignment).subspan(sizeof(wire::Version)), kAssignmentVersion));
  for (const auto& topic : work.assigned_partitions) {
    for (const PartitionIndex partition : topic.partitions) partitions.insert(partition.value);
  }
  co_return partitions;
}

env::Task<Result<void>> ClassicMember::beat() {
  if (scene_.shard.now() < next_beat_) co_return Result<void>{};
  wire::HeartbeatRequest request{.group_id = kGroup,
                                 .generation_id = generation_,
                                 .member_id = member_,
                                 .group_instance_id = instance_};
  CO_TRY(const wire::HeartbeatResponse answer,
         co_await link_.ask(std::move(request), &wire::read_heartbeat_response));
  next_beat_ = scene_.shard.now() + kBeat;
  if (answer.error_code != ErrorCode::None) co_return fail(answer.error_code);
  co_return Result<void>{};
}

env::Task<void> ClassicMember::leave() {
  wire::LeaveGroupRequest request{.group_id = kGroup};
  request.members.push_back({.member_id = member_, .group_instance_id = instance_});
  const auto answer = co_await link_.ask(std::move(request), &wire::read_leave_group_response);
  // Whoever goes does not care for the answer.
  if (!answer) link_.hang_up();
  forget();
}

void ClassicMember::forget() {
  worker_.let_go();
  member_ = {};
  generation_ = -1;
  in_group_ = false;
}

// What the group's answer means for this member's place.
void ClassicMember::hear(ErrorCode error) {
  if (error == ErrorCode::UnknownMemberId || error == ErrorCode::FencedInstanceId) {
    forget();
  } else if (error == ErrorCode::RebalanceInProgress || error == ErrorCode::IllegalGeneration) {
    worker_.let_go();
    in_group_ = false;
  }
  // Anything else is the network's or the coordinator's: its place is as it was, for all it knows.
}

// Now and then something befalls it, until all is to be well.
env::Task<void> ClassicMember::misbehave() {
  if (scene_.calm || scene_.shard.random() % 60 != 0) co_return;
  const Duration while_long = std::chrono::milliseconds(scene_.shard.random() % 4'000);
  switch (scene_.shard.random() % 4) {
    case 0:  // It crashes, and comes back as somebody who remembers nothing.
      forget();
      link_.hang_up();
      co_await scene_.shard.sleep(while_long);
      break;
    case 1:  // It stands still, and goes on as if nothing were: its next heartbeat comes later.
      co_await scene_.shard.sleep(while_long);
      next_beat_ = scene_.shard.now() + kBeat;
      break;
    case 2:  // It joins once more, and the answer does not reach it.
      if (const auto missed = co_await ask_to_join(); !missed) link_.hang_up();
      break;
    default:
      co_await leave();
      co_await scene_.shard.sleep(while_long / 4);
      break;
  }
}

env::Task<Result<void>> ClassicMember::take_part() {
  if (!in_group_) {
    CO_TRY_VOID(co_await find_group(link_));
    CO_TRY(const wire::JoinGroupResponse joined, co_await join());
    CO_TRY(std::set<int> partitions, co_await sync(joined));
    in_group_ = true;
    worker_.take_up({name_, member_, instance_, generation_}, std::move(partitions));
  }
  CO_TRY_VOID(co_await beat());
  if (!worker_.has_work()) {
    co_await scene_.shard.sleep(kBeat);
    co_return Result<void>{};
  }
  Result<void> worked = co_await worker_.work();
  co_return worked;
}

env::Task<void> ClassicMember::run() {
  while (!scene_.stopping) {
    const Result<void> went = co_await take_part();
    if (!went) {
      hear(went.error().code);
      co_await scene_.shard.sleep(50ms);
    }
    co_await worker_.send_what_is_late();
    co_await misbehave();
    if (scene_.gone == name_) break;
  }
  worker_.let_go();
}

}  // namespace

env::Task<void> take_part_in_classic_group(Scene& scene, int number) {
  ClassicMember member(scene, number);
  co_await member.run();
}

}  // namespace simulation

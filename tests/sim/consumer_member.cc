// Members of a group of the consumer protocol (KIP-848): heartbeats tell what they own and bring
// what they are to own; they let go first, and take up what is free. They crash, fall silent,
// leave, miss answers and come back as members do. One in three keeps its place over restarts.
#include "wire/068_consumer_group_heartbeat.h"
#include "worker.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kRebalanceMs = 2'000;
constexpr std::int32_t kJoins = 0;  // As the epoch of a member
constexpr std::int32_t kLeaves = -1;
constexpr std::int32_t kLeavesForAWhile = -2;
constexpr Duration kBeat = 300ms;

class ConsumerMember {
 public:
  ConsumerMember(Scene& scene, int number)
      : scene_(scene), name_("member-" + std::to_string(number)), worker_(scene) {
    if (number % 3 == 2) instance_ = InstanceId{name_};
  }

  env::Task<void> run();

 private:
  using Response = wire::ConsumerGroupHeartbeatResponse;

  env::Task<Result<void>> take_part();
  env::Task<Result<Response>> beat(std::int32_t epoch);
  void take_in(const Response& answer);
  env::Task<void> misbehave();
  void hear(ErrorCode error);
  void join_again();
  void begin_anew();
  bool joins() const { return epoch_ == kJoins; }

  Scene& scene_;
  std::string name_;
  std::optional<InstanceId> instance_;
  int lives_ = 0;
  Link link_{scene_};
  Worker worker_;
  MemberId member_;
  TopicId topic_;
  std::int32_t epoch_ = kJoins;
  bool tells_all_ = true;  // The answer before did not arrive, and may have brought something.
  std::set<int> owned_;
  Instant next_beat_{};
};

env::Task<Result<ConsumerMember::Response>> ConsumerMember::beat(std::int32_t epoch) {
  wire::ConsumerGroupHeartbeatRequest request{
      .group_id = kGroup, .member_id = member_, .member_epoch = epoch, .instance_id = instance_};
  if (epoch >= kJoins) {
    request.topic_partitions.emplace();
    if (!owned_.empty()) {
      auto& owned = request.topic_partitions->emplace_back();
      owned.topic_id = topic_;
      for (const int partition : owned_) owned.partitions.emplace_back(partition);
    }
    if (tells_all_) {
      request.rebalance_timeout_ms = kRebalanceMs;
      request.subscribed_topic_names = std::vector<TopicName>{kTopic};
    }
  }
  tells_all_ = true;
  CO_TRY(Response answer,
         co_await link_.ask(std::move(request), &wire::read_consumer_group_heartbeat_response));
  next_beat_ = scene_.shard.now() + kBeat;
  if (answer.error_code != ErrorCode::None) co_return fail(answer.error_code);
  co_return answer;
}

// Lets go of what is not its own any more at once; the next heartbeat says so.
void ConsumerMember::take_in(const Response& answer) {
  tells_all_ = false;
  const bool newer = answer.member_epoch != epoch_;
  epoch_ = answer.member_epoch;
  if (answer.assignment) {
    std::set<int> assigned;
    for (const auto& topic : answer.assignment->topic_partitions) {
      topic_ = topic.topic_id;
      for (const PartitionIndex partition : topic.partitions) assigned.insert(partition.value);
    }
    if (assigned != owned_) next_beat_ = scene_.shard.now();
    owned_ = std::move(assigned);
  } else if (!newer) {
    return;
  }
  worker_.take_up({name_, member_, instance_, epoch_}, owned_);
}

// It was fenced: it owns nothing any more, and is still who it was.
void ConsumerMember::join_again() {
  worker_.let_go();
  owned_.clear();
  epoch_ = kJoins;
  tells_all_ = true;
}

// It comes back under a new id: its old self is forgotten when its session is over.
void ConsumerMember::begin_anew() {
  join_again();
  member_ = MemberId{name_ + "-" + std::to_string(++lives_)};
}

env::Task<void> ConsumerMember::misbehave() {
  if (scene_.calm || scene_.shard.random() % 60 != 0) co_return;
  const Duration while_long = std::chrono::milliseconds(scene_.shard.random() % 4'000);
  switch (scene_.shard.random() % 4) {
    case 0:  // It crashes.
      begin_anew();
      link_.hang_up();
      co_await scene_.shard.sleep(while_long);
      break;
    case 1:  // It stands still, and goes on as if nothing were: its next heartbeat comes later.
      co_await scene_.shard.sleep(while_long);
      next_beat_ = scene_.shard.now() + kBeat;
      break;
    case 2:  // An answer does not reach it.
      if (const auto missed = co_await beat(epoch_); !missed) link_.hang_up();
      next_beat_ = scene_.shard.now() + while_long / 4;
      break;
    default: {
      const bool comes_back = instance_ && scene_.shard.random() % 2 == 0;
      const auto answer = co_await beat(comes_back ? kLeavesForAWhile : kLeaves);
      // Whoever goes does not care for the answer.
      if (!answer) link_.hang_up();
      begin_anew();
      co_await scene_.shard.sleep(while_long / 4);
    }
  }
}

env::Task<Result<void>> ConsumerMember::take_part() {
  if (joins()) CO_TRY_VOID(co_await find_group(link_));
  if (joins() || scene_.shard.now() >= next_beat_) {
    CO_TRY(const Response answer, co_await beat(epoch_));
    take_in(answer);
  }
  if (!worker_.has_work()) {
    co_await scene_.shard.sleep(kBeat / 3);
    co_return Result<void>{};
  }
  Result<void> worked = co_await worker_.work();
  co_return worked;
}

// What the group's answer means for this member's place. Anything else than this is the network's
// or the coordinator's, or passes.
void ConsumerMember::hear(ErrorCode error) {
  if (error == ErrorCode::UnknownMemberId || error == ErrorCode::FencedMemberEpoch) join_again();
  if (error == ErrorCode::FencedInstanceId) begin_anew();
  if (error == ErrorCode::StaleMemberEpoch) next_beat_ = scene_.shard.now();
}

env::Task<void> ConsumerMember::run() {
  begin_anew();
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

env::Task<void> take_part_in_consumer_group(Scene& scene, int number) {
  ConsumerMember member(scene, number);
  co_await member.run();
}

}  // namespace simulation

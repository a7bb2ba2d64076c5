// Committers: each has a group of its own, commits offsets that only grow, and reads them back.
// What it reads is the last that was acknowledged, or one whose answer got lost, which may yet
// arrive.
#include "scene.h"
#include "wire/008_offset_commit.h"
#include "wire/009_offset_fetch.h"
#include "wire/010_find_coordinator.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr wire::Version kLastCommitByName = 9;
constexpr Offset kNothing{-1};

class Committer {
 public:
  Committer(Scene& scene, int number) : scene_(scene), group_("group-" + std::to_string(number)) {}

  env::Task<void> run();

 private:
  env::Task<Result<void>> find_coordinator();
  env::Task<Result<void>> commit(Offset offset);
  env::Task<Result<Offset>> committed();
  void judge(Offset found);

  Scene& scene_;
  Link link_{scene_};
  GroupId group_;
  Offset acked_ = kNothing;
  std::set<Offset> in_doubt_;
};

// Asking for it makes the topic of the offsets.
env::Task<Result<void>> Committer::find_coordinator() {
  wire::FindCoordinatorRequest request;
  request.coordinator_keys.push_back(group_.value);
  CO_TRY(const wire::FindCoordinatorResponse answer,
         co_await link_.ask(std::move(request), &wire::read_find_coordinator_response));
  const ErrorCode error = answer.coordinators.front().error_code;
  if (error != ErrorCode::None) co_return fail(error);
  co_return Result<void>{};
}

env::Task<Result<void>> Committer::commit(Offset offset) {
  wire::OffsetCommitRequest request{.group_id = group_, .generation_id_or_member_epoch = -1};
  wire::OffsetCommitRequest::OffsetCommitRequestTopic topic{.name = kTopic};
  topic.partitions.push_back({.partition_index = PartitionIndex{0}, .committed_offset = offset});
  request.topics.push_back(std::move(topic));
  CO_TRY(const wire::OffsetCommitResponse answer,
         co_await link_.ask(std::move(request), &wire::read_offset_commit_response,
                            kLastCommitByName));
  const ErrorCode error = answer.topics.front().partitions.front().error_code;
  if (error != ErrorCode::None) co_return fail(error);
  co_return Result<void>{};
}

env::Task<Result<Offset>> Committer::committed() {
  wire::OffsetFetchRequest request;
  wire::OffsetFetchRequest::OffsetFetchRequestGroup group{.group_id = group_};
  group.topics.emplace();
  group.topics->push_back({.name = kTopic, .partition_indexes = {PartitionIndex{0}}});
  request.groups.push_back(std::move(group));
  CO_TRY(
      const wire::OffsetFetchResponse answer,
      co_await link_.ask(std::move(request), &wire::read_offset_fetch_response, kLastCommitByName));
  const auto& of_group = answer.groups.front();
  if (of_group.error_code != ErrorCode::None) co_return fail(of_group.error_code);
  const auto& data = of_group.topics.front().partitions.front();
  if (data.error_code != ErrorCode::None) co_return fail(data.error_code);
  co_return data.committed_offset;
}

void Committer::judge(Offset found) {
  if (found == acked_ || in_doubt_.contains(found)) return;
  scene_.history.contradict(group_.value + " committed " + std::to_string(acked_.value) +
                            " and reads back " + std::to_string(found.value));
}

env::Task<void> Committer::run() {
  for (Offset next{1}; !scene_.stopping;) {
    Result<void> found = co_await find_coordinator();
    // The topic that is committed for may not be there yet.
    const Result<Offset> before =
        found ? co_await committed() : Result<Offset>(fail(found.error()));
    if (!before) {
      co_await scene_.shard.sleep(100ms);
      continue;
    }
    judge(*before);
    const Result<void> done = co_await commit(next);
    if (done) {
      acked_ = next;
      ++scene_.history.done[Activity::Commit];
    } else {
      in_doubt_.insert(next);
    }
    next = Offset{next.value + 1};
    co_await scene_.shard.sleep(std::chrono::milliseconds(scene_.shard.random() % 100));
  }
}

}  // namespace

env::Task<void> commit_offsets(Scene& scene, int number) {
  Committer committer(scene, number);
  co_await committer.run();
}

}  // namespace simulation

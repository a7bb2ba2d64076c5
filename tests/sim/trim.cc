// Trimmers: delete the oldest records of a partition, a few at a time.
#include "scene.h"
#include "wire/021_delete_records.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

env::Task<Result<Offset>> delete_below(Link& link, int partition, Offset to) {
  wire::DeleteRecordsRequest request{.timeout_ms = 5000};
  request.topics.push_back({kTopic, {{PartitionIndex{partition}, to}}});
  CO_TRY(const wire::DeleteRecordsResponse answer,
         co_await link.ask(std::move(request), &wire::read_delete_records_response));
  const auto& data = answer.topics.front().partitions.front();
  if (data.error_code != ErrorCode::None) co_return fail(data.error_code);
  co_return data.low_watermark;
}

}  // namespace

env::Task<void> trim(Scene& scene, int number) {
  Link link(scene);
  const int partition = number % scene.load.partitions;
  History& history = scene.history;
  while (!scene.stopping) {
    co_await scene.shard.sleep(std::chrono::milliseconds(scene.shard.random() % 1500));
    // What consumers were told is there for certain.
    const Offset start = history.may_start_at(place(partition));
    const Offset end = history.watermark_floor(place(partition));
    if (end <= start) continue;
    const auto room = static_cast<std::uint64_t>(end.value - start.value);
    const Offset to{start.value + static_cast<std::int64_t>(scene.shard.random() % (room + 1))};
    history.trimmed[place(partition)] = to;
    const Result<Offset> done = co_await delete_below(link, partition, to);
    if (!done) continue;  // In doubt; the next one asks for as much at least.
    ++history.done[Activity::Trim];
    if (*done < to) {
      history.contradict("records below " + std::to_string(to.value) +
                         " were deleted, and the log begins at " + std::to_string(done->value));
    }
  }
}

}  // namespace simulation

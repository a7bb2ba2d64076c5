// Consumers: read along, now and then from the start again, and write down all that they are told.
#include "reading.h"
#include "wire/001_fetch.h"
#include "wire/002_list_offsets.h"
#include "wire/record_batch_reader.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kMostBytes = 64 * 1024;
constexpr Timestamp kEarliest{-2};

Result<Given> read_given(Bytes answer, wire::Version version) {
  const wire::FetchResponse response = TRY(wire::read_fetch_response(answer, version));
  if (response.responses.empty()) return Given{.error = response.error_code};
  const auto& data = response.responses.front().partitions.front();
  Given given{.error = data.error_code, .high_watermark = data.high_watermark};
  wire::BatchScratch scratch;
  wire::BatchIterator batches(data.records ? data.records->bytes : Bytes{});
  for (;;) {
    const std::optional<wire::FoundBatch> batch = TRY(batches.next());
    if (!batch) return given;
    if (!wire::checksum_matches(batch->bytes)) return fail(ErrorCode::CorruptMessage, "checksum");
    const Result<wire::BatchHeader> read =
        wire::for_each_record(batch->bytes, scratch, [&](const wire::RecordView& record) {
          given.records.emplace_back(record.offset, as_text(record.value.value_or(Bytes{})));
        });
    if (!read) return fail(read.error());
  }
}

}  // namespace

env::Task<Result<Given>> fetch(Link& link, int partition, Offset from) {
  wire::FetchRequest request;
  request.max_wait_ms = 200;
  request.min_bytes = 1;
  request.max_bytes = kMostBytes;
  wire::FetchRequest::FetchTopic topic;
  topic.topic = kTopic;
  topic.partitions.push_back({.partition = PartitionIndex{partition},
                              .fetch_offset = from,
                              .partition_max_bytes = kMostBytes});
  request.topics.push_back(std::move(topic));
  CO_TRY(Given given, co_await link.ask(std::move(request), &read_given, kLastByName));
  if (given.error != ErrorCode::None) co_return fail(given.error);
  // The first batch may begin before what was asked for.
  std::erase_if(given.records, [&](const auto& record) { return record.first < from; });
  co_return given;
}

namespace {

env::Task<Result<Offset>> log_start(Link& link, int partition) {
  wire::ListOffsetsRequest request{.replica_id = BrokerId{-1}};
  request.topics.push_back(
      {kTopic, {{.partition_index = PartitionIndex{partition}, .timestamp = kEarliest}}});
  CO_TRY(const wire::ListOffsetsResponse answer,
         co_await link.ask(std::move(request), &wire::read_list_offsets_response));
  const auto& data = answer.topics.front().partitions.front();
  if (data.error_code != ErrorCode::None) co_return fail(data.error_code);
  co_return data.offset;
}

class Consumer {
 public:
  Consumer(Scene& scene, int partition)
      : scene_(scene), partition_(partition), place_(place(partition)) {}

  env::Task<void> run();

 private:
  env::Task<Result<void>> read_on();
  env::Task<Result<void>> begin_anew();

  Scene& scene_;
  Link link_{scene_};
  int partition_;
  TopicPartition place_;
  Offset next_{0};
};

env::Task<Result<void>> Consumer::read_on() {
  History& history = scene_.history;
  const Offset floor = history.watermark_floor(place_);
  CO_TRY(const Given given, co_await fetch(link_, partition_, next_));
  history.note_watermark(place_, floor, given.high_watermark);
  if (given.records.empty()) co_return Result<void>{};
  history.note_first(place_, next_, given.records.front().first);
  for (const auto& [offset, value] : given.records) {
    history.note_read(place_, offset, value);
    next_ = Offset{offset.value + 1};
  }
  ++history.done[Activity::Consume];
  co_return Result<void>{};
}

// What was asked for is out of range: right where the oldest records were deleted, and only there.
env::Task<Result<void>> Consumer::begin_anew() {
  History& history = scene_.history;
  if (next_ >= history.may_start_at(place_)) {
    history.contradict("partition " + std::to_string(partition_) + " was read up to " +
                       std::to_string(next_.value) + ", which is now out of range");
  }
  CO_TRY(const Offset start, co_await log_start(link_, partition_));
  if (start > history.may_start_at(place_)) {
    history.contradict("partition " + std::to_string(partition_) + " begins at " +
                       std::to_string(start.value) + ", and nobody asked for that");
  }
  next_ = start;
  co_return Result<void>{};
}

env::Task<void> Consumer::run() {
  while (!scene_.stopping) {
    Result<void> done = co_await read_on();
    if (!done && done.error().code == ErrorCode::OffsetOutOfRange) done = co_await begin_anew();
    if (!done) {
      if (done.error().code == ErrorCode::CorruptMessage) {
        scene_.history.contradict("partition " + std::to_string(partition_) +
                                  " gave what cannot be read: " + done.error().detail);
      }
      co_await scene_.shard.sleep(100ms);
    } else if (scene_.shard.random() % 50 == 0) {
      next_ = Offset{0};  // What was there must be there still.
    }
  }
}

}  // namespace

env::Task<void> consume(Scene& scene, int number) {
  Consumer consumer(scene, number % scene.load.partitions);
  co_await consumer.run();
}

env::Task<Result<Content>> read_everything(env::Shard& shard, env::Address broker, int partitions) {
  History nothing;
  Scene scene{shard, std::move(broker), nothing, workloads().front()};
  Link link(scene);
  Content content;
  for (int partition = 0; partition < partitions; ++partition) {
    Records& all = content[place(partition)];
    CO_TRY(Offset next, co_await log_start(link, partition));
    for (;;) {
      CO_TRY(const Given given, co_await fetch(link, partition, next));
      if (given.records.empty()) break;
      all.insert(all.end(), given.records.begin(), given.records.end());
      next = Offset{all.back().first.value + 1};
    }
  }
  co_return content;
}

}  // namespace simulation

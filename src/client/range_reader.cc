#include "client/range_reader.h"

#include "wire/record_batch_reader.h"

namespace client {

namespace {

constexpr wire::Version kLastByName = 12;
constexpr std::int8_t kReadCommitted = 1;
constexpr std::int32_t kAtOnce = 4 << 20;  // In one answer,
// and of one partition in it: little, so that partitions take turns.
constexpr std::int32_t kOfPartition = 64 << 10;
constexpr std::size_t kAhead = std::size_t{8} << 20;
constexpr std::int32_t kWaitMs = 500;

}  // namespace

env::Task<Result<std::unique_ptr<RangeReader>>> RangeReader::open(Cluster& cluster,
                                                                  TopicInfo topic) {
  CO_TRY(const auto held, co_await ranges(cluster, {topic}));
  std::unique_ptr<RangeReader> reader(new RangeReader(cluster.shard(), topic.name));
  std::map<BrokerId, Source*> by_leader;
  for (const Partition& partition : topic.partitions) {
    const auto range = held.find({topic.name, partition.index});
    if (range == held.end() || range->second.records() <= 0) continue;
    Source*& source = by_leader[partition.leader];
    if (!source) {
      CO_TRY(const Connection* const known, co_await cluster.broker(partition.leader));
      CO_TRY(auto connection,
             co_await Connection::open(cluster.shard(), known->address(), cluster.settings()));
      source = reader->sources_.emplace_back(std::make_unique<Source>(std::move(connection))).get();
    }
    source->places[partition.index] = {range->second, range->second.start};
  }
  if (by_leader.empty()) {
    co_return fail(ErrorCode::InvalidRequest, fmt::format("topic '{}' is empty", topic.name.value));
  }
  for (const auto& source : reader->sources_) {
    reader->running_.spawn(reader->run(*source));
  }
  co_return reader;
}

RangeReader::~RangeReader() { check(running_.running() == 0, "a reader died before close()"); }

env::Task<Result<ReadBatches>> RangeReader::next() {
  while (ahead_.empty() && !error_) co_await changed_.wait();
  if (error_) co_return fail(*error_);
  ReadBatches found = std::move(ahead_.front());
  ahead_.pop_front();
  bytes_ -= found.bytes.size();
  changed_.notify_all();
  co_return found;
}

void RangeReader::seek(const std::map<TopicPartition, Offset>& to) {
  ++moved_;
  ahead_.clear();
  bytes_ = 0;
  for (const auto& source : sources_) {
    for (auto& [index, place] : source->places) {
      const auto wanted = to.find({topic_, index});
      if (wanted == to.end()) continue;
      const bool inside = wanted->second >= place.range.start && wanted->second < place.range.end;
      place.next = inside ? wanted->second : place.range.start;
    }
  }
  changed_.notify_all();
}

env::Task<void> RangeReader::close() {
  closing_ = true;
  changed_.notify_all();
  co_await running_.drain();
}

env::Task<void> RangeReader::run(Source& source) {
  while (!closing_ && !error_) {
    if (bytes_ >= kAhead) {
      co_await changed_.wait();
      continue;
    }
    const std::uint64_t asked = moved_;
    Result<Connection::Kept<wire::FetchResponse>> answer = co_await source.connection->ask_and_keep(
        request_of(source), wire::read_fetch_response, kLastByName);
    if (answer && asked != moved_) continue;  // That was for another place.
    const Result<void> taken =
        answer ? take(source, *std::move(answer)) : Result<void>(fail(answer.error()));
    if (!taken) error_ = taken.error();
    changed_.notify_all();
  }
}

wire::FetchRequest RangeReader::request_of(const Source& source) const {
  wire::FetchRequest request;
  request.replica_id = BrokerId{-1};  // A consumer.
  request.max_wait_ms = kWaitMs;
  request.min_bytes = 1;
  request.max_bytes = kAtOnce;
  request.isolation_level = kReadCommitted;
  auto& topic = request.topics.emplace_back();
  topic.topic = topic_;
  for (const auto& [index, place] : source.places) {
    topic.partitions.push_back(
        {.partition = index, .fetch_offset = place.next, .partition_max_bytes = kOfPartition});
  }
  return request;
}

Result<void> RangeReader::take(Source& source, Connection::Kept<wire::FetchResponse> answer) {
  if (answer.message.error_code != ErrorCode::None) {
    return fail(broker_error(answer.message.error_code, {}, "a fetch was refused"));
  }
  const auto owner = std::make_shared<const ByteVector>(std::move(answer.bytes));
  for (const auto& topic : answer.message.responses) {
    for (const auto& partition : topic.partitions) {
      const auto place = source.places.find(partition.partition_index);
      if (topic.topic != topic_ || place == source.places.end()) continue;
      if (partition.error_code != ErrorCode::None) {
        return fail(broker_error(partition.error_code, {},
                                 fmt::format("partition {} of '{}' cannot be read",
                                             partition.partition_index.value, topic_.value)));
      }
      if (!partition.records || partition.records->bytes.empty()) continue;
      TRY_VOID(advance(place->second, {.partition = {topic_, partition.partition_index},
                                       .from = place->second.next,
                                       .end = place->second.range.end,
                                       .owner = owner,
                                       .bytes = partition.records->bytes}));
    }
  }
  return {};
}

Result<void> RangeReader::advance(Place& place, ReadBatches found) {
  wire::BatchIterator batches(found.bytes);
  Offset next = place.next;
  for (;;) {
    const std::optional<wire::FoundBatch> batch = TRY(batches.next());
    if (!batch) break;
    next = std::max(next, batch->header.next_offset());
  }
  if (next == place.next) return {};  // Less than a batch came, this time.
  place.next = next < place.range.end ? next : place.range.start;
  bytes_ += found.bytes.size();
  ahead_.push_back(std::move(found));
  return {};
}

}  // namespace client

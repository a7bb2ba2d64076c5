#include "clients.h"

#include "wire/000_produce.h"
#include "wire/001_fetch.h"
#include "wire/003_metadata.h"
#include "wire/022_init_producer_id.h"
#include "wire/record_batch_builder.h"
#include "wire/record_batch_reader.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;
using client::Connection;

constexpr int kProducers = 4;
constexpr wire::Version kLastByName = 12;  // Topics go by name up to here.
constexpr std::int32_t kMostBytes = 64 * 1024;

client::Settings settings() { return {.client_id = "simulated", .timeout = Millis(5000)}; }

using Records = std::vector<std::pair<Offset, std::string>>;

// What one partition gave to a fetch. The records are copied while the answer's bytes are there.
struct Given {
  ErrorCode error = ErrorCode::None;
  Records records;
};

Result<Given> read_given(Bytes answer, wire::Version version) {
  const wire::FetchResponse response = TRY(wire::read_fetch_response(answer, version));
  if (response.responses.empty()) return Given{.error = response.error_code, .records = {}};
  const auto& data = response.responses.front().partitions.front();
  Given given{.error = data.error_code, .records = {}};
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

// Records from `from` on, or none yet.
env::Task<Result<Records>> read_some(Connection& link, int partition, Offset from) {
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
  co_return std::move(given.records);
}

TopicPartition place(int partition) { return {kTopic, PartitionIndex{partition}}; }

}  // namespace

void Clients::start() {
  for (int i = 0; i < kProducers; ++i) running_.spawn(produce(i));
  for (int i = 0; i < kPartitions; ++i) running_.spawn(consume(i));
}

env::Task<void> Clients::stop() {
  stopping_ = true;
  co_await running_.drain();
}

// Makes `link` one that works, and sees to it that the topic is there.
env::Task<Result<void>> Clients::reach(Link& link) {
  if (link) co_return Result<void>{};
  CO_TRY(Link fresh, co_await Connection::open(shard_, broker_, settings()));
  wire::MetadataRequest request;
  request.topics.emplace();
  request.topics->push_back({.topic_id = {}, .name = kTopic});
  CO_TRY(const wire::MetadataResponse known,
         co_await fresh->ask(std::move(request), &wire::read_metadata_response));
  if (known.topics.front().error_code != ErrorCode::None) {
    co_return fail(known.topics.front().error_code);
  }
  link = std::move(fresh);
  co_return Result<void>{};
}

env::Task<Result<ProducerId>> Clients::take_id(Link& link) {
  CO_TRY_VOID(co_await reach(link));
  CO_TRY(const wire::InitProducerIdResponse given,
         co_await link->ask(wire::InitProducerIdRequest{}, &wire::read_init_producer_id_response));
  if (given.error_code != ErrorCode::None) co_return fail(given.error_code);
  co_return given.producer_id;
}

env::Task<Result<Offset>> Clients::send(Link& link, int partition, ByteVector batch) {
  CO_TRY_VOID(co_await reach(link));
  wire::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 5000;
  wire::ProduceRequest::TopicProduceData topic;
  topic.name = kTopic;
  topic.partition_data.push_back({PartitionIndex{partition}, wire::Records{.bytes = batch}});
  request.topic_data.push_back(std::move(topic));
  CO_TRY(const wire::ProduceResponse answer,
         co_await link->ask(std::move(request), &wire::read_produce_response, kLastByName));
  const auto& data = answer.responses.front().partition_responses.front();
  if (data.error_code != ErrorCode::None) co_return fail(data.error_code);
  co_return data.base_offset;
}

// Sends batches of one to three values, each again and again until it is answered: a batch that was
// stored and not answered must not be stored twice.
env::Task<void> Clients::produce(int producer) {
  Link link;
  std::optional<ProducerId> id;
  std::vector<std::int32_t> sequence(kPartitions);
  for (int number = 0; !stopping_;) {
    if (!id) {
      Result<ProducerId> taken = co_await take_id(link);
      if (taken) {
        id = *taken;
      } else {
        link.reset();
        co_await shard_.sleep(100ms);
      }
      continue;
    }
    const auto partition = static_cast<int>(shard_.random() % kPartitions);
    const auto count = static_cast<std::int32_t>(1 + shard_.random() % 3);
    std::vector<std::string> values;
    wire::BatchBuilder builder({.producer_id = *id,
                                .producer_epoch = ProducerEpoch{0},
                                .base_sequence = sequence[static_cast<std::size_t>(partition)]});
    for (std::int32_t i = 0; i < count; ++i) {
      values.push_back(std::to_string(producer) + ":" + std::to_string(number++));
      history_.attempted.insert(values.back());
      builder.add(shard_.wall(), std::nullopt, as_bytes(values.back()));
    }
    const ByteVector batch = builder.finish();
    for (;;) {
      const Result<Offset> base = co_await send(link, partition, batch);
      if (base) {
        for (std::int32_t i = 0; i < count; ++i) {
          history_.acked.push_back(
              {place(partition), Offset{base->value + i}, values[static_cast<std::size_t>(i)]});
        }
        break;
      }
      if (!is_retriable(base.error().code)) {
        history_.contradictions.push_back("producer " + std::to_string(producer) + " is refused: " +
                                          std::string(name_of(base.error().code)));
        co_return;
      }
      link.reset();
      co_await shard_.sleep(100ms);
    }
    sequence[static_cast<std::size_t>(partition)] += count;
    co_await shard_.sleep(std::chrono::milliseconds(shard_.random() % 50));
  }
}

env::Task<void> Clients::consume(int partition) {
  Link link;
  Offset next{0};
  while (!stopping_) {
    Result<void> reached = co_await reach(link);
    Result<Records> some = fail(ErrorCode::NetworkException);
    if (reached) some = co_await read_some(*link, partition, next);
    if (!some) {
      // An offset that was read must never be out of range.
      if (some.error().code == ErrorCode::OffsetOutOfRange) {
        history_.contradictions.push_back("partition " + std::to_string(partition) +
                                          " was read up to " + std::to_string(next.value) +
                                          ", which is now out of range");
        co_return;
      }
      link.reset();
      co_await shard_.sleep(100ms);
      continue;
    }
    for (const auto& [offset, value] : *some) {
      history_.note_read(place(partition), offset, value);
      next = Offset{offset.value + 1};
    }
    // Now and then from the start: what was there must be there still.
    if (shard_.random() % 50 == 0) next = Offset{0};
  }
}

env::Task<Result<Content>> read_everything(env::Shard& shard, env::Address broker) {
  CO_TRY(const std::unique_ptr<Connection> link,
         co_await Connection::open(shard, broker, settings()));
  Content content;
  for (int partition = 0; partition < kPartitions; ++partition) {
    Records& all = content[place(partition)];
    for (Offset next{0};;) {
      CO_TRY(const Records some, co_await read_some(*link, partition, next));
      if (some.empty()) break;
      all.insert(all.end(), some.begin(), some.end());
      next = Offset{all.back().first.value + 1};
    }
  }
  co_return content;
}

}  // namespace simulation

// Producers: batches of values, each sent again and again until it is answered. A batch that was
// stored and not answered must not be stored twice, where its producer is idempotent.
#include "scene.h"
#include "wire/000_produce.h"
#include "wire/003_metadata.h"
#include "wire/022_init_producer_id.h"
#include "wire/record_batch_builder.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

struct Batch {
  int partition = 0;
  std::vector<std::string> values = {};
  ByteVector bytes = {};
};

// Asking for the topic makes it, where it is not there yet.
env::Task<Result<void>> make_topic(Link& link) {
  wire::MetadataRequest request;
  request.topics.emplace();
  request.topics->push_back({.topic_id = {}, .name = kTopic});
  CO_TRY(const wire::MetadataResponse known,
         co_await link.ask(std::move(request), &wire::read_metadata_response));
  if (known.topics.front().error_code != ErrorCode::None) {
    co_return fail(known.topics.front().error_code);
  }
  co_return Result<void>{};
}

env::Task<Result<ProducerId>> take_id(Link& link) {
  CO_TRY(const wire::InitProducerIdResponse given,
         co_await link.ask(wire::InitProducerIdRequest{}, &wire::read_init_producer_id_response));
  if (given.error_code != ErrorCode::None) co_return fail(given.error_code);
  co_return given.producer_id;
}

env::Task<Result<Offset>> send(Link& link, const Batch& batch) {
  wire::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 5000;
  wire::ProduceRequest::TopicProduceData topic;
  topic.name = kTopic;
  topic.partition_data.push_back(
      {PartitionIndex{batch.partition}, wire::Records{.bytes = batch.bytes}});
  request.topic_data.push_back(std::move(topic));
  CO_TRY(const wire::ProduceResponse answer,
         co_await link.ask(std::move(request), &wire::read_produce_response, kLastByName));
  const auto& data = answer.responses.front().partition_responses.front();
  if (data.error_code != ErrorCode::None) co_return fail(data.error_code);
  co_return data.base_offset;
}

class Producer {
 public:
  Producer(Scene& scene, std::string name, bool idempotent)
      : scene_(scene),
        name_(std::move(name)),
        idempotent_(idempotent),
        sequences_(static_cast<std::size_t>(scene.load.partitions)) {}

  env::Task<void> run();

 private:
  Batch next_batch();
  env::Task<bool> send_until_answered(const Batch& batch);

  Scene& scene_;
  Link link_{scene_};
  std::string name_;
  bool idempotent_;
  std::optional<ProducerId> id_;
  std::vector<std::int32_t> sequences_;
  int number_ = 0;
};

Batch Producer::next_batch() {
  env::Shard& shard = scene_.shard;
  const auto below = [&](std::uint64_t bound) { return shard.random() % bound; };
  Batch batch{.partition =
                  static_cast<int>(below(static_cast<std::uint64_t>(scene_.load.partitions)))};
  wire::BatchOptions options;
  if (id_) {
    options.producer_id = *id_;
    options.producer_epoch = ProducerEpoch{0};
    options.base_sequence = sequences_[static_cast<std::size_t>(batch.partition)];
  }
  wire::BatchBuilder builder(options);
  const auto count = 1 + below(static_cast<std::uint64_t>(scene_.load.most_records));
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string value = name_ + ":" + std::to_string(number_++);
    if (const std::uint64_t most = scene_.load.most_padding; most > 0) {
      value += ":" + std::string(below(most), static_cast<char>('a' + number_ % 26));
    }
    scene_.history.attempted.insert(value);
    builder.add(shard.wall(), std::nullopt, as_bytes(value));
    batch.values.push_back(std::move(value));
  }
  batch.bytes = builder.finish();
  return batch;
}

// False if the broker refused it for good, or never answers.
env::Task<bool> Producer::send_until_answered(const Batch& batch) {
  for (;;) {
    const Result<Offset> base = co_await send(link_, batch);
    if (base) {
      for (std::size_t i = 0; i < batch.values.size(); ++i) {
        scene_.history.note_acked(place(batch.partition),
                                  Offset{base->value + static_cast<std::int64_t>(i)},
                                  batch.values[i]);
      }
      ++scene_.history.done[Activity::Produce];
      sequences_[static_cast<std::size_t>(batch.partition)] +=
          static_cast<std::int32_t>(batch.values.size());
      co_return true;
    }
    if (!is_retriable(base.error().code)) {
      scene_.history.contradict("producer " + name_ +
                                " is refused: " + std::string(name_of(base.error().code)));
      co_return false;
    }
    if (scene_.stopping && scene_.shard.now() >= scene_.give_up_at) {
      scene_.history.contradict("producer " + name_ + " is not served in the end: " +
                                std::string(name_of(base.error().code)));
      co_return false;
    }
    co_await scene_.shard.sleep(100ms);
  }
}

env::Task<void> Producer::run() {
  while (!scene_.stopping) {
    const Result<void> made = co_await make_topic(link_);
    if (made) break;
    co_await scene_.shard.sleep(100ms);
  }
  while (idempotent_ && !id_ && !scene_.stopping) {
    const Result<ProducerId> taken = co_await take_id(link_);
    if (taken) {
      id_ = *taken;
    } else {
      co_await scene_.shard.sleep(100ms);
    }
  }
  const auto most_pause = static_cast<std::uint64_t>(scene_.load.most_pause.count());
  while (!scene_.stopping && !scene_.enough) {
    const Batch batch = next_batch();
    const bool sent = co_await send_until_answered(batch);
    if (!sent) co_return;
    co_await scene_.shard.sleep(Duration(scene_.shard.random() % most_pause));
  }
}

}  // namespace

env::Task<void> produce(Scene& scene, int number, bool idempotent) {
  const std::string name = (idempotent ? "" : "plain-") + std::to_string(number);
  if (!idempotent) scene.history.repeating.insert(name);
  Producer producer(scene, name, idempotent);
  co_await producer.run();
}

}  // namespace simulation

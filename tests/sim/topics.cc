// Churners: make, change, fill and delete topics, and know at every time what there must be. A name
// whose last change was not answered is given up: what became of it nobody can say.
#include "scene.h"
#include "wire/000_produce.h"
#include "wire/002_list_offsets.h"
#include "wire/003_metadata.h"
#include "wire/019_create_topics.h"
#include "wire/020_delete_topics.h"
#include "wire/032_describe_configs.h"
#include "wire/037_create_partitions.h"
#include "wire/044_incremental_alter_configs.h"
#include "wire/record_batch_builder.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kSet = 0;
constexpr const char* kSetting = "max.message.bytes";
constexpr Timestamp kLatest{-1};

// A topic as its churner knows it.
struct Known {
  TopicName name;
  bool exists = false;
  TopicId id = {};
  std::int32_t partitions = 0;
  std::string setting = {};
  std::int64_t records = 0;  // In partition 0.
};

class Churner {
 public:
  Churner(Scene& scene, int number) : scene_(scene), prefix_("topic-" + std::to_string(number)) {
    give_up();
  }

  env::Task<void> run();

 private:
  void give_up() { known_ = {.name = TopicName{prefix_ + "-" + std::to_string(fresh_++)}}; }
  env::Task<Result<void>> one_change();
  env::Task<Result<void>> create();
  env::Task<Result<void>> remove();
  env::Task<Result<void>> grow();
  env::Task<Result<void>> set();
  env::Task<Result<void>> fill();
  env::Task<Result<void>> verify();
  env::Task<void> verify_in_the_end();
  env::Task<Result<std::string>> described();
  env::Task<Result<std::int64_t>> counted();
  void expect(bool holds, const std::string& what);
  std::uint64_t below(std::uint64_t bound) { return scene_.shard.random() % bound; }

  Scene& scene_;
  Link link_{scene_};
  std::string prefix_;
  int fresh_ = 0;
  Known known_;
};

void Churner::expect(bool holds, const std::string& what) {
  if (!holds) scene_.history.contradict("topic " + known_.name.value + " " + what);
}

env::Task<Result<void>> Churner::create() {
  const auto partitions = static_cast<std::int32_t>(1 + below(4));
  const std::string setting = std::to_string(100'000 + below(100'000));
  wire::CreateTopicsRequest request;
  request.topics.push_back({.name = known_.name,
                            .num_partitions = partitions,
                            .replication_factor = 1,
                            .configs = {{kSetting, setting}}});
  CO_TRY(const wire::CreateTopicsResponse answer,
         co_await link_.ask(std::move(request), &wire::read_create_topics_response));
  const auto& made = answer.topics.front();
  expect(made.error_code != ErrorCode::TopicAlreadyExists, "is there, though it was never made");
  if (made.error_code != ErrorCode::None) co_return fail(made.error_code);
  known_.exists = true;
  known_.id = made.topic_id;
  known_.partitions = partitions;
  known_.setting = setting;
  known_.records = 0;
  co_return Result<void>{};
}

env::Task<Result<void>> Churner::remove() {
  wire::DeleteTopicsRequest request{.timeout_ms = 5000};
  request.topics.push_back({.name = known_.name});
  CO_TRY(const wire::DeleteTopicsResponse answer,
         co_await link_.ask(std::move(request), &wire::read_delete_topics_response));
  const ErrorCode error = answer.responses.front().error_code;
  expect(error != ErrorCode::UnknownTopicOrPartition, "is gone, though nobody deleted it");
  if (error != ErrorCode::None) co_return fail(error);
  known_.exists = false;
  co_return Result<void>{};
}

env::Task<Result<void>> Churner::grow() {
  wire::CreatePartitionsRequest request{.timeout_ms = 5000};
  request.topics.push_back({.name = known_.name, .count = known_.partitions + 1});
  CO_TRY(const wire::CreatePartitionsResponse answer,
         co_await link_.ask(std::move(request), &wire::read_create_partitions_response));
  const ErrorCode error = answer.results.front().error_code;
  if (error != ErrorCode::None) co_return fail(error);
  ++known_.partitions;
  co_return Result<void>{};
}

env::Task<Result<void>> Churner::set() {
  const std::string setting = std::to_string(100'000 + below(100'000));
  wire::IncrementalAlterConfigsRequest request;
  request.resources.push_back({.resource_type = kTopicResource,
                               .resource_name = known_.name.value,
                               .configs = {{kSetting, kSet, setting}}});
  CO_TRY(const wire::IncrementalAlterConfigsResponse answer,
         co_await link_.ask(std::move(request), &wire::read_incremental_alter_configs_response));
  const ErrorCode error = answer.responses.front().error_code;
  if (error != ErrorCode::None) co_return fail(error);
  known_.setting = setting;
  co_return Result<void>{};
}

env::Task<Result<void>> Churner::fill() {
  wire::BatchBuilder builder;
  builder.add(scene_.shard.wall(), std::nullopt, as_bytes(known_.name.value));
  const ByteVector batch = builder.finish();
  wire::ProduceRequest request{.acks = -1, .timeout_ms = 5000};
  wire::ProduceRequest::TopicProduceData topic{.name = known_.name};
  topic.partition_data.push_back({PartitionIndex{0}, wire::Records{.bytes = batch}});
  request.topic_data.push_back(std::move(topic));
  CO_TRY(const wire::ProduceResponse answer,
         co_await link_.ask(std::move(request), &wire::read_produce_response, kLastByName));
  const auto& data = answer.responses.front().partition_responses.front();
  if (data.error_code != ErrorCode::None) co_return fail(data.error_code);
  expect(data.base_offset.value == known_.records,
         "took its record number " + std::to_string(known_.records) + " at offset " +
             std::to_string(data.base_offset.value));
  ++known_.records;
  co_return Result<void>{};
}

env::Task<Result<std::string>> Churner::described() {
  wire::DescribeConfigsRequest request;
  request.resources.push_back({.resource_type = kTopicResource,
                               .resource_name = known_.name.value,
                               .configuration_keys = std::vector<std::string>{kSetting}});
  CO_TRY(const wire::DescribeConfigsResponse answer,
         co_await link_.ask(std::move(request), &wire::read_describe_configs_response));
  const auto& result = answer.results.front();
  if (result.error_code != ErrorCode::None) co_return fail(result.error_code);
  co_return result.configs.front().value.value_or("");
}

env::Task<Result<std::int64_t>> Churner::counted() {
  wire::ListOffsetsRequest request{.replica_id = BrokerId{-1}};
  request.topics.push_back(
      {known_.name, {{.partition_index = PartitionIndex{0}, .timestamp = kLatest}}});
  CO_TRY(const wire::ListOffsetsResponse answer,
         co_await link_.ask(std::move(request), &wire::read_list_offsets_response));
  const auto& data = answer.topics.front().partitions.front();
  if (data.error_code != ErrorCode::None) co_return fail(data.error_code);
  co_return data.offset.value;
}

// Compares what there is with what is known.
env::Task<Result<void>> Churner::verify() {
  wire::MetadataRequest request{.allow_auto_topic_creation = false};
  request.topics.emplace();
  request.topics->push_back({.topic_id = {}, .name = known_.name});
  CO_TRY(const wire::MetadataResponse answer,
         co_await link_.ask(std::move(request), &wire::read_metadata_response));
  const auto& found = answer.topics.front();
  if (!known_.exists) {
    expect(found.error_code == ErrorCode::UnknownTopicOrPartition, "was deleted, and is there");
    co_return Result<void>{};
  }
  expect(found.error_code != ErrorCode::UnknownTopicOrPartition, "was made, and is not there");
  if (found.error_code != ErrorCode::None) co_return fail(found.error_code);
  expect(found.topic_id == known_.id, "has another id than it was made with");
  expect(std::ssize(found.partitions) == known_.partitions,
         "has " + std::to_string(found.partitions.size()) + " partitions, not " +
             std::to_string(known_.partitions));
  CO_TRY(const std::string setting, co_await described());
  expect(setting == known_.setting, "has " + setting + " where " + known_.setting + " was set");
  CO_TRY(const std::int64_t records, co_await counted());
  expect(records == known_.records,
         "holds " + std::to_string(records) + " records, not " + std::to_string(known_.records));
  co_return Result<void>{};
}

env::Task<Result<void>> Churner::one_change() {
  if (!known_.exists) co_return co_await create();
  switch (below(5)) {
    case 0:
      co_return co_await remove();
    case 1:
      co_return co_await grow();
    case 2:
      co_return co_await set();
    default:
      co_return co_await fill();
  }
}

// Until it can be compared: a request that only looks may be made again.
env::Task<void> Churner::verify_in_the_end() {
  while (!scene_.stopping) {
    const Result<void> done = co_await verify();
    if (done) co_return;
    co_await scene_.shard.sleep(100ms);
  }
}

env::Task<void> Churner::run() {
  while (!scene_.stopping) {
    // Before the change as well: the broker may have crashed since the last, and the change is then
    // often lost with its connection, and the name with it.
    co_await verify_in_the_end();
    const Result<void> changed = co_await one_change();
    if (changed) {
      ++scene_.history.done[Activity::ChangeTopics];
      co_await verify_in_the_end();
    } else {
      give_up();
      co_await scene_.shard.sleep(100ms);
    }
    co_await scene_.shard.sleep(std::chrono::milliseconds(below(200)));
  }
}

}  // namespace

env::Task<void> change_topics(Scene& scene, int number) {
  Churner churner(scene, number);
  co_await churner.run();
}

}  // namespace simulation

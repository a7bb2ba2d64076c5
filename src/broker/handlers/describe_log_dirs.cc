// Shows how much of the disk partitions take.
#include "wire/035_describe_log_dirs.h"

#include <algorithm>
#include <map>

#include "broker/engine.h"
#include "broker/handlers/handlers.h"

namespace broker {
namespace {

using Request = wire::DescribeLogDirsRequest;
using Response = wire::DescribeLogDirsResponse;
using Partitions = std::vector<Response::DescribeLogDirsPartition>;
using Sizes = std::map<TopicName, Partitions>;

bool is_wanted(const Request& request, const PartitionName& name) {
  if (!request.topics) return true;
  for (const Request::DescribableLogDirTopic& topic : *request.topics) {
    if (topic.topic == name.topic) return std::ranges::count(topic.partitions, name.index) > 0;
  }
  return false;
}

// Runs on the shard of `engine`; `request` lives in the handler's frame.
env::Task<Sizes> measure(Engine& engine, const Request& request) {
  Sizes sizes;
  engine.for_each_partition([&](Partition& partition) {
    if (!is_wanted(request, partition.name())) return;
    sizes[partition.name().topic].push_back(
        {.partition_index = partition.name().index,
         .partition_size = static_cast<std::int64_t>(partition.log().size_bytes())});
  });
  co_return sizes;
}

}  // namespace

env::Task<Response> describe_log_dirs(Call& call, Request request) {
  const Node& node = call.engine().node();
  Sizes sizes;
  for (const std::unique_ptr<Engine>& one : node.engines) {
    Engine* const engine = one.get();
    const Request* const wanted = &request;
    Sizes some = co_await call.on<Sizes>(engine->shard(),
                                         [engine, wanted] { return measure(*engine, *wanted); });
    for (auto& [topic, partitions] : some) {
      Partitions& all = sizes[topic];
      all.insert(all.end(), partitions.begin(), partitions.end());
    }
  }

  Response response;
  Response::DescribeLogDirsResult& folder = response.results.emplace_back();
  folder.log_dir = node.data_folder;
  const Result<env::Space> space = call.shard().files().space(node.data_folder);
  if (space) {
    folder.total_bytes = static_cast<std::int64_t>(space->total);
    folder.usable_bytes = static_cast<std::int64_t>(space->available);
  }
  for (auto& [topic, partitions] : sizes) {
    std::ranges::sort(partitions, {}, &Response::DescribeLogDirsPartition::partition_index);
    folder.topics.push_back({topic, std::move(partitions)});
  }
  co_return response;
}

}  // namespace broker

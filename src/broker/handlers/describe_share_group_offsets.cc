// Shows how far share groups are, and how far behind.
#include "wire/090_describe_share_group_offsets.h"

#include "broker/at_group.h"
#include "broker/at_partition.h"
#include "broker/at_share_state.h"
#include "broker/handlers/handlers.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::DescribeShareGroupOffsetsRequest;
using Response = wire::DescribeShareGroupOffsetsResponse;
using Asked = Request::DescribeShareGroupOffsetsRequestGroup;
using Group = Response::DescribeShareGroupOffsetsResponseGroup;
using Topic = Response::DescribeShareGroupOffsetsResponseTopic;
using Shown = Response::DescribeShareGroupOffsetsResponsePartition;

env::Task<Result<Offset>> end_of(std::shared_ptr<Partition> partition) {
  co_return partition->high_watermark();
}

env::Task<Shown> describe_one(Call& call, GroupId group, TopicName name, TopicId topic,
                              PartitionIndex index) {
  Shown shown{.partition_index = index, .start_offset = share::kNoStart, .lag = -1};
  const share::Key key{group, topic, index};
  const Result<share::Stored> stored = co_await at_share_state<share::Stored>(
      call.engine(), key, [key](ShareCoordinator& state) { return state.summarize(key); });
  if (!stored) {
    shown.error_code = stored.error().code;
    shown.error_message = stored.error().detail;
    co_return shown;
  }
  shown.start_offset = stored->start;
  shown.leader_epoch = stored->leader_epoch;
  if (stored->start == share::kNoStart || stored->complete < 0) co_return shown;
  const Result<Offset> end = co_await at_partition<Offset>(
      call, name, index, [](std::shared_ptr<Partition> p) { return end_of(std::move(p)); });
  if (end) {
    shown.lag = std::max<std::int64_t>(0, end->value - stored->start.value - stored->complete);
  }
  co_return shown;
}

struct Wanted {
  TopicName name;
  TopicId id;
  std::vector<PartitionIndex> partitions;
};

// What the request names, or all that the group has state of.
std::vector<Wanted> wanted_of(Call& call, const Asked& asked, const ShareGroupFacts& facts) {
  std::vector<Wanted> all;
  if (!asked.topics) {
    for (const auto& [id, topic] : facts.states.begun) {
      if (call.image().find(id)) all.push_back({topic.name, id, topic.partitions});
    }
    return all;
  }
  for (const auto& topic : *asked.topics) {
    const cluster::Topic* found = call.image().find(topic.topic_name);
    all.push_back({topic.topic_name, found ? found->id : TopicId{}, topic.partitions});
  }
  return all;
}

env::Task<Topic> describe_topic(Call& call, GroupId group, Wanted wanted) {
  Topic shown{.topic_name = wanted.name, .topic_id = wanted.id};
  const cluster::Topic* topic = call.image().find(wanted.id);
  std::vector<env::Task<Shown>> tasks;
  for (const PartitionIndex index : wanted.partitions) {
    if (topic && topic->find(index)) {
      tasks.push_back(describe_one(call, group, wanted.name, wanted.id, index));
    } else {
      shown.partitions.push_back(
          {.partition_index = index, .start_offset = share::kNoStart, .lag = -1});
    }
  }
  std::vector<Shown> found = co_await env::all(call.shard(), std::move(tasks));
  std::ranges::move(found, std::back_inserter(shown.partitions));
  co_return shown;
}

env::Task<Group> describe_group(Call& call, Asked asked) {
  Group shown{.group_id = asked.group_id};
  const GroupId group = asked.group_id;
  Result<Result<ShareGroupFacts>> facts = co_await at_group<Result<ShareGroupFacts>>(
      call, group, [group](GroupCoordinator& groups) { return groups.share_facts(group); });
  const Error* wrong = !facts ? &facts.error() : !*facts ? &facts->error() : nullptr;
  const Error missing{ErrorCode::GroupIdNotFound, "no such group: '" + group.value + "'"};
  if (!wrong && !(*facts)->exists) wrong = &missing;
  if (wrong) {
    shown.error_code = wrong->code;
    shown.error_message = wrong->detail;
    co_return shown;
  }
  for (Wanted& wanted : wanted_of(call, asked, **facts)) {
    Topic topic = co_await describe_topic(call, group, std::move(wanted));
    shown.topics.push_back(std::move(topic));
  }
  co_return shown;
}

}  // namespace

env::Task<Response> describe_share_group_offsets(Call& call, Request request) {
  std::vector<env::Task<Group>> tasks;
  for (Asked& asked : request.groups) tasks.push_back(describe_group(call, std::move(asked)));
  Response response;
  response.groups = co_await env::all(call.shard(), std::move(tasks));
  co_return response;
}

}  // namespace broker

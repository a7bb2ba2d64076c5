// Tells how far groups have got. Older requests ask about one group, those from version 8 on about
// several; topics come by name, from version 10 on by id.
#include "wire/009_offset_fetch.h"

#include "broker/at_group.h"
#include "broker/handlers/handlers.h"
#include "env/sync.h"

namespace broker {
namespace {

using Request = wire::OffsetFetchRequest;
using Response = wire::OffsetFetchResponse;
using Wanted = Request::OffsetFetchRequestGroup;
using GroupOffsets = Response::OffsetFetchResponseGroup;
using TopicOffsets = Response::OffsetFetchResponseTopics;

constexpr std::int16_t kErrorOfItsOwn = 2;  // Before, an error shows at every partition.
constexpr std::int16_t kManyGroups = 8;
constexpr std::int16_t kTopicIds = 10;

Wanted to_wanted(Request& request) {
  Wanted wanted{.group_id = std::move(request.group_id)};
  if (!request.topics) return wanted;
  wanted.topics.emplace();
  for (auto& topic : *request.topics) {
    wanted.topics->push_back(
        {.name = std::move(topic.name), .partition_indexes = std::move(topic.partition_indexes)});
  }
  return wanted;
}

TopicOffsets missing(const Request::OffsetFetchRequestTopics& topic, ErrorCode error) {
  TopicOffsets answered{.topic_id = topic.topic_id};
  for (const PartitionIndex index : topic.partition_indexes) {
    answered.partitions.push_back({.partition_index = index,
                                   .committed_offset = Offset{-1},
                                   .metadata = "",
                                   .error_code = error});
  }
  return answered;
}

// Gives topics their names. Those that no topic bears the id of are answered, and left out.
std::vector<TopicOffsets> resolve(const cluster::Image& image, Wanted& wanted) {
  std::vector<TopicOffsets> unknown;
  if (!wanted.topics) return unknown;
  std::erase_if(*wanted.topics, [&](Request::OffsetFetchRequestTopics& topic) {
    const cluster::Topic* found = image.find(topic.topic_id);
    if (found) {
      topic.name = found->name;
    } else {
      unknown.push_back(missing(topic, ErrorCode::UnknownTopicId));
    }
    return !found;
  });
  return unknown;
}

// Gives topics their ids. Offsets of topics that are gone have nothing to be named by.
void identify(const cluster::Image& image, GroupOffsets& fetched) {
  std::erase_if(fetched.topics, [&](TopicOffsets& topic) {
    const cluster::Topic* found = image.find(topic.name);
    if (!found) return true;
    topic.topic_id = found->id;
    topic.name = {};
    return false;
  });
}

env::Task<GroupOffsets> fetch_group(Call& call, Wanted wanted, bool stable) {
  const GroupId group = wanted.group_id;
  const bool by_id = call.version() >= kTopicIds;
  std::vector<TopicOffsets> unknown;
  if (by_id) unknown = resolve(call.image(), wanted);
  Result<GroupOffsets> fetched = co_await at_group<GroupOffsets>(
      call, group, [wanted = std::move(wanted), stable](GroupCoordinator& groups) mutable {
        return groups.fetch_offsets(std::move(wanted), stable);
      });
  if (!fetched) co_return GroupOffsets{.group_id = group, .error_code = fetched.error().code};
  if (by_id) identify(call.image(), *fetched);
  for (TopicOffsets& topic : unknown) fetched->topics.push_back(std::move(topic));
  co_return std::move(*fetched);
}

Response flatten(GroupOffsets fetched) {
  Response response;
  response.error_code = fetched.error_code;
  for (auto& topic : fetched.topics) {
    auto& flat = response.topics.emplace_back();
    flat.name = std::move(topic.name);
    for (auto& partition : topic.partitions) {
      flat.partitions.push_back({.partition_index = partition.partition_index,
                                 .committed_offset = partition.committed_offset,
                                 .committed_leader_epoch = partition.committed_leader_epoch,
                                 .metadata = std::move(partition.metadata),
                                 .error_code = partition.error_code});
    }
  }
  return response;
}

env::Task<Response> fetch_one(Call& call, Wanted wanted, bool stable) {
  const Wanted asked = wanted;
  GroupOffsets fetched = co_await fetch_group(call, std::move(wanted), stable);
  const ErrorCode error = fetched.error_code;
  if (error != ErrorCode::None && call.version() < kErrorOfItsOwn && asked.topics) {
    fetched = GroupOffsets{.group_id = asked.group_id};
    for (const auto& topic : *asked.topics) {
      fetched.topics.push_back(missing(topic, error));
      fetched.topics.back().name = topic.name;
    }
  }
  co_return flatten(std::move(fetched));
}

}  // namespace

env::Task<Response> offset_fetch(Call& call, Request request) {
  if (call.version() < kManyGroups) {
    Response one = co_await fetch_one(call, to_wanted(request), request.require_stable);
    co_return one;
  }
  std::vector<env::Task<GroupOffsets>> tasks;
  for (Wanted& wanted : request.groups) {
    tasks.push_back(fetch_group(call, std::move(wanted), request.require_stable));
  }
  Response response;
  response.groups = co_await env::all(call.shard(), std::move(tasks));
  co_return response;
}

}  // namespace broker

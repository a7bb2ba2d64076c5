// Where share groups have got to, and setting that.
#include "client/groups.h"
#include "wire/090_describe_share_group_offsets.h"
#include "wire/091_alter_share_group_offsets.h"

namespace client {

namespace {

Error refused(const GroupId& group, ErrorCode code, const std::optional<std::string>& message) {
  if (code == ErrorCode::NonEmptyGroup) {
    return {code,
            fmt::format("share group '{}' has members, so its offsets cannot be set\nStop its "
                        "consumers, or wait until their sessions run out, and try again.",
                        group.value)};
  }
  return broker_error(code, message,
                      fmt::format("offsets of share group '{}' were not set", group.value));
}

}  // namespace

env::Task<Result<CommittedOffsets>> share_offsets(Cluster& cluster, GroupId group) {
  CO_TRY(Connection * coordinator, co_await cluster.coordinator(group));
  wire::DescribeShareGroupOffsetsRequest request;
  request.groups.emplace_back().group_id = group;  // No topics: all that it has.
  CO_TRY(const wire::DescribeShareGroupOffsetsResponse response,
         co_await coordinator->ask(std::move(request),
                                   wire::read_describe_share_group_offsets_response));
  CommittedOffsets offsets;
  for (const auto& found : response.groups) {
    if (found.error_code != ErrorCode::None) {
      co_return fail(broker_error(found.error_code, found.error_message,
                                  fmt::format("offsets of share group '{}'", group.value)));
    }
    for (const auto& topic : found.topics) {
      for (const auto& partition : topic.partitions) {
        if (partition.error_code != ErrorCode::None || partition.start_offset.value < 0) continue;
        Committed& at = offsets[{topic.topic_name, partition.partition_index}];
        at.offset = partition.start_offset;
        if (partition.lag >= 0) at.lag = partition.lag;
      }
    }
  }
  co_return offsets;
}

env::Task<Result<void>> alter_share_offsets(Cluster& cluster, GroupId group,
                                            std::map<TopicPartition, Offset> offsets) {
  CO_TRY(Connection * coordinator, co_await cluster.coordinator(group));
  wire::AlterShareGroupOffsetsRequest request;
  request.group_id = group;
  for (const auto& [partition, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().topic_name != partition.topic) {
      request.topics.emplace_back().topic_name = partition.topic;
    }
    request.topics.back().partitions.push_back({partition.partition, offset});
  }
  CO_TRY(
      const wire::AlterShareGroupOffsetsResponse response,
      co_await coordinator->ask(std::move(request), wire::read_alter_share_group_offsets_response));
  if (response.error_code != ErrorCode::None) {
    co_return fail(refused(group, response.error_code, response.error_message));
  }
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partitions) {
      if (partition.error_code == ErrorCode::None) continue;
      co_return fail(refused(group, partition.error_code, partition.error_message));
    }
  }
  co_return Result<void>{};
}

}  // namespace client

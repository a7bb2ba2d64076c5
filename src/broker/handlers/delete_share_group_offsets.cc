// Makes a share group without members forget topics.
#include "wire/092_delete_share_group_offsets.h"

#include "broker/at_group.h"
#include "broker/delete_share_state.h"
#include "broker/handlers/handlers.h"
#include "broker/share_requests.h"

namespace broker {
namespace {

using Request = wire::DeleteShareGroupOffsetsRequest;
using Response = wire::DeleteShareGroupOffsetsResponse;
using Topic = Response::DeleteShareGroupOffsetsResponseTopic;

// The group, which must be there and have no members.
Result<ShareGroupFacts> check_group(const Result<Result<ShareGroupFacts>>& found,
                                    const GroupId& group) {
  if (!found) return fail(found.error());
  const ShareGroupFacts facts = TRY(*found);
  if (!facts.exists) {
    return fail(ErrorCode::GroupIdNotFound, "no such group: '" + group.value + "'");
  }
  if (!facts.is_empty) {
    return fail(ErrorCode::NonEmptyGroup, "the group has members: stop them first");
  }
  return facts;
}

env::Task<Error> forget_topic(Call& call, GroupId group, TopicName name, ShareGroupFacts facts) {
  const cluster::Topic* topic = call.image().find(name);
  if (!topic) co_return Error{ErrorCode::UnknownTopicOrPartition, "there is no such topic"};
  const TopicId id = topic->id;
  const auto begun = facts.states.begun.find(id);
  if (begun == facts.states.begun.end()) {
    co_return Error{ErrorCode::UnknownTopicOrPartition, "the group has never read the topic"};
  }
  const Result<void> erased =
      co_await delete_share_state(call.engine(), group, id, begun->second.partitions);
  if (!erased) co_return erased.error();
  const Result<Result<void>> forgotten =
      co_await at_group<Result<void>>(call, group, [group, id](GroupCoordinator& groups) {
        return groups.forget_share_states(group, std::set<TopicId>{id});
      });
  if (!forgotten) co_return forgotten.error();
  co_return *forgotten ? Error{} : forgotten->error();
}

}  // namespace

env::Task<Response> delete_share_group_offsets(Call& call, Request request) {
  Response response;
  const GroupId group = request.group_id;
  const Result<Result<ShareGroupFacts>> found = co_await at_group<Result<ShareGroupFacts>>(
      call, group, [group](GroupCoordinator& groups) { return groups.share_facts(group); });
  const Result<ShareGroupFacts> facts = check_group(found, group);
  if (!facts) {
    response.error_code = facts.error().code;
    response.error_message = facts.error().detail;
    co_return response;
  }
  for (const auto& asked : request.topics) {
    const Error error = co_await forget_topic(call, group, asked.topic_name, *facts);
    const cluster::Topic* topic = call.image().find(asked.topic_name);
    Topic answer{.topic_name = asked.topic_name, .topic_id = topic ? topic->id : TopicId{}};
    answer.error_code = error.code;
    if (error.code != ErrorCode::None) answer.error_message = error.detail;
    response.responses.push_back(std::move(answer));
  }
  co_await forget_share_group(call.engine(), group);
  co_return response;
}

}  // namespace broker

// What the group coordinator does for share groups.
#include "broker/coordinator.h"
#include "broker/coordinator_partition.h"

namespace broker {
namespace {

using Described = DescribedShareGroup;
using Member = wire::ShareGroupDescribeResponse::Member;

Described refused(const GroupId& group, const Error& why) {
  return {.error_code = why.code, .error_message = why.detail, .group_id = group};
}

Member to_shown(const MemberId& id, const group::ShareMember& member, const cluster::Image& image) {
  const group::ShareFacts& facts = member.facts;
  Member shown{.member_id = id,
               .rack_id = facts.rack,
               .member_epoch = member.holding.epoch.value,
               .client_id = facts.client_id,
               .client_host = facts.client_host,
               .subscribed_topic_names = {facts.topics.begin(), facts.topics.end()}};
  for (const auto& [topic, partitions] : member.holding.assigned) {
    const cluster::Topic* found = image.find(topic);
    if (found) shown.assignment.topic_partitions.push_back({topic, found->name, partitions});
  }
  return shown;
}

Described to_shown(const group::Share& group, const cluster::Image& image) {
  Described shown{.group_id = group.id,
                  .group_state = std::string(to_text(group.state())),
                  .group_epoch = group.epoch.epoch.value,
                  .assignment_epoch = group.target_epoch.value,
                  .assignor_name = "simple"};
  for (const auto& [id, member] : group.members) {
    shown.members.push_back(to_shown(id, member, image));
  }
  return shown;
}

Result<const group::Share*> find_share(const group::Groups& groups, const GroupId& id) {
  const group::Group* found = groups.find(id);
  const group::Share* share = found ? found->as<group::Share>() : nullptr;
  if (share) return share;
  const std::string why = found ? "not a share group: '" : "no such group: '";
  return fail(ErrorCode::GroupIdNotFound, why + id.value + "'");
}

group::ShareReply refusal(const Error& why, const MemberId& member = {}) {
  return {.error = why.code, .message = why.detail, .member = member};
}

}  // namespace

env::Task<group::ShareReply> GroupCoordinator::share_heartbeat(GroupId id,
                                                               group::ShareHeartbeat beat) {
  const MemberId member = beat.member;
  if (id.value.empty()) {
    co_return refusal({ErrorCode::InvalidRequest, "the group's name is empty"}, member);
  }
  const auto make = [&beat](group::Token token) -> group::Event {
    beat.token = token;
    return std::move(beat);
  };
  Result<group::Answer> answer = co_await ask_group(id, make);
  if (answer) co_return std::get<group::ShareReply>(std::move(*answer));
  co_return refusal(answer.error(), member);
}

env::Task<group::ShareReply> GroupCoordinator::share_begun(GroupId id, group::ShareBegun begun) {
  const auto make = [&begun](group::Token token) -> group::Event {
    begun.token = token;
    return std::move(begun);
  };
  Result<group::Answer> answer = co_await ask_group(id, make);
  if (answer) co_return std::get<group::ShareReply>(std::move(*answer));
  co_return refusal(answer.error());
}

env::Task<DescribedShareGroup> GroupCoordinator::describe_share(GroupId id) {
  const Result<std::shared_ptr<CoordinatorPartition>> partition = of(id);
  if (!partition) co_return refused(id, partition.error());
  const Result<const group::Share*> share = find_share((*partition)->groups(), id);
  if (!share) co_return refused(id, share.error());
  Described shown = to_shown(**share, *image_);
  const Result<void> durable =
      co_await (*partition)->until_durable(id, CoordinatorPartition::Seen::Membership);
  if (!durable) co_return refused(id, durable.error());
  co_return shown;
}

env::Task<Result<ShareGroupFacts>> GroupCoordinator::share_facts(GroupId id) {
  CO_TRY(const std::shared_ptr<CoordinatorPartition> partition, of(id));
  const group::Group* found = partition->groups().find(id);
  if (!found || (found->is_blank() && !found->as<group::Share>())) {
    co_return ShareGroupFacts{.exists = false};
  }
  CO_TRY(const group::Share* const share, find_share(partition->groups(), id));
  ShareGroupFacts facts{.exists = true,
                        .is_empty = share->members.empty(),
                        .epoch = share->epoch.epoch,
                        .states = share->states};
  CO_TRY_VOID(co_await partition->until_durable(id, CoordinatorPartition::Seen::Membership));
  co_return facts;
}

env::Task<Result<group::Epoch>> GroupCoordinator::reset_share(GroupId id, group::ShareStates with) {
  CO_TRY(const std::shared_ptr<CoordinatorPartition> partition, of(id));
  const group::Group* found = partition->groups().find(id);
  const group::Share fresh{.id = id};
  const group::Share* share = &fresh;
  if (found && !found->is_blank()) {
    CO_TRY(share, find_share(partition->groups(), id));
  }
  CO_TRY(std::vector<group::Record> records, group::decide_reset(*share, with));
  const group::Epoch epoch{share->epoch.epoch.value + 1};
  CO_TRY_VOID(co_await partition->commit(std::move(id), std::move(records)));
  co_return epoch;
}

env::Task<Result<void>> GroupCoordinator::forget_share_states(GroupId id,
                                                              std::set<TopicId> topics) {
  CO_TRY(const std::shared_ptr<CoordinatorPartition> partition, of(id));
  CO_TRY(const group::Share* const share, find_share(partition->groups(), id));
  CO_TRY(std::vector<group::Record> records, group::decide_forget_states(*share, topics));
  Result<void> durable = co_await partition->commit(std::move(id), std::move(records));
  co_return durable;
}

}  // namespace broker

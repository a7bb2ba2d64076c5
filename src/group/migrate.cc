#include "group/migrate.h"

#include <algorithm>

#include "group/membership.h"
#include "group/subscription.h"

namespace group {
namespace {

// The partitions of a classic member, as far as they are there and nobody else has them: an
// assignor in a client may have given one twice.
Assigned claimed(const NamedPartitions& partitions, const cluster::Image& image, Holders& taken,
                 const MemberId& id) {
  Assigned all;
  for (const auto& [name, list] : partitions) {
    const cluster::Topic* topic = image.find(name);
    if (!topic) continue;
    std::vector<PartitionIndex> mine;
    for (const PartitionIndex partition : list) {
      if (topic->find(partition) && !taken.find(topic->id, partition)) mine.push_back(partition);
    }
    if (!mine.empty()) add(all, topic->id, std::move(mine));
  }
  taken.add(id, all);
  return all;
}

MemberFacts facts_of(const Member& member, Subscription subscription) {
  MemberFacts facts{.instance = member.instance,
                    .rack = std::move(subscription.rack),
                    .client_id = member.client_id,
                    .client_host = member.client_host,
                    .rebalance_timeout = member.rebalance_timeout,
                    .classic = ClassicSide{member.session_timeout, member.protocols}};
  facts.topics.insert(subscription.topics.begin(), subscription.topics.end());
  return facts;
}

struct Read {
  const Member* member;
  Subscription subscription;
  NamedPartitions assignment;
  Assigned has = {};
};

// None where what a member says, or was told, cannot be read.
std::optional<std::vector<Read>> read_members(const Classic& group) {
  std::vector<Read> all;
  for (const auto& [id, member] : group.members) {
    if (member.protocols.empty()) return {};
    const std::string name = group.protocol.value_or(member.protocols.front().name);
    auto subscription = read_subscription(member.metadata(name));
    auto assignment = read_assignment(member.assignment);
    if (!subscription || !assignment) return {};
    all.push_back({&member, *std::move(subscription), *std::move(assignment)});
  }
  return all;
}

// Whoever waits joins again, and finds the group in its new form.
void send_away(const Classic& group, Effects& out) {
  for (const auto& [id, member] : group.members) {
    if (member.joining) {
      out.replies.push_back(
          {*member.joining, JoinReply{.error = ErrorCode::RebalanceInProgress, .member = id}});
    }
    if (member.syncing) {
      out.replies.push_back({*member.syncing, SyncReply{.error = ErrorCode::RebalanceInProgress}});
    }
    arm_session(member, out);
  }
  for (const MemberId& id : group.reserved) {
    out.timers.push_back({{TimerKind::Session, id}, std::nullopt});
  }
  out.timers.push_back({{TimerKind::JoinPhase}, std::nullopt});
  out.timers.push_back({{TimerKind::SyncPhase}, std::nullopt});
}

Member to_classic(const MemberId& id, const ConsumerMember& member, const cluster::Image& image) {
  const ClassicSide& classic = *member.facts.classic;
  const auto subscription = read_subscription(classic.protocols.front().metadata);
  NamedPartitions partitions;
  for (const auto& [topic_id, list] : member.holding.assigned) {
    if (const cluster::Topic* topic = image.find(topic_id)) partitions.emplace(topic->name, list);
  }
  return {.id = id,
          .instance = member.facts.instance,
          .client_id = member.facts.client_id,
          .client_host = member.facts.client_host,
          .session_timeout = classic.session_timeout,
          .rebalance_timeout = member.facts.rebalance_timeout,
          .protocols = classic.protocols,
          .assignment = write_assignment(partitions, subscription ? subscription->version : 0)};
}

// A stable group in the newest generation that any of its members knows.
Classic to_classic(const Consumer& group, const World& world) {
  Classic classic{.id = group.id,
                  .state = State::Stable,
                  .since = world.now,
                  .protocol_type = std::string(kConsumerProtocol)};
  for (const auto& [id, member] : group.members) {
    add(classic, to_classic(id, member, world.image));
    classic.generation = std::max(classic.generation, Generation{member.holding.epoch.value});
  }
  classic.protocol = select_protocol(classic);
  return classic;
}

std::vector<Record> all_gone(const Consumer& group) {
  std::vector<Record> records;
  const auto forget = [&](ConsumerChange change) {
    records.emplace_back(ConsumerRecord{group.id, std::move(change)});
  };
  for (const auto& [id, member] : group.members) {
    forget(HoldingSet{.member = id});
    forget(TargetSet{.member = id});
    forget(MemberSet{.member = id});
  }
  for (Record& record : farewell(group)) records.push_back(std::move(record));
  return records;
}

void stop_timers(const Consumer& group, Effects& out) {
  for (const auto& [id, member] : group.members) {
    for (const TimerKind kind :
         {TimerKind::Session, TimerKind::Revocation, TimerKind::JoinPhase, TimerKind::SyncPhase}) {
      out.timers.push_back({{kind, id}, std::nullopt});
    }
  }
  out.timers.push_back({{TimerKind::Assignment}, std::nullopt});
}

// Those who came one by one all had one in common; a log may say anything.
bool have_protocol_in_common(const Consumer& group) {
  const auto& first = group.members.begin()->second.facts.classic->protocols;
  return std::ranges::any_of(first, [&](const Protocol& protocol) {
    return std::ranges::all_of(group.members, [&](const auto& entry) {
      const auto& protocols = entry.second.facts.classic->protocols;
      return std::ranges::find(protocols, protocol.name, &Protocol::name) != protocols.end();
    });
  });
}

}  // namespace

Migration to_migration(std::string_view policy) {
  if (policy == "upgrade") return Migration::Upgrade;
  if (policy == "downgrade") return Migration::Downgrade;
  return policy == "bidirectional" ? Migration::Bidirectional : Migration::Disabled;
}

bool may_upgrade(const Classic& group, const World& world) {
  const Migration policy = world.limits.consumer.migration;
  return (policy == Migration::Upgrade || policy == Migration::Bidirectional) &&
         group.speaks_consumer() && group.members.size() <= world.limits.consumer.most_members;
}

std::optional<std::vector<ConsumerChange>> as_consumer_group(const Classic& group,
                                                             const World& world) {
  std::vector<ConsumerChange> changes;
  const Epoch epoch{group.generation.value};
  changes.emplace_back(GroupEpochSet{GroupEpoch{epoch}});
  auto all = read_members(group);
  if (!all) return {};
  Holders taken;
  for (Read& read : *all) {
    read.has = claimed(read.assignment, world.image, taken, read.member->id);
  }
  // In the middle of a rebalance a member that keeps what it has says so, and has no assignment.
  for (Read& read : *all) {
    const NamedPartitions& said = read.subscription.owned;
    read.has = together(read.has, claimed(said, world.image, taken, read.member->id));
    const MemberId& id = read.member->id;
    changes.emplace_back(MemberSet{id, facts_of(*read.member, std::move(read.subscription))});
    changes.emplace_back(TargetSet{id, read.has});
    changes.emplace_back(
        HoldingSet{id, Holding{.epoch = epoch, .previous = epoch, .assigned = read.has}});
  }
  changes.emplace_back(TargetEpochSet{epoch});
  return changes;
}

Effects upgrade(Groups& groups, const Classic& group, std::vector<ConsumerChange> changes) {
  Effects out;
  const GroupId id = group.id;
  send_away(group, out);
  out.records.emplace_back(GroupDropped{id});
  for (ConsumerChange& change : changes) {
    out.records.emplace_back(ConsumerRecord{id, std::move(change)});
  }
  for (const Record& record : out.records) apply(groups, record);
  out.happened.push_back({HappeningKind::Migrated, {}, "a member came by the consumer protocol"});
  return out;
}

bool may_downgrade(const Consumer& group, const World& world) {
  const Migration policy = world.limits.consumer.migration;
  const bool allowed = policy == Migration::Downgrade || policy == Migration::Bidirectional;
  const auto is_classic = [](const auto& entry) { return entry.second.facts.classic.has_value(); };
  return allowed && !group.members.empty() && group.members.size() <= world.limits.most_members &&
         std::ranges::all_of(group.members, is_classic) && have_protocol_in_common(group);
}

Effects downgrade(Groups& groups, const Consumer& group, const World& world) {
  Effects out;
  stop_timers(group, out);
  Classic classic = to_classic(group, world);
  out.records = all_gone(group);
  for (const Record& record : out.records) apply(groups, record);

  // Were the generation kept that members know, a restart before they have all joined would take
  // the group for stable, and nobody would miss the partitions of who has left.
  StoredGeneration kept = stored(classic);
  kept.generation = Generation{kept.generation.value + 1};
  out.records.emplace_back(GroupStored{classic.id, std::move(kept)});
  for (const auto& [id, member] : classic.members) arm_session(member, out);
  Group& target = groups.get(classic.id);
  target.membership = std::move(classic);
  prepare_rebalance(*target.as<Classic>(), world.limits, world.now, out,
                    "the group went back to the classic protocol");
  out.happened.push_back(
      {HappeningKind::Migrated, {}, "the last member of the consumer protocol is gone"});
  return out;
}

}  // namespace group

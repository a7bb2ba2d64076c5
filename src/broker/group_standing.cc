#include "broker/group_standing.h"

#include <algorithm>
#include <set>

#include "base/result.h"
#include "wire/consumer_protocol.h"

namespace broker {
namespace {

// What a classic member was assigned, by its clients' own format; nothing where that is another.
void add_assigned(Bytes bytes, std::set<TopicPartition>& to) {
  if (bytes.size() < sizeof(wire::Version)) return;
  constexpr wire::Version kLastKnown = 3;  // Later ones only add.
  const auto version = std::min(load_big<wire::Version>(bytes.data()), kLastKnown);
  const auto assignment =
      wire::read_consumer_protocol_assignment(bytes.subspan(sizeof(wire::Version)), version);
  if (!assignment) return;
  for (const auto& topic : assignment->assigned_partitions) {
    for (const PartitionIndex index : topic.partitions) to.insert({topic.topic, index});
  }
}

void add_assigned(const group::Share& group, const cluster::Image& image,
                  std::set<TopicPartition>& to) {
  for (const auto& [id, member] : group.members) {
    for (const auto& [topic, partitions] : member.holding.assigned) {
      const cluster::Topic* found = image.find(topic);
      if (!found) continue;
      for (const PartitionIndex index : partitions) to.insert({found->name, index});
    }
  }
}

std::size_t unowned(const group::Group& group, const cluster::Image& image) {
  const auto* classic = group.as<group::Classic>();
  const auto* consumer = group.as<group::Consumer>();
  const auto* share = group.as<group::Share>();
  const auto subscribed = group::subscriptions(group);
  if (!subscribed || (!classic && !consumer && !share)) return 0;
  std::set<TopicPartition> assigned;
  if (classic) {
    for (const auto& [id, member] : classic->members) add_assigned(member.assignment, assigned);
  }
  if (share) add_assigned(*share, image, assigned);
  std::size_t count = 0;
  for (const TopicName& name : *subscribed) {
    const cluster::Topic* topic = image.find(name);
    if (!topic) continue;
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      const PartitionIndex index{static_cast<std::int32_t>(i)};
      const bool owned = consumer ? consumer->holders.find(topic->id, index) != nullptr
                                  : assigned.contains({name, index});
      count += owned ? 0 : 1;
    }
  }
  return count;
}

}  // namespace

std::size_t member_count(const group::Group& group) {
  return std::visit(
      [](const auto& kind) -> std::size_t {
        if constexpr (requires { kind.members.size(); }) return kind.members.size();
        return 0;
      },
      group.membership);
}

GroupStanding standing_of(const group::Group& group, const cluster::Image& image) {
  GroupStanding standing{.members = member_count(group),
                         .unowned = group.is_empty() ? 0 : unowned(group, image),
                         .offsets = group.offsets};
  if (const auto* share = group.as<group::Share>()) {
    for (const auto& [id, topic] : share->states.begun) standing.shared[id] = topic.partitions;
  }
  return standing;
}

}  // namespace broker

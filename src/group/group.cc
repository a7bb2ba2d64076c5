#include "group/group.h"

namespace group {
namespace {

std::optional<std::set<TopicName>> subscribed(const Classic& group) { return subscriptions(group); }
std::optional<std::set<TopicName>> subscribed(const Consumer& group) {
  return subscriptions(group);
}
std::optional<std::set<TopicName>> subscribed(const Share& group) { return subscriptions(group); }

bool is_blank_kind(const Classic& group) {
  return group.members.empty() && group.reserved.empty() && group.state == State::Empty &&
         group.generation == Generation{0} && !group.protocol_type;
}
bool is_blank_kind(const Consumer& group) { return group.is_blank(); }
bool is_blank_kind(const Share& group) { return group.is_blank(); }

}  // namespace

const GroupId& Group::id() const {
  return std::visit([](const auto& kind) -> const GroupId& { return kind.id; }, membership);
}

bool Group::is_empty() const {
  return std::visit(overloaded{
                        [](const Classic& g) { return g.state == State::Empty; },
                        [](const Consumer& g) { return g.members.empty(); },
                        [](const Share& g) { return g.state() == ShareState::Empty; },
                    },
                    membership);
}

bool Group::is_blank() const {
  return offsets.empty() &&
         std::visit([](const auto& kind) { return is_blank_kind(kind); }, membership);
}

std::string_view type_of(const Group& group) {
  return std::visit(overloaded{
                        [](const Classic&) { return "classic"; },
                        [](const Consumer&) { return "consumer"; },
                        [](const Share&) { return "share"; },
                    },
                    group.membership);
}

std::string_view state_of(const Group& group) {
  return std::visit(overloaded{
                        [](const Classic& g) { return to_text(g.state); },
                        [](const auto& g) { return to_text(g.state()); },
                    },
                    group.membership);
}

std::string protocol_type_of(const Group& group) {
  return std::visit(overloaded{
                        [](const Classic& g) { return g.protocol_type.value_or(""); },
                        [](const Consumer&) { return std::string(kConsumerProtocol); },
                        [](const Share&) { return std::string("share"); },
                    },
                    group.membership);
}

std::optional<std::set<TopicName>> subscriptions(const Group& group) {
  return std::visit([](const auto& kind) { return subscribed(kind); }, group.membership);
}

Effects resume(Group& group, const World& world) {
  return std::visit(overloaded{
                        [&](Classic& g) { return resume(g, world.limits, world.now); },
                        [&](Consumer& g) { return resume(g, world); },
                        [&](Share& g) { return resume(g, world); },
                    },
                    group.membership);
}

Effects hear_from(const Group& group, const MemberId& member) {
  const auto* classic = group.as<Classic>();
  return classic ? hear_from(*classic, member) : Effects{};
}

std::vector<Record> farewell(const Group& group) {
  return std::visit(overloaded{
                        [](const Classic& g) { return std::vector<Record>{GroupDropped{g.id}}; },
                        [](const auto& g) { return farewell(g); },
                    },
                    group.membership);
}

}  // namespace group

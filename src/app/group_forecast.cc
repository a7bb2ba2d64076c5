#include "app/group_forecast.h"

#include <fmt/format.h>

#include <algorithm>

#include "group/assign.h"
#include "group/assignment_moves.h"

namespace app {

namespace {

using group::AssignmentTask;
using group::Subscriber;
using group::Target;

// The order in which Java's assignors take members: those that keep their place first, by that.
// Newcomers come last, as nobody knows their ids.
std::vector<const Subscriber*> in_order(const AssignmentTask& task, const TopicId* topic) {
  std::vector<const Subscriber*> members;
  for (const Subscriber& member : task.members) {
    if (!topic || member.topics.contains(*topic)) members.push_back(&member);
  }
  std::ranges::sort(members, [](const Subscriber* a, const Subscriber* b) {
    if (a->instance.has_value() != b->instance.has_value()) return a->instance.has_value();
    if (a->instance != b->instance) return a->instance < b->instance;
    return a < b;  // As they stand in the task: by id.
  });
  return members;
}

Target with_all_members(const AssignmentTask& task) {
  Target target;
  for (const Subscriber& member : task.members) target[member.id];
  return target;
}

// Java's range: each topic in runs, the first members having one more where it does not divide.
Target classic_range(const AssignmentTask& task) {
  Target target = with_all_members(task);
  for (const auto& [topic, shape] : task.topics) {
    const auto members = in_order(task, &topic);
    if (members.empty()) continue;
    const auto count = static_cast<std::int32_t>(members.size());
    std::int32_t next = 0;
    for (std::int32_t i = 0; i < count; ++i) {
      const std::int32_t share = shape.partitions / count + (i < shape.partitions % count ? 1 : 0);
      for (std::int32_t end = next + share; next < end; ++next) {
        target[members[static_cast<std::size_t>(i)]->id][topic].emplace_back(next);
      }
    }
  }
  return target;
}

// Java's roundrobin: all partitions in turn, past members that do not subscribe to them.
Target round_robin(const AssignmentTask& task, const std::vector<TopicId>& by_name) {
  Target target = with_all_members(task);
  const auto members = in_order(task, nullptr);
  std::size_t turn = 0;
  for (const TopicId& topic : by_name) {
    if (in_order(task, &topic).empty()) continue;
    for (std::int32_t i = 0; i < task.topics.at(topic).partitions; ++i) {
      while (!members[turn % members.size()]->topics.contains(topic)) ++turn;
      target[members[turn++ % members.size()]->id][topic].emplace_back(i);
    }
  }
  return target;
}

bool is_sticky(const std::string& assignor) {
  return assignor == "uniform" || assignor == "sticky" || assignor == "cooperative-sticky";
}

class Forecaster {
 public:
  Forecaster(const client::GroupInfo& group, const std::vector<client::TopicInfo>& topics,
             const std::map<BrokerId, std::string>& racks);

  Forecast run(const std::string& assignor, const Scenario& scenario);

 private:
  void describe(const client::TopicInfo& topic, const std::map<BrokerId, std::string>& racks);
  Subscriber subscriber(const client::GroupMember& member) const;
  void remove(const MemberId& member, Forecast& to);
  Target assign(const std::string& assignor) const;

  const client::GroupInfo& group_;
  AssignmentTask task_;
  std::map<TopicName, TopicId> ids_;
  std::map<TopicId, TopicName> names_;
  std::vector<TopicId> by_name_;
};

std::size_t count_of(const group::Assigned& assigned) {
  std::size_t count = 0;
  for (const auto& [topic, partitions] : assigned) count += partitions.size();
  return count;
}

// What a member wants to read: by name, and, of a pattern, what it has been given by it.
std::set<TopicName> wishes(const client::GroupMember& member) {
  std::set<TopicName> all(member.topics.begin(), member.topics.end());
  for (const TopicPartition& one : member.assignment) all.insert(one.topic);
  if (member.target) {
    for (const TopicPartition& one : *member.target) all.insert(one.topic);
  }
  return all;
}

Forecaster::Forecaster(const client::GroupInfo& group, const std::vector<client::TopicInfo>& topics,
                       const std::map<BrokerId, std::string>& racks)
    : group_(group) {
  std::set<TopicName> wanted;
  for (const client::GroupMember& member : group.members) wanted.merge(wishes(member));
  for (const client::TopicInfo& topic : topics) {
    if (wanted.contains(topic.name)) describe(topic, racks);
  }
  for (const client::GroupMember& member : group.members) {
    task_.members.push_back(subscriber(member));
  }
}

void Forecaster::describe(const client::TopicInfo& topic,
                          const std::map<BrokerId, std::string>& racks) {
  TopicId id = topic.id;
  if (id.value.is_zero()) {  // A cluster too old for ids: any that differ will do.
    id.value.bytes.back() = static_cast<std::byte>(ids_.size() + 1);
    id.value.bytes.front() = static_cast<std::byte>((ids_.size() + 1) >> 8);
  }
  ids_[topic.name] = id;
  names_[id] = topic.name;
  by_name_.push_back(id);  // They come by name.
  group::TopicShape shape{.partitions = static_cast<std::int32_t>(topic.partitions.size())};
  for (const client::Partition& partition : topic.partitions) {
    std::set<std::string> of_replicas;
    for (const BrokerId replica : partition.replicas) {
      const auto rack = racks.find(replica);
      if (rack != racks.end()) of_replicas.insert(rack->second);
    }
    shape.racks.push_back(std::move(of_replicas));
  }
  task_.topics[id] = std::move(shape);
}

Subscriber Forecaster::subscriber(const client::GroupMember& member) const {
  Subscriber made{.id = member.id, .instance = member.instance, .rack = member.rack};
  for (const TopicName& topic : wishes(member)) {
    if (const auto id = ids_.find(topic); id != ids_.end()) made.topics.insert(id->second);
  }
  for (const TopicPartition& one : member.assignment) {
    if (const auto id = ids_.find(one.topic); id != ids_.end()) {
      made.has[id->second].push_back(one.partition);
    }
  }
  for (auto& [topic, partitions] : made.has) std::ranges::sort(partitions);
  return made;
}

void Forecaster::remove(const MemberId& member, Forecast& to) {
  to.gone.push_back(member);
  std::erase_if(task_.members, [&](const Subscriber& one) { return one.id == member; });
}

Target Forecaster::assign(const std::string& assignor) const {
  if (is_sticky(assignor)) return assign_uniform(task_);
  if (assignor == "roundrobin") return round_robin(task_, by_name_);
  return group_.type == "classic" ? classic_range(task_) : assign_range(task_);
}

Forecast Forecaster::run(const std::string& assignor, const Scenario& scenario) {
  Forecast result{.assignor = assignor};
  const Target before = held(task_);
  std::set<TopicId> all_topics;
  for (const auto& [id, shape] : task_.topics) {
    all_topics.insert(id);
    result.partitions += static_cast<std::size_t>(shape.partitions);
  }
  for (const MemberId& member : scenario.without) remove(member, result);
  for (int i = 0; i < scenario.go; ++i) {
    const auto most = std::ranges::max_element(
        task_.members, {}, [](const Subscriber& one) { return count_of(one.has); });
    remove(MemberId{most->id}, result);
  }
  for (int i = 1; i <= scenario.come; ++i) {
    const MemberId id{fmt::format("new-{}", i)};
    task_.members.push_back({.id = id, .topics = all_topics});
    result.came.push_back(id);
  }
  const Target after = assign(assignor);
  for (const group::Move& move : group::moves_between(before, after)) {
    result.moves.push_back({{names_.at(move.topic), move.partition}, move.from, move.to});
  }
  std::ranges::sort(result.moves, {}, &ForecastMove::partition);
  for (const auto& [member, assigned] : before) result.before[member] = count_of(assigned);
  for (const auto& [member, assigned] : after) result.after[member] = count_of(assigned);
  return result;
}

}  // namespace

std::vector<std::string> known_assignors() {
  return {"uniform", "range", "sticky", "cooperative-sticky", "roundrobin"};
}

Result<Forecast> forecast(const client::GroupInfo& group,
                          const std::vector<client::TopicInfo>& topics,
                          const std::map<BrokerId, std::string>& racks, const std::string& assignor,
                          const Scenario& scenario) {
  const std::vector<std::string> known = known_assignors();
  if (std::ranges::find(known, assignor) == known.end()) {
    return fail(ErrorCode::InvalidRequest,
                fmt::format("the group's assignor '{}' is not known here\nTry one with --assignor: "
                            "{}",
                            assignor, fmt::join(known, ", ")));
  }
  const auto gone = scenario.without.size() + static_cast<std::size_t>(scenario.go);
  if (gone > group.members.size()) {
    return fail(ErrorCode::InvalidRequest, fmt::format("group '{}' has {} members, so {} cannot go",
                                                       group.id.value, group.members.size(), gone));
  }
  return Forecaster(group, topics, racks).run(assignor, scenario);
}

}  // namespace app

#include "group/assignment_board.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace group {
namespace {

using TopicNumber = std::uint32_t;
using TopicNumbers = std::vector<TopicNumber>;
using RackNumbers = std::unordered_map<std::string_view, RackNumber>;

// Both are sorted, so one walk finds the topics that are there.
TopicNumbers numbers_of(const std::set<TopicId>& wanted, const std::vector<Board::Topic>& topics) {
  TopicNumbers numbers;
  std::size_t at = 0;
  for (const TopicId& id : wanted) {
    while (at < topics.size() && topics[at].id < id) ++at;
    if (at == topics.size()) break;
    if (topics[at].id == id) numbers.push_back(static_cast<TopicNumber>(at));
  }
  return numbers;
}

// Subscriptions are few, however many members there are: each is looked at once.
class Subscriptions {
 public:
  // The number of a set of topics.
  std::size_t add(const std::set<TopicId>& wanted, const std::vector<Board::Topic>& topics) {
    if (last_ && *last_ == wanted) return last_number_;
    const auto known = numbers_.try_emplace(numbers_of(wanted, topics), numbers_.size());
    last_ = &wanted;
    last_number_ = known.first->second;
    return last_number_;
  }
  std::vector<const TopicNumbers*> all() const {
    std::vector<const TopicNumbers*> lists(numbers_.size());
    for (const auto& [list, number] : numbers_) lists[number] = &list;
    return lists;
  }

 private:
  std::map<TopicNumbers, std::size_t> numbers_;
  const std::set<TopicId>* last_ = nullptr;
  std::size_t last_number_ = 0;
};

// Which members subscribe to each topic; topics without any lose their place on the board.
void find_audiences(Board& board, const std::vector<std::size_t>& subscription_of,
                    const std::vector<const TopicNumbers*>& subscriptions) {
  // An audience follows from which subscriptions have the topic.
  std::vector<std::vector<std::size_t>> having(board.topics.size());
  for (std::size_t number = 0; number < subscriptions.size(); ++number) {
    for (const TopicNumber topic : *subscriptions[number]) having[topic].push_back(number);
  }
  std::map<std::vector<std::size_t>, std::uint32_t> known;
  for (std::size_t topic = 0; topic < board.topics.size(); ++topic) {
    if (having[topic].empty()) continue;
    const auto at =
        known.try_emplace(having[topic], static_cast<std::uint32_t>(board.audiences.size()));
    board.topics[topic].subscribers = at.first->second;
    if (!at.second) continue;
    std::vector<bool> has(subscriptions.size());
    for (const std::size_t number : having[topic]) has[number] = true;
    std::vector<MemberNumber>& audience = board.audiences.emplace_back();
    for (MemberNumber member = 0; member < board.members.size(); ++member) {
      if (has[subscription_of[member]]) audience.push_back(member);
    }
  }
  std::size_t kept = 0;
  for (std::size_t topic = 0; topic < board.topics.size(); ++topic) {
    if (having[topic].empty()) continue;
    if (kept != topic) board.topics[kept] = std::move(board.topics[topic]);
    ++kept;
  }
  board.topics.resize(kept);
}

RackNumbers number_racks(Board& board) {
  RackNumbers numbers;
  for (const Subscriber* member : board.members) {
    RackNumber number = kNoRack;
    if (member->rack) {
      number =
          numbers.try_emplace(*member->rack, static_cast<RackNumber>(numbers.size())).first->second;
    }
    board.rack_of.push_back(number);
  }
  board.racks = static_cast<RackNumber>(numbers.size());
  return numbers;
}

void place_racks(Board::Topic& topic, const RackNumbers& numbers) {
  if (numbers.empty() || topic.shape->racks.empty()) return;
  topic.rack_at.push_back(0);
  for (std::size_t partition = 0; partition < topic.owners.size(); ++partition) {
    if (partition < topic.shape->racks.size()) {
      for (const std::string& rack : topic.shape->racks[partition]) {
        const auto at = numbers.find(rack);
        if (at != numbers.end()) topic.rack_list.push_back(at->second);
      }
    }
    topic.rack_at.push_back(static_cast<std::uint32_t>(topic.rack_list.size()));
  }
}

// Two members should never have the same partition; if they do, the first keeps it.
void place_owners(Board& board) {
  for (MemberNumber member = 0; member < board.members.size(); ++member) {
    for (const auto& [id, partitions] : board.members[member]->has) {
      const auto topic = std::ranges::lower_bound(board.topics, id, {}, &Board::Topic::id);
      if (topic == board.topics.end() || topic->id != id) continue;
      if (!board.members[member]->topics.contains(id)) continue;
      for (const PartitionIndex index : partitions) {
        const auto at = static_cast<std::size_t>(index.value);
        if (index.value < 0 || at >= topic->owners.size()) continue;
        if (topic->owners[at] == kNobody) topic->owners[at] = member;
      }
    }
  }
}

}  // namespace

std::span<const RackNumber> Board::Topic::racks(std::size_t partition) const {
  if (rack_at.empty()) return {};
  return std::span(rack_list).subspan(rack_at[partition],
                                      rack_at[partition + 1] - rack_at[partition]);
}

bool Board::Topic::in_rack(std::size_t partition, RackNumber rack) const {
  const std::span<const RackNumber> all = racks(partition);
  return std::ranges::find(all, rack) != all.end();
}

Board make_board(const AssignmentTask& task) {
  Board board;
  for (const Subscriber& member : task.members) board.members.push_back(&member);
  std::ranges::sort(board.members, {}, &Subscriber::id);
  for (const auto& [id, shape] : task.topics) {
    if (shape.partitions > 0) board.topics.push_back({.id = id, .shape = &shape});
  }

  Subscriptions subscriptions;
  std::vector<std::size_t> subscription_of;
  for (const Subscriber* member : board.members) {
    subscription_of.push_back(subscriptions.add(member->topics, board.topics));
  }
  find_audiences(board, subscription_of, subscriptions.all());

  const RackNumbers racks = number_racks(board);
  for (Board::Topic& topic : board.topics) {
    topic.owners.assign(static_cast<std::size_t>(topic.shape->partitions), kNobody);
    place_racks(topic, racks);
  }
  place_owners(board);
  return board;
}

Target to_target(const Board& board) {
  Target target;
  std::vector<Assigned*> of;
  of.reserve(board.members.size());
  for (const Subscriber* member : board.members) {
    of.push_back(&target.try_emplace(target.end(), member->id)->second);
  }
  for (const Board::Topic& topic : board.topics) {
    for (std::size_t partition = 0; partition < topic.owners.size(); ++partition) {
      if (topic.owners[partition] == kNobody) continue;
      Assigned& assigned = *of[topic.owners[partition]];
      const auto at = assigned.try_emplace(assigned.end(), topic.id);
      at->second.emplace_back(static_cast<std::int32_t>(partition));
    }
  }
  return target;
}

}  // namespace group

#include <algorithm>
#include <queue>
#include <ranges>
#include <tuple>
#include <utility>

#include "group/assignment_board.h"

namespace group {
namespace {

struct Place {
  Board::Topic* topic;
  std::size_t partition;

  MemberNumber& owner() const { return topic->owners[partition]; }
  std::span<const RackNumber> racks() const { return topic->racks(partition); }
};

std::vector<std::size_t> count_loads(const Board& board) {
  std::vector<std::size_t> loads(board.members.size());
  for (const Board::Topic& topic : board.topics) {
    for (const MemberNumber owner : topic.owners) {
      if (owner != kNobody) ++loads[owner];
    }
  }
  return loads;
}

// Members with the least, or the most, loaded on top, the first of them where several are equal.
// A member whose load has changed is pushed again; what was said of it before is passed over.
template <class Order>
class ByLoad {
 public:
  explicit ByLoad(const std::vector<std::size_t>& loads) : loads_(&loads) {}

  void push(MemberNumber member) { queue_.push({(*loads_)[member], member}); }
  void pop() { queue_.pop(); }
  // kNobody where there is none.
  MemberNumber top() {
    while (!queue_.empty() && queue_.top().first != (*loads_)[queue_.top().second]) queue_.pop();
    return queue_.empty() ? kNobody : queue_.top().second;
  }

 private:
  using Entry = std::pair<std::size_t, MemberNumber>;
  struct After {
    bool operator()(const Entry& a, const Entry& b) const {
      if (a.first != b.first) return Order{}(b.first, a.first);
      return a.second > b.second;
    }
  };
  const std::vector<std::size_t>* loads_;
  std::priority_queue<Entry, std::vector<Entry>, After> queue_;
};
using LeastLoaded = ByLoad<std::less<>>;
using MostLoaded = ByLoad<std::greater<>>;

// All members subscribe to the same topics, so everyone's share is known beforehand: the same for
// all, and for some one more. Members keep what they have up to their share, and the rest is dealt
// out, first to those who are near.
class EqualShares {
 public:
  explicit EqualShares(Board& board)
      : board_(board), audience_(board.audiences.front()), loads_(count_loads(board)) {
    std::size_t all = 0;
    for (const Board::Topic& topic : board.topics) all += topic.owners.size();
    share_ = all / audience_.size();
    extras_ = all % audience_.size();
  }

  void deal() {
    take_surplus();
    std::vector<Place> left = free_places();
    if (board_.racks > 0) deal_to_near(left);
    deal_to_anyone(left);
  }

 private:
  // Extras are claimed as they are given out.
  bool has_room(MemberNumber member) const {
    return loads_[member] < share_ || (loads_[member] == share_ && extras_ > 0);
  }
  void give(const Place& place, MemberNumber member) {
    place.owner() = member;
    if (loads_[member]++ == share_) --extras_;
  }

  void take_surplus() {
    std::vector<std::vector<Place>> surplus_of(board_.members.size());
    for (const Place& place : places()) {
      if (place.owner() != kNobody && loads_[place.owner()] > share_) {
        surplus_of[place.owner()].push_back(place);
      }
    }
    for (const MemberNumber member : audience_) {
      if (loads_[member] <= share_) continue;
      std::size_t keeps = share_;
      if (extras_ > 0) {
        ++keeps;
        --extras_;
      }
      loads_[member] = keeps;
      take_all_but(keeps, member, surplus_of[member]);
    }
  }

  // What is near stays, and of each topic some: one topic may be all the work there is.
  void take_all_but(std::size_t keeps, MemberNumber member, std::vector<Place>& places) const {
    std::ranges::sort(places, {}, [this, member](const Place& place) {
      return std::tuple(!board_.is_near(*place.topic, place.partition, member), place.partition,
                        place.topic);
    });
    for (std::size_t i = keeps; i < places.size(); ++i) places[i].owner() = kNobody;
  }

  std::vector<Place> places() {
    std::vector<Place> all;
    for (Board::Topic& topic : board_.topics) {
      for (std::size_t i = 0; i < topic.owners.size(); ++i) all.push_back({&topic, i});
    }
    return all;
  }
  std::vector<Place> free_places() {
    std::vector<Place> all = places();
    std::erase_if(all, [](const Place& place) { return place.owner() != kNobody; });
    return all;
  }

  // Partitions with the fewest racks choose first.
  void deal_to_near(std::vector<Place>& left) {
    std::vector<LeastLoaded> in_rack(board_.racks, LeastLoaded(loads_));
    for (const MemberNumber member : audience_) {
      const RackNumber rack = board_.rack_of[member];
      if (rack != kNoRack && has_room(member)) in_rack[rack].push(member);
    }
    std::vector<Place> choosy = left;
    std::ranges::sort(choosy, {}, [](const Place& place) {
      return std::tuple(place.racks().size(), place.topic, place.partition);
    });
    for (const Place& place : choosy) {
      const MemberNumber member = least_loaded_near(place, in_rack);
      if (member == kNobody) continue;
      give(place, member);
      in_rack[board_.rack_of[member]].push(member);
    }
    std::erase_if(left, [](const Place& place) { return place.owner() != kNobody; });
  }

  MemberNumber least_loaded_near(const Place& place, std::vector<LeastLoaded>& in_rack) const {
    MemberNumber best = kNobody;
    for (const RackNumber rack : place.racks()) {
      while (in_rack[rack].top() != kNobody && !has_room(in_rack[rack].top())) in_rack[rack].pop();
      const MemberNumber member = in_rack[rack].top();
      if (member == kNobody) continue;
      if (best == kNobody || loads_[member] < loads_[best]) best = member;
    }
    return best;
  }

  // One partition after the other to the next member, so that each topic is spread over many.
  void deal_to_anyone(const std::vector<Place>& left) {
    LeastLoaded queue(loads_);
    for (const MemberNumber member : audience_) queue.push(member);
    for (const Place& place : left) {
      while (!has_room(queue.top())) queue.pop();
      const MemberNumber member = queue.top();
      give(place, member);
      queue.push(member);
    }
  }

  Board& board_;
  const std::vector<MemberNumber>& audience_;
  std::vector<std::size_t> loads_;
  std::size_t share_ = 0;
  std::size_t extras_ = 0;  // How many members may have one more.
};

// Members subscribe to different topics. Free partitions go to the least loaded subscribers, those
// of topics with few subscribers first; then the topics are evened out in turn, until none of them
// has anything to even out.
class MixedShares {
 public:
  explicit MixedShares(Board& board) : board_(board), loads_(count_loads(board)) {}

  void deal() {
    std::vector<Board::Topic*> topics;
    for (Board::Topic& topic : board_.topics) topics.push_back(&topic);
    std::ranges::sort(topics, [this](const Board::Topic* a, const Board::Topic* b) {
      // a / b > c / d, without fractions.
      const std::size_t left = a->owners.size() * audience(*b).size();
      const std::size_t right = b->owners.size() * audience(*a).size();
      return left != right ? left > right : a < b;
    });
    for (Board::Topic* topic : topics) deal_free(*topic);
    // Members may be chained to each other by what they subscribe to, so that evening out one topic
    // upsets the next. Each round takes most of what is left; in practice two or three do.
    constexpr int kMostRounds = 32;
    for (int round = 0; round < kMostRounds; ++round) {
      std::size_t moved = 0;
      for (Board::Topic* topic : topics) moved += even_out(*topic);
      if (moved == 0) break;
    }
  }

 private:
  const std::vector<MemberNumber>& audience(const Board::Topic& topic) const {
    return board_.audiences[topic.subscribers];
  }

  void deal_free(Board::Topic& topic) {
    if (std::ranges::find(topic.owners, kNobody) == topic.owners.end()) return;
    LeastLoaded anyone(loads_);
    std::vector<LeastLoaded> in_rack(topic.rack_at.empty() ? 0 : board_.racks, LeastLoaded(loads_));
    const auto queue = [&](MemberNumber member) {
      anyone.push(member);
      const RackNumber rack = board_.rack_of[member];
      if (rack < in_rack.size()) in_rack[rack].push(member);
    };
    for (const MemberNumber member : audience(topic)) queue(member);
    for (std::size_t i = 0; i < topic.owners.size(); ++i) {
      if (topic.owners[i] != kNobody) continue;
      MemberNumber chosen = anyone.top();
      for (const RackNumber rack : topic.racks(i)) {
        const MemberNumber near = in_rack[rack].top();
        if (near == kNobody || loads_[near] != loads_[chosen]) continue;
        chosen = near;
        break;
      }
      topic.owners[i] = chosen;
      ++loads_[chosen];
      queue(chosen);
    }
  }

  bool is_even(const Board::Topic& topic) const {
    const auto load = [this](MemberNumber member) { return loads_[member]; };
    return std::ranges::max(topic.owners | std::views::transform(load)) <
           std::ranges::min(audience(topic) | std::views::transform(load)) + 2;
  }

  // Moves partitions while a subscriber has two less than an owner. How many were moved.
  std::size_t even_out(Board::Topic& topic) {
    if (is_even(topic)) return 0;
    std::map<MemberNumber, std::vector<std::size_t>> owned;
    for (std::size_t i = 0; i < topic.owners.size(); ++i) owned[topic.owners[i]].push_back(i);
    MostLoaded owners(loads_);
    for (const auto& [member, partitions] : owned) owners.push(member);
    LeastLoaded takers(loads_);
    for (const MemberNumber member : audience(topic)) takers.push(member);

    std::size_t moved = 0;
    while (true) {
      const MemberNumber from = owners.top();
      const MemberNumber to = takers.top();
      if (from == kNobody || loads_[from] < loads_[to] + 2) return moved;
      std::vector<std::size_t>& theirs = owned[from];
      if (theirs.empty()) {
        owners.pop();
        continue;
      }
      const std::size_t partition = take_one(topic, theirs, from, to);
      topic.owners[partition] = to;
      owned[to].push_back(partition);
      --loads_[from];
      ++loads_[to];
      for (const MemberNumber member : {from, to}) {
        owners.push(member);
        takers.push(member);
      }
      ++moved;
    }
  }

  // One that is the better off for it, if there is one among the last; else the last.
  std::size_t take_one(const Board::Topic& topic, std::vector<std::size_t>& theirs,
                       MemberNumber from, MemberNumber to) const {
    constexpr std::size_t kLookAt = 100;  // An owner of thousands is not searched for each of them.
    const auto last = std::span(theirs).last(std::min(theirs.size(), kLookAt));
    const auto nearer = std::ranges::find_if(last, [&](std::size_t partition) {
      return board_.is_near(topic, partition, to) && !board_.is_near(topic, partition, from);
    });
    std::size_t& chosen = nearer == last.end() ? theirs.back() : *nearer;
    const std::size_t partition = std::exchange(chosen, theirs.back());
    theirs.pop_back();
    return partition;
  }

  Board& board_;
  std::vector<std::size_t> loads_;
};

}  // namespace

Target assign_uniform(const AssignmentTask& task) {
  Board board = make_board(task);
  if (board.audiences.size() == 1) EqualShares(board).deal();
  if (board.audiences.size() > 1) MixedShares(board).deal();
  return to_target(board);
}

}  // namespace group

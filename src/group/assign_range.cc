#include <algorithm>
#include <tuple>

#include "group/assignment_board.h"

namespace group {
namespace {

using SeatNumber = std::uint32_t;

// The topics with the same subscribers, cut into one range for each: seat 0 has the first range of
// every topic, seat 1 the second. What is to be found is who sits where.
class Row {
 public:
  Row(Board& board, std::uint32_t audience)
      : board_(board), audience_(board.audiences[audience]), seats_(audience_.size(), kNobody) {
    for (Board::Topic& topic : board.topics) {
      if (topic.subscribers == audience) topics_.push_back(&topic);
    }
  }

  void assign() {
    seat_members_with_instance();
    seat_where_they_were();
    if (board_.racks > 0) seat_near();
    seat_rest();
    for (Board::Topic* topic : topics_) {
      for (std::size_t i = 0; i < topic->owners.size(); ++i) {
        topic->owners[i] = seats_[seat_of(*topic, i)];
      }
    }
  }

 private:
  // A member and a seat, and how many partitions speak for it.
  struct Fit {
    std::size_t partitions;
    SeatNumber seat;
    std::uint32_t who;  // A member or a rack.
  };

  // The first seats of a topic have one partition more where it cannot be cut evenly.
  SeatNumber seat_of(const Board::Topic& topic, std::size_t partition) const {
    const std::size_t each = topic.owners.size() / seats_.size();
    const std::size_t longer = topic.owners.size() % seats_.size();
    if (partition < longer * (each + 1)) return static_cast<SeatNumber>(partition / (each + 1));
    return static_cast<SeatNumber>(longer + (partition - longer * (each + 1)) / each);
  }

  void sit(MemberNumber member, SeatNumber seat) {
    seats_[seat] = member;
    std::erase(standing_, member);
  }

  void seat_members_with_instance() {
    std::vector<MemberNumber> fixed;
    for (const MemberNumber member : audience_) {
      (board_.members[member]->instance ? fixed : standing_).push_back(member);
    }
    std::ranges::sort(fixed, {}, [this](MemberNumber member) {
      return std::tie(*board_.members[member]->instance, board_.members[member]->id);
    });
    std::ranges::copy(fixed, seats_.begin());
  }

  void seat_where_they_were() {
    std::map<std::pair<MemberNumber, SeatNumber>, std::size_t> had;
    for (const Board::Topic* topic : topics_) {
      for (std::size_t i = 0; i < topic->owners.size(); ++i) {
        if (topic->owners[i] != kNobody) ++had[{topic->owners[i], seat_of(*topic, i)}];
      }
    }
    std::vector<Fit> fits;
    for (const auto& [pair, partitions] : had)
      fits.push_back({partitions, pair.second, pair.first});
    best_first(fits);
    std::vector<bool> stands(board_.members.size());
    for (const MemberNumber member : standing_) stands[member] = true;
    for (const Fit& fit : fits) {
      if (seats_[fit.seat] != kNobody || !stands[fit.who]) continue;
      seats_[fit.seat] = fit.who;
      stands[fit.who] = false;
    }
    std::erase_if(standing_, [&](MemberNumber member) { return !stands[member]; });
  }

  void seat_near() {
    std::map<std::pair<RackNumber, SeatNumber>, std::size_t> near;
    for (const Board::Topic* topic : topics_) {
      for (std::size_t i = 0; i < topic->owners.size(); ++i) {
        const SeatNumber seat = seat_of(*topic, i);
        if (seats_[seat] != kNobody) continue;
        for (const RackNumber rack : topic->racks(i)) ++near[{rack, seat}];
      }
    }
    std::vector<Fit> fits;
    for (const auto& [pair, partitions] : near) {
      fits.push_back({partitions, pair.second, pair.first});
    }
    best_first(fits);
    std::vector<std::vector<MemberNumber>> in_rack(board_.racks);
    for (const MemberNumber member : standing_) {
      if (board_.rack_of[member] != kNoRack) in_rack[board_.rack_of[member]].push_back(member);
    }
    for (std::vector<MemberNumber>& members : in_rack) std::ranges::reverse(members);
    for (const Fit& fit : fits) {
      if (seats_[fit.seat] != kNobody || in_rack[fit.who].empty()) continue;
      sit(in_rack[fit.who].back(), fit.seat);
      in_rack[fit.who].pop_back();
    }
  }

  void seat_rest() {
    auto next = standing_.begin();
    for (MemberNumber& seat : seats_) {
      if (seat == kNobody) seat = *next++;
    }
  }

  static void best_first(std::vector<Fit>& fits) {
    std::ranges::sort(fits, [](const Fit& a, const Fit& b) {
      return std::tie(b.partitions, a.seat, a.who) < std::tie(a.partitions, b.seat, b.who);
    });
  }

  Board& board_;
  const std::vector<MemberNumber>& audience_;
  std::vector<Board::Topic*> topics_;
  std::vector<MemberNumber> seats_;     // Who sits in each.
  std::vector<MemberNumber> standing_;  // Who has none yet.
};

}  // namespace

Target assign_range(const AssignmentTask& task) {
  Board board = make_board(task);
  for (std::uint32_t audience = 0; audience < board.audiences.size(); ++audience) {
    Row(board, audience).assign();
  }
  return to_target(board);
}

}  // namespace group

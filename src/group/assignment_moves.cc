#include "group/assignment_moves.h"

namespace group {

std::vector<Move> moves_between(const Target& before, const Target& after) {
  std::map<std::pair<TopicId, PartitionIndex>, Move> all;
  const auto visit = [&all](const Target& target, std::optional<MemberId> Move::* side) {
    for (const auto& [member, assigned] : target) {
      for (const auto& [topic, partitions] : assigned) {
        for (const PartitionIndex partition : partitions) {
          const auto at =
              all.try_emplace({topic, partition}, Move{.topic = topic, .partition = partition});
          at.first->second.*side = member;
        }
      }
    }
  };
  visit(before, &Move::from);
  visit(after, &Move::to);
  std::vector<Move> moves;
  for (auto& [place, move] : all) {
    if (move.from != move.to) moves.push_back(std::move(move));
  }
  return moves;
}

Target held(const AssignmentTask& task) {
  Target target;
  for (const Subscriber& member : task.members) target[member.id] = member.has;
  return target;
}

}  // namespace group

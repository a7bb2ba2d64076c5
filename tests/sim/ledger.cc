#include "ledger.h"

#include <algorithm>

namespace simulation {
namespace {

std::string place(int partition) { return "partition " + std::to_string(partition); }

}  // namespace

void Ledger::own(const std::string& member, std::int32_t generation,
                 const std::set<int>& partitions) {
  newest_ = std::max(newest_, generation);
  owned_[member] = {generation, partitions};
  for (const int partition : partitions) {
    newest_of_[partition] = std::max(newest_of_[partition], generation);
    const auto [owner, fresh] = owners_.try_emplace({generation, partition}, member);
    if (fresh || owner->second == member) continue;
    history_.contradict(place(partition) + " is owned by " + owner->second + " and by " + member +
                        " in generation " + std::to_string(generation));
  }
}

SentCommit Ledger::send(const std::string& member, std::int32_t generation, int partition,
                        Offset offset) {
  in_doubt_[partition].emplace(generation, offset);
  return {member, partition, offset, generation, newest_of_[partition]};
}

void Ledger::acknowledge(const SentCommit& commit) {
  if (commit.newest > commit.generation) {
    history_.contradict(commit.member + " committed for " + place(commit.partition) +
                        " in generation " + std::to_string(commit.generation) +
                        ", when it was owned in generation " + std::to_string(commit.newest));
  }
  Committed& last = committed_[commit.partition];
  if (commit.generation >= last.generation) last = {commit.generation, commit.offset};
  InDoubt& doubts = in_doubt_[commit.partition];
  doubts.erase({commit.generation, commit.offset});
  doubts.erase(doubts.begin(), doubts.lower_bound({last.generation, Offset{-1}}));
}

Offset Ledger::floor(int partition) const {
  const auto found = committed_.find(partition);
  return found == committed_.end() ? Offset{-1} : found->second.offset;
}

void Ledger::read_back(int partition, Offset floor, Offset found) {
  if (found >= floor) return;
  for (const auto& [generation, offset] : in_doubt_[partition]) {
    if (offset == found) return;
  }
  history_.contradict("the group committed " + std::to_string(floor.value) + " for " +
                      place(partition) + " and reads back " + std::to_string(found.value));
}

std::vector<int> Ledger::unowned(int partitions) const {
  std::set<int> owned;
  for (const auto& [member, work] : owned_) {
    if (work.generation == newest_) owned.insert(work.partitions.begin(), work.partitions.end());
  }
  std::vector<int> left;
  for (int partition = 0; partition < partitions; ++partition) {
    if (!owned.contains(partition)) left.push_back(partition);
  }
  return left;
}

}  // namespace simulation

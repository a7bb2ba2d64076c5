#include "group/assign_share.h"

#include <algorithm>

namespace group {
namespace {

// One topic, as it is shared out.
class TopicShares {
 public:
  TopicShares(const std::vector<PartitionIndex>& partitions, std::vector<const MemberId*> members)
      : partitions_(partitions), members_(std::move(members)), given_(members_.size()) {
    const std::size_t most = std::max<std::size_t>(1, members_.size());
    readers_.resize(partitions.size());
    sharing_ = (most + partitions.size() - 1) / partitions.size();
    // Slots go around by rounding up, so that each subscriber has its share and all are given.
    const std::size_t slots = sharing_ * partitions.size();
    std::size_t so_far = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const std::size_t upto = ((i + 1) * slots + members_.size() - 1) / members_.size();
      wanted_.push_back(upto - so_far);
      so_far = upto;
    }
  }

  // Leaves a member what it has, as far as there is room.
  void keep(std::size_t member, const std::vector<PartitionIndex>& has) {
    for (const PartitionIndex partition : has) {
      const auto at = std::ranges::lower_bound(partitions_, partition);
      if (at == partitions_.end() || *at != partition) continue;
      give(member, static_cast<std::size_t>(at - partitions_.begin()));
    }
  }

  // Gives partitions that have the fewest readers to members that lack some, one after another.
  void fill() {
    for (std::size_t round = 0; round < sharing_; ++round) {
      std::size_t next = 0;
      for (std::size_t p = 0; p < partitions_.size(); ++p) {
        if (readers_[p] > round) continue;
        for (std::size_t tries = 0; tries < members_.size(); ++tries) {
          const std::size_t member = (next + tries) % members_.size();
          if (!give(member, p)) continue;
          next = member + 1;
          break;
        }
      }
    }
  }

  void put_into(std::map<MemberId, Assigned>& target, const TopicId& topic) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      std::vector<PartitionIndex> given;
      for (const std::size_t p : given_[i]) given.push_back(partitions_[p]);
      add(target[*members_[i]], topic, std::move(given));
    }
  }

 private:
  bool give(std::size_t member, std::size_t partition) {
    if (given_[member].size() >= wanted_[member] || readers_[partition] >= sharing_) return false;
    if (!given_[member].insert(partition).second) return false;
    ++readers_[partition];
    return true;
  }

  const std::vector<PartitionIndex>& partitions_;
  std::vector<const MemberId*> members_;
  std::vector<std::set<std::size_t>> given_;  // By member.
  std::vector<std::size_t> wanted_;           // By member: how many it may have.
  std::vector<std::size_t> readers_;          // By partition: how many members.
  std::size_t sharing_ = 1;                   // How many members a partition may have.
};

}  // namespace

std::map<MemberId, Assigned> assign_share(const ShareTask& task) {
  std::map<MemberId, Assigned> target;
  for (const auto& [id, member] : task.members) target[id];
  for (const auto& [topic, partitions] : task.topics) {
    std::vector<const MemberId*> subscribers;
    for (const auto& [id, member] : task.members) {
      if (member.topics.contains(topic)) subscribers.push_back(&id);
    }
    if (subscribers.empty() || partitions.empty()) continue;
    TopicShares shares(partitions, subscribers);
    for (std::size_t i = 0; i < subscribers.size(); ++i) {
      const Assigned& has = task.members.at(*subscribers[i]).has;
      const auto at = has.find(topic);
      if (at != has.end()) shares.keep(i, at->second);
    }
    shares.fill();
    shares.put_into(target, topic);
  }
  return target;
}

}  // namespace group

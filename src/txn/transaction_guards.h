// Whether a producer's transaction ended while its coordinator was asked about it (KIP-890): then
// what was asked for comes too late, and would be left behind the transaction's own end.
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "base/ids.h"

namespace txn {

// Says that a producer's transaction was asked for and has not ended since: what its coordinator
// of groups writes may open it on a partition. Only a guard gives one.
class Permit {
 private:
  friend class TransactionGuards;
  Permit() = default;
};

class TransactionGuards {
 public:
  class Guard {
   public:
    // None where the transaction has ended. To be used before anything else is waited for.
    std::optional<Permit> permit() const {
      return *ended_ ? std::nullopt : std::optional(Permit());
    }

   private:
    friend class TransactionGuards;
    explicit Guard(std::shared_ptr<const bool> ended) : ended_(std::move(ended)) {}
    std::shared_ptr<const bool> ended_;
  };

  // Before the coordinator is asked. Those who ask at the same time share it.
  Guard begin(ProducerId producer) {
    if (asking_.size() >= prune_at_) prune();
    std::weak_ptr<bool>& known = asking_[producer];
    std::shared_ptr<bool> ended = known.lock();
    if (!ended) known = ended = std::make_shared<bool>(false);
    return Guard(std::move(ended));
  }
  // The producer's transaction has ended.
  void end(ProducerId producer) {
    const auto asking = asking_.extract(producer);
    if (asking.empty()) return;
    if (const auto ended = asking.mapped().lock()) *ended = true;
  }

 private:
  static constexpr std::size_t kFew = 64;
  void prune() {
    std::erase_if(asking_, [](const auto& one) { return one.second.expired(); });
    prune_at_ = std::max(kFew, 2 * asking_.size());
  }

  std::map<ProducerId, std::weak_ptr<bool>> asking_;
  std::size_t prune_at_ = kFew;
};

}  // namespace txn

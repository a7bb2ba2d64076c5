// What a disk did not take, of each producer the first batch: it has to come again before any that
// follows it.
//
// A batch whose forerunner the disk did not take is refused for the disk's sake too: its producer
// then sends both again as they are, and in their order. Told that it is out of order, it would
// number anew all that it has under way, and what was written already would be there twice. Taken,
// because nothing else is known of its producer, it would leave the other out of order for good.
#pragma once
#include <map>

#include "txn/producers.h"

namespace broker {

class OwedBatches {
 public:
  // Whether another has to come before this one; what is in the log already need not wait.
  bool precede(const txn::BatchFacts& batch, const txn::Producers& producers) const {
    const auto owed = owed_.find(batch.producer);
    if (owed == owed_.end() || batch.epoch != owed->second.epoch) return false;
    if (batch.first == owed->second.first) return false;
    const auto verdict = txn::check(producers, batch);
    return !verdict || !std::holds_alternative<txn::Duplicate>(*verdict);
  }

  void refused(const txn::BatchFacts& batch) {
    if (batch.producer == kNoProducerId) return;
    // Those that never come back are forgotten together: there are few, on a disk that is failing.
    if (owed_.size() >= kMost) owed_.clear();
    const auto [at, fresh] = owed_.try_emplace(batch.producer, batch);
    if (batch.epoch > at->second.epoch) at->second = batch;  // The producer began anew.
  }
  // The producer's batch was taken, or its transaction has ended: what belonged to it does not come
  // again.
  void settle(ProducerId producer) { owed_.erase(producer); }

 private:
  static constexpr std::size_t kMost = 10'000;
  std::map<ProducerId, txn::BatchFacts> owed_;
};

}  // namespace broker

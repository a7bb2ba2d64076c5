#include "txn/verification.h"

namespace txn {

Guard Verifications::begin(const Unverified& batch, Timestamp now) {
  const auto [at, fresh] = asking_.try_emplace(batch.producer);
  Verification& asking = at->second;
  if (fresh) {
    last_ = Guard{last_.value + 1};
    asking = {.guard = last_,
              .epoch = batch.epoch,
              .lowest = batch.first,
              .epoch_per_transaction = batch.epoch_per_transaction,
              .began = now};
  } else if (batch.epoch > asking.epoch) {
    asking.epoch = batch.epoch;
    asking.lowest = batch.first;
    asking.epoch_per_transaction = batch.epoch_per_transaction;
  } else if (batch.epoch == asking.epoch && batch.first < asking.lowest) {
    asking.lowest = batch.first;
  }
  return asking.guard;
}

const Verification* Verifications::find(ProducerId producer) const {
  const auto at = asking_.find(producer);
  return at == asking_.end() ? nullptr : &at->second;
}

void Verifications::expire(Timestamp now, Millis idle) {
  std::erase_if(asking_, [&](const auto& entry) {
    return now.value - entry.second.began.value >= idle.count();
  });
}

}  // namespace txn

// The last batches of a producer, oldest first: at most kBatchesKept, held in place, since a broker
// has a hundred thousand of these.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/ids.h"
#include "base/time.h"

namespace txn {

// Numbers a producer's records from 0 to 2^31 - 1, then from 0 again.
using Sequence = Named<std::int32_t, struct SequenceTag>;
inline constexpr Sequence kNoSequence{-1};
Sequence add(Sequence from, std::int32_t records);
Sequence subtract(Sequence from, std::int32_t records);

inline constexpr std::size_t kBatchesKept = 5;  // As many as a producer may have in flight.

// A batch that is in the log. Its first sequence follows from the others; batches of a coordinator
// have none.
struct KeptBatch {
  Sequence last_sequence;
  Offset last_offset;
  std::int32_t offset_delta = 0;  // Records after the first.
  Timestamp timestamp = kNoTimestamp;
  bool operator==(const KeptBatch&) const = default;

  Sequence first_sequence() const {
    return last_sequence == kNoSequence ? kNoSequence : subtract(last_sequence, offset_delta);
  }
  Offset first_offset() const { return Offset{last_offset.value - offset_delta}; }
};

class KeptBatches {
 public:
  KeptBatches() = default;
  KeptBatches(std::initializer_list<KeptBatch> batches) {
    for (const KeptBatch& batch : batches) push(batch);
  }

  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  void clear() { count_ = 0; }

  // Forgets the oldest where there are as many as are kept.
  void push(const KeptBatch& batch) {
    if (count_ == kBatchesKept) {
      std::ranges::move(offsets_.begin() + 1, offsets_.end(), offsets_.begin());
      std::ranges::move(times_.begin() + 1, times_.end(), times_.begin());
      std::ranges::move(sequences_.begin() + 1, sequences_.end(), sequences_.begin());
      std::ranges::move(deltas_.begin() + 1, deltas_.end(), deltas_.begin());
      --count_;
    }
    offsets_[count_] = batch.last_offset;
    times_[count_] = batch.timestamp;
    sequences_[count_] = batch.last_sequence;
    deltas_[count_] = batch.offset_delta;
    ++count_;
  }

  KeptBatch at(std::size_t index) const {
    return {sequences_[index], offsets_[index], deltas_[index], times_[index]};
  }
  KeptBatch back() const { return at(count_ - 1U); }

  bool operator==(const KeptBatches& other) const {
    if (count_ != other.count_) return false;
    for (std::size_t i = 0; i < count_; ++i) {
      if (at(i) != other.at(i)) return false;
    }
    return true;
  }

 private:
  std::array<Offset, kBatchesKept> offsets_ = {};
  std::array<Timestamp, kBatchesKept> times_ = {};
  std::array<Sequence, kBatchesKept> sequences_ = {};
  std::array<std::int32_t, kBatchesKept> deltas_ = {};
  std::uint8_t count_ = 0;
};

}  // namespace txn

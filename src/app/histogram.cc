#include "app/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace app {

std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < kPerOctave) return value;
  const int shift = static_cast<int>(std::bit_width(value)) - kBits - 1;
  // The leading bit is always set, so kBits below it tell values of one octave apart.
  return (static_cast<std::size_t>(shift) + 1) * kPerOctave + ((value >> shift) - kPerOctave);
}

std::uint64_t Histogram::highest_in(std::size_t bucket) {
  if (bucket < kPerOctave) return bucket;
  const std::size_t shift = bucket / kPerOctave - 1;
  const std::uint64_t lowest = (kPerOctave + bucket % kPerOctave) << shift;
  return lowest + ((std::uint64_t{1} << shift) - 1);
}

void Histogram::add(std::uint64_t value) {
  ++counts_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

std::uint64_t Histogram::quantile(double share) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= std::max<std::uint64_t>(rank, 1)) return std::min(highest_in(i), max_);
  }
  return max_;
}

}  // namespace app

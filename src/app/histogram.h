// How often which value came up: exact up to 63, above that to within 1.6 percent. Takes no memory
// per value, so a benchmark may run for as long as it likes.
#pragma once
#include <array>
#include <cstdint>

namespace app {

class Histogram {
 public:
  void add(std::uint64_t value);
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

  // The value that `share` of all values do not exceed: quantile(0.99). 0 when there are none.
  std::uint64_t quantile(double share) const;

 private:
  static constexpr int kBits = 6;  // Of a value's leading bits that are kept.
  static constexpr std::size_t kPerOctave = std::size_t{1} << kBits;
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t highest_in(std::size_t bucket);

  std::array<std::uint64_t, (64 - kBits + 1) * kPerOctave> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace app

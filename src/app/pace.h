// Holds something back to so many times a second.
#pragma once
#include <chrono>

#include "base/time.h"

namespace app {

class Pace {
 public:
  // 0: as fast as it goes.
  explicit Pace(double per_second)
      : per_second_(per_second), start_(std::chrono::steady_clock::now()) {}

  // How long until it is the turn of number `n`, counted from 0. Zero or less: now.
  Duration until(std::int64_t n) const {
    if (per_second_ <= 0) return Duration(0);
    const auto turn = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(static_cast<double>(n) / per_second_));
    return turn - (std::chrono::steady_clock::now() - start_);
  }

 private:
  double per_second_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace app

// What a load generator saw, and its one line of JSON.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

struct Outcome {
  std::uint64_t bytes = 0;    // Of values in records that were acknowledged, or that came.
  std::uint64_t records = 0;  // As many.
  std::uint64_t errors = 0;
  std::uint64_t late = 0;  // Of what should have been sent: never was, the broker being too slow.
  std::vector<float> milliseconds;

  // `from` is when it should have been sent, whenever it was: a broker that stalls does not get to
  // stop the clock (coordinated omission).
  void took(Clock::time_point from) {
    milliseconds.push_back(std::chrono::duration<float, std::milli>(Clock::now() - from).count());
  }
};

inline Outcome sum(std::span<const Outcome> outcomes) {
  Outcome all;
  for (const Outcome& one : outcomes) {
    all.bytes += one.bytes;
    all.records += one.records;
    all.errors += one.errors;
    all.late += one.late;
    all.milliseconds.insert(all.milliseconds.end(), one.milliseconds.begin(),
                            one.milliseconds.end());
  }
  std::ranges::sort(all.milliseconds);
  return all;
}

inline float percentile(const std::vector<float>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(sorted.size() - 1, at)];
}

inline void print(const Outcome& all, double seconds) {
  const auto whole = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
  std::printf(R"({"bytes": %llu, "records": %llu, "seconds": %.3f, "answers": %zu, )",
              whole(all.bytes), whole(all.records), seconds, all.milliseconds.size());
  std::printf(R"("errors": %llu, "late": %llu, )", whole(all.errors), whole(all.late));
  std::printf(R"("ms_50": %.3f, "ms_90": %.3f, "ms_99": %.3f, "ms_999": %.3f, "ms_max": %.3f})"
              "\n",
              percentile(all.milliseconds, 0.5), percentile(all.milliseconds, 0.9),
              percentile(all.milliseconds, 0.99), percentile(all.milliseconds, 0.999),
              percentile(all.milliseconds, 1));
}

}  // namespace bench

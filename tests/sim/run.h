// One simulated run: a broker of two shards on one machine, its clients on another, and a bad day.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace simulation {

struct Outcome {
  std::uint64_t hash = 0;  // Of everything that happened: the same for the same seed.
  std::vector<std::string> faults;
  int crashes = 0;
  std::size_t acked = 0;
  std::size_t read = 0;
};

// `settings` are for the broker, as --set takes them: a test weakens it by one, to see that the
// checks find out.
Outcome run(std::uint64_t seed, const std::vector<std::string>& settings = {});

}  // namespace simulation

// thalweg_sim SEED [RUNS]: replays simulated runs, each twice, and closes each with one line.
#include <cstdio>
#include <cstdlib>

#include "run.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: thalweg_sim SEED [RUNS]\n", stderr);
    return 2;
  }
  const std::uint64_t first = std::strtoull(argv[1], nullptr, 10);
  const std::uint64_t runs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  bool well = true;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    simulation::Outcome outcome = simulation::run(seed);
    const simulation::Outcome again = simulation::run(seed);
    if (again.hash != outcome.hash) {
      outcome.faults.push_back("two runs of the seed differ");
    }
    for (const std::string& fault : outcome.faults) std::fprintf(stderr, "  %s\n", fault.c_str());
    std::fprintf(stderr, "  %zu records acknowledged, %zu read, %d crashes\n", outcome.acked,
                 outcome.read, outcome.crashes);
    const bool ok = outcome.faults.empty();
    std::printf("seed %llu hash %016llx %s\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(outcome.hash),
                ok ? "ok" : ("FAILED: " + outcome.faults.front()).c_str());
    std::fflush(stdout);
    well = well && ok;
  }
  return well ? 0 : 1;
}

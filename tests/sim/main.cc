// thalweg_sim: lives through simulated days. Each seed runs twice, and both runs must be the same
// event for event. Standard output is for programs: a line a seed. The rest is for people.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/probe.h"
#include "run.h"

namespace {

using simulation::Outcome;
using simulation::Plan;

struct Wanted {
  std::uint64_t first = 0;
  std::uint64_t runs = 1;
  std::string workload;
  std::vector<std::string> mishaps;
  std::string plant;
  bool diary = false;
  bool marks = false;
  bool once = false;
};

Plan plan_for(std::uint64_t seed, const Wanted& wanted) {
  Plan plan = simulation::draw(seed);
  if (!wanted.workload.empty()) plan.workload = *simulation::find_workload(wanted.workload);
  if (!wanted.mishaps.empty()) {
    plan.mishaps.clear();
    plan.break_one_in = 0;
    for (const std::string& name : wanted.mishaps) {
      plan.mishaps.push_back(*simulation::find_mishap(name));
    }
  }
  return plan;
}

void print_plan(const Plan& plan) {
  fmt::print(stderr, "seed {}: {} ({}), {} shard{}\n", plan.seed, plan.workload->name,
             plan.workload->what, plan.shards, plan.shards == 1 ? "" : "s");
  for (const std::string& setting : plan.broker_settings()) fmt::print(stderr, "  {}\n", setting);
}

// A line that comes again and again is told once, with its number, until something else befalls.
void print_diary(const Outcome& outcome) {
  struct Entry {
    Duration at;
    std::string line;
    int times = 1;
  };
  std::vector<Entry> entries;
  std::map<std::string, std::size_t> since_mishap;
  for (const auto& [at, line] : outcome.diary) {
    if (!line.starts_with(' ')) since_mishap.clear();
    const auto [seen, fresh] = since_mishap.try_emplace(line, entries.size());
    if (fresh) {
      entries.push_back({.at = at, .line = line});
    } else {
      ++entries[seen->second].times;
    }
  }
  for (const Entry& entry : entries) {
    const auto millis = std::chrono::duration_cast<Millis>(entry.at).count();
    const std::string times = entry.times > 1 ? fmt::format("  ({} times)", entry.times) : "";
    fmt::print(stderr, "  {:3}.{:03}  {}{}\n", millis / 1000, millis % 1000, entry.line, times);
  }
}

void print_summary(const Outcome& outcome) {
  const auto line = [](std::string_view label, const std::vector<std::string>& parts) {
    fmt::print(stderr, "  {:<10}{}\n", label, fmt::join(parts, ", "));
  };
  std::vector<std::string> mishaps;
  for (const auto& [mishap, times] : outcome.mishaps) {
    mishaps.push_back(fmt::format("{} {}", times, simulation::info(mishap).name));
  }
  std::vector<std::string> done;
  for (const auto& [activity, times] : outcome.done) {
    done.push_back(fmt::format("{} {}", times, simulation::name_of(activity)));
  }
  line("mishaps", mishaps);
  line("done", done);
  line("records", {fmt::format("{} acknowledged, {} read", outcome.acked, outcome.read)});
  line("world", {fmt::format("{} s of its time, {} events",
                             outcome.lasted / std::chrono::seconds(1), outcome.events)});
  for (const std::string& fault : outcome.faults) fmt::print(stderr, "  FAULT     {}\n", fault);
}

bool live(const Plan& plan, const Wanted& wanted) {
  Outcome outcome = simulation::run(plan);
  if (!wanted.once && simulation::run(plan).hash != outcome.hash) {
    outcome.faults.push_back("two runs of the seed differ");
  }
  const bool well = outcome.faults.empty();
  if (wanted.diary || !well) {
    print_plan(plan);
    print_diary(outcome);
    print_summary(outcome);
  }
  fmt::print("seed {} hash {:016x} {}\n", plan.seed, outcome.hash,
             well ? "ok" : "FAILED: " + outcome.faults.front());
  std::fflush(stdout);
  return well;
}

void list_all() {
  fmt::print("workloads\n");
  for (const auto& one : simulation::workloads()) fmt::print("  {:<20}{}\n", one.name, one.what);
  fmt::print("mishaps\n");
  for (const auto& one : simulation::mishaps()) fmt::print("  {:<20}{}\n", one.name, one.what);
  fmt::print("faults that can be planted\n");
  for (const probe::Point* fault : probe::points(probe::Kind::Fault)) {
    fmt::print("  {}\n", fault->name());
  }
}

std::string refused(const Wanted& wanted) {
  if (!wanted.workload.empty()) {
    const auto found = simulation::find_workload(wanted.workload);
    if (!found) return found.error().detail;
  }
  for (const std::string& name : wanted.mishaps) {
    const auto found = simulation::find_mishap(name);
    if (!found) return found.error().detail;
  }
  if (!probe::plant(wanted.plant)) return "no fault '" + wanted.plant + "'; --list shows them";
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Lives through simulated days of a broker, each drawn from its seed."};
  Wanted wanted;
  bool list = false;
  app.add_option("seed", wanted.first, "The first seed: a number")->type_name("SEED");
  app.add_option("runs", wanted.runs, "How many seeds, from that one on")->type_name("RUNS");
  app.add_option("--workload", wanted.workload, "Instead of the one that the seed draws");
  app.add_option("--mishaps", wanted.mishaps, "Only these, separated by commas")->delimiter(',');
  app.add_option("--plant", wanted.plant, "Plants a fault in the broker: the run should fail");
  app.add_flag("--diary", wanted.diary, "Tells what happened and what the broker said");
  app.add_flag("--marks", wanted.marks, "Tells how often each seldom branch was taken");
  app.add_flag("--once", wanted.once, "Runs each seed once, without comparing");
  app.add_flag("--list", list, "Lists workloads, mishaps and faults that can be planted");
  CLI11_PARSE(app, argc, argv);
  if (list) {
    list_all();
    return 0;
  }
  if (app.count("seed") == 0) {
    fmt::print(stderr, "thalweg_sim: which seed? A number, as in: thalweg_sim 42\n");
    return 2;
  }
  if (const std::string why = refused(wanted); !why.empty()) {
    fmt::print(stderr, "thalweg_sim: {}\n", why);
    return 2;
  }
  bool well = true;
  for (std::uint64_t seed = wanted.first; seed < wanted.first + wanted.runs; ++seed) {
    well = live(plan_for(seed, wanted), wanted) && well;
  }
  if (wanted.marks) {
    for (const probe::Point* mark : probe::points(probe::Kind::Mark)) {
      fmt::print("mark {} {}\n", mark->times.load(), mark->name());
    }
  }
  return well ? 0 : 1;
}

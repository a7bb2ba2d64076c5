#include "run.h"

#include "clients.h"
#include "history.h"
#include "node.h"
#include "sim/world.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBadDay = 20s;

}  // namespace

Outcome run(std::uint64_t seed, const std::vector<std::string>& settings) {
  sim::World world(seed);
  sim::Machine& home = world.add_machine("10.0.0.1", 2);
  sim::Machine& away = world.add_machine("10.0.0.2", 1);
  Node broker(world, home, settings);
  broker.start();

  Outcome outcome;
  History history;
  Clients clients(away.shard(0), kBrokerAddress, history);
  clients.start();
  // First safety under faults,
  world.network().settings.break_one_in = 2000;
  const Instant end = world.now() + kBadDay;
  while (world.now() < end) {
    world.run_for(std::chrono::milliseconds(200 + world.clockwork().random() % 4000));
    if (world.clockwork().random() % 3 == 0) {
      world.network().break_all();
      continue;
    }
    broker.crash();
    ++outcome.crashes;
    broker.start();
  }
  // then no more faults, and progress is demanded.
  world.network().settings.break_one_in = 0;
  const std::size_t before = history.acked.size();
  world.run_for(5s);
  if (history.acked.size() <= before) outcome.faults.push_back("no progress after the faults");
  world.run(clients.stop());
  const Result<Content> content = world.run(read_everything(away.shard(0), kBrokerAddress));
  if (!content) {
    outcome.faults.push_back("the content cannot be read: " + content.error().detail);
  } else {
    for (std::string& fault : faults(history, *content)) outcome.faults.push_back(std::move(fault));
  }
  broker.stop();
  outcome.acked = history.acked.size();
  outcome.read = history.read.size();
  outcome.hash = world.history_hash();
  return outcome;
}

}  // namespace simulation

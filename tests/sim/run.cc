#include "run.h"

#include <memory>

#include "broker/server.h"
#include "clients.h"
#include "config/file.h"
#include "history.h"
#include "sim/world.h"

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBadDay = 20s;
const env::Address kBroker{"10.0.0.1", 9092};

config::Pairs settings(sim::World& world) {
  config::Pairs pairs;
  const auto set = [&](const std::string& assignment) {
    check(config::set(pairs, assignment).has_value(), "a setting of the simulation");
  };
  set("listeners=PLAINTEXT://10.0.0.1:9092");
  set("thalweg.http.listener=10.0.0.1:8080");
  set("log.dirs=/data");
  set("num.partitions=3");
  set("log.flush.offset.checkpoint.interval.ms=2000");
  // Small segments, half of the time, so that rolls and crashes meet.
  if (world.clockwork().random() % 2 == 0) set("log.segment.bytes=1048576");
  return pairs;
}

// The broker of the run. A crash leaves the old one to end by itself, on a disk that takes nothing.
class Broker {
 public:
  Broker(sim::World& world, sim::Machine& machine)
      : world_(world), machine_(machine), settings_(settings(world)) {}

  void start() {
    std::vector<env::Shard*> shards;
    for (int i = 0; i < machine_.shards(); ++i) shards.push_back(&machine_.shard(i));
    server_ = std::make_unique<broker::Server>(std::move(shards), settings_);
    const Result<void> started = world_.run(server_->start());
    check(started.has_value(), started ? "" : started.error().detail.c_str());
  }

  void crash() {
    machine_.crash();
    machine_.disk().set_read_only(true);
    world_.run(server_->stop());
    server_.reset();
    machine_.disk().heal();
  }

  void stop() {
    world_.run(server_->stop());
    server_.reset();
  }

 private:
  sim::World& world_;
  sim::Machine& machine_;
  config::Pairs settings_;
  std::unique_ptr<broker::Server> server_;
};

}  // namespace

Outcome run(std::uint64_t seed) {
  sim::World world(seed);
  sim::Machine& home = world.add_machine("10.0.0.1", 2);
  sim::Machine& away = world.add_machine("10.0.0.2", 1);
  Broker broker(world, home);
  broker.start();

  Outcome outcome;
  History history;
  Clients clients(away.shard(0), kBroker, history);
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
  const Result<Content> content = world.run(read_everything(away.shard(0), kBroker));
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

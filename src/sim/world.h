// A simulated world: machines with shards, a disk each, and a network between them, all in one
// thread, in virtual time, from one seed. The same seed and the same program give the same run,
// event for event: compare history_hash().
//
//   sim::World world(seed);
//   sim::Machine& machine = world.add_machine("10.0.0.1");
//   env::Shard& shard = machine.shard(0);
//   const auto log = world.run(open_log(shard.files(), "/data"));  // Runs until the task has
//   ended. machine.disk().crash();
//
// Tasks must have ended, or failed after shut_network() and the like, before the world is dropped:
// a coroutine that still waits is never destroyed.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/shard.h"
#include "sim/clockwork.h"
#include "sim/disk.h"
#include "sim/network.h"

namespace sim {

class World;

// One computer: an address, a disk, and the shards of one program.
class Machine {
 public:
  Machine(World& world, std::string host, int shards);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  const std::string& host() const { return host_; }
  env::Shard& shard(int index = 0);
  int shards() const { return static_cast<int>(shards_.size()); }
  Disk& disk() { return disk_; }

  // Pulls the plug: the disk crashes, connections break, listeners close. What runs on the shards
  // sees its calls fail and is expected to end; then the program may be started anew.
  void crash();
  // Kills the program alone: the same, but what it wrote is there.
  void kill();

  // Sets the wall clock this far ahead of the world's, or behind it; from here on it gains (or
  // loses) so much of each million. The monotonic clock keeps going.
  void set_wall(Duration ahead, int gained_per_million = 0);
  Duration wall_ahead() const;

 private:
  class Shard;
  World& world_;
  std::string host_;
  Disk disk_;
  Duration wall_ahead_{};
  int gained_per_million_ = 0;
  Instant wall_set_at_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

class World {
 public:
  explicit World(std::uint64_t seed);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Machine& add_machine(std::string host = "127.0.0.1", int shards = 1);
  Clockwork& clockwork() { return clockwork_; }
  NetworkState& network() { return network_; }
  Instant now() const { return clockwork_.now(); }

  // Until nothing is left to happen. For programs whose timers end; bounded, and a bug beyond.
  void run_until_idle();
  void run_for(Duration duration);
  // Until `holds` does; false if nothing is left to happen, or `at_most` has passed, before.
  bool run_until(const std::function<bool()>& holds, Duration at_most = std::chrono::hours(1));

  // Runs `task` to its end and gives its value. It must end by itself.
  template <class T>
  T run(env::Task<T> task) {
    std::optional<T> value;
    env::spawn(std::move(task), [&](T result) { value.emplace(std::move(result)); });
    check(run_until([&] { return value.has_value(); }), "a simulated task did not end");
    return std::move(*value);
  }
  void run(env::Task<void> task);

  std::uint64_t history_hash() const { return clockwork_.history_hash(); }

 private:
  Clockwork clockwork_;
  NetworkState network_;
  std::vector<std::unique_ptr<Machine>> machines_;
};

}  // namespace sim

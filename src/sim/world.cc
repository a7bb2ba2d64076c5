#include "sim/world.h"

namespace sim {
namespace {

constexpr std::int64_t kEpoch = 1'767'225'600'000;  // 2026-01-01, where every world begins.
constexpr std::uint64_t kMostEvents = 200'000'000;  // More than any test has: it runs in circles.

}  // namespace

class Machine::Shard final : public env::Shard {
 public:
  Shard(World& world, Machine& machine, int index)
      : clockwork_(world.clockwork()),
        machine_(machine),
        network_(world.network(), machine.host()),
        index_(index) {}

  int index() const override { return index_; }
  Instant now() const override { return clockwork_.now(); }
  Timestamp wall() const override {
    const auto since =
        std::chrono::duration_cast<Millis>(clockwork_.now().since_start + machine_.wall_ahead());
    return Timestamp(kEpoch + since.count());
  }
  std::uint64_t random() override { return clockwork_.random(); }
  void post(env::Work work) override { clockwork_.schedule(clockwork_.now(), std::move(work)); }
  env::TimerId arm(Instant at, env::Work work) override {
    return env::TimerId(clockwork_.schedule(at, std::move(work)));
  }
  void cancel(env::TimerId timer) override { clockwork_.cancel(timer.value); }
  env::Files& files() override { return machine_.disk(); }
  env::Network& network() override { return network_; }

 private:
  Clockwork& clockwork_;
  Machine& machine_;
  SimNetwork network_;
  int index_;
};

Machine::Machine(World& world, std::string host, int shards)
    : world_(world), host_(std::move(host)), disk_(world.clockwork()) {
  for (int i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(world, *this, i));
}
Machine::~Machine() = default;

env::Shard& Machine::shard(int index) { return *shards_.at(static_cast<std::size_t>(index)); }

void Machine::crash() {
  disk_.crash();
  world_.network().unplug(host_);
}

void Machine::kill() {
  disk_.orphan();
  world_.network().unplug(host_);
}

void Machine::set_wall(Duration ahead, int gained_per_million) {
  wall_ahead_ = ahead;
  gained_per_million_ = gained_per_million;
  wall_set_at_ = world_.now();
}

Duration Machine::wall_ahead() const {
  return wall_ahead_ + (world_.now() - wall_set_at_) * gained_per_million_ / 1'000'000;
}

World::World(std::uint64_t seed) : clockwork_(seed), network_(clockwork_) {}
World::~World() = default;

Machine& World::add_machine(std::string host, int shards) {
  machines_.push_back(std::make_unique<Machine>(*this, std::move(host), shards));
  return *machines_.back();
}

void World::run_until_idle() {
  const std::uint64_t most = clockwork_.events() + kMostEvents;
  while (clockwork_.step()) check(clockwork_.events() < most, "a world never comes to rest");
}

void World::run_for(Duration duration) {
  const Instant end = now() + duration;
  const std::uint64_t most = clockwork_.events() + kMostEvents;
  while (clockwork_.step(end)) check(clockwork_.events() < most, "time stands still");
  clockwork_.advance_to(end);
}

bool World::run_until(const std::function<bool()>& holds, Duration at_most) {
  const Instant end = now() + at_most;
  const std::uint64_t most = clockwork_.events() + kMostEvents;
  while (!holds()) {
    if (!clockwork_.step(end)) return false;
    check(clockwork_.events() < most, "time stands still");
  }
  return true;
}

void World::run(env::Task<void> task) {
  const auto ended = std::make_shared<bool>(false);
  const auto wrapper = [](env::Task<void> inner, std::shared_ptr<bool> done) -> env::Task<void> {
    co_await std::move(inner);
    *done = true;
  };
  env::spawn(wrapper(std::move(task), ended));
  check(run_until([&] { return *ended; }), "a simulated task did not end");
}

}  // namespace sim

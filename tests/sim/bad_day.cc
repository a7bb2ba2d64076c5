#include "bad_day.h"

#include <algorithm>

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestPause = 2500ms;  // Between two mishaps.
constexpr Duration kLongestMishap = 4s;     // Of those that last.
constexpr Duration kMostAhead = 30min;      // More, and clients' timestamps are refused, rightly.
constexpr int kMostDrift = 100'000;         // In a million.

// Whose files an error of the disk hits.
constexpr const char* kVictims[] = {"/orders-",
                                    "/orders-",
                                    "/topic-",
                                    "/__consumer_offsets-",
                                    "/__share_group_state-",
                                    "/__cluster_metadata-"};

}  // namespace

BadDay::BadDay(sim::World& world, sim::Machine& home, sim::Machine& away, Node& broker,
               const Plan& plan, Diary& diary)
    : world_(world), home_(home), away_(away), broker_(broker), plan_(plan), diary_(diary) {}

bool BadDay::lasts(Mishap mishap) const {
  return std::ranges::find(lasting_, mishap, &Lasting::mishap) != lasting_.end();
}

std::optional<std::string> BadDay::live_through() {
  world_.network().settings.break_one_in = plan_.break_one_in;
  const Instant end_of_day = world_.now() + plan_.day;
  while (world_.now() < end_of_day) {
    world_.run_for(100ms + some(kLongestPause));
    end_those_due();
    if (!broker_.running() || world_.clockwork().chance(in_doubt_ ? 3 : 20)) start_again();
    if (plan_.mishaps.empty()) continue;
    const Mishap mishap = plan_.mishaps[world_.clockwork().random_below(plan_.mishaps.size())];
    if (!lasts(mishap) && broker_.running()) begin(mishap);
  }
  world_.network().settings.break_one_in = 0;
  while (!lasting_.empty()) end(lasting_.front().mishap);
  home_.disk().heal();
  note("all is well again");
  // Whoever runs it would start it again, as its errors say.
  if (in_doubt_ || !broker_.running()) start_again();
  if (!broker_.running()) return "the broker does not start: " + refusal_;
  return std::nullopt;
}

void BadDay::end_those_due() {
  for (const Lasting& one : std::vector(lasting_)) {
    if (one.until <= world_.now()) end(one.mishap);
  }
}

// What an operator does about a broker that is down or in doubt.
void BadDay::start_again() {
  if (broker_.running()) {
    note("the operator starts the broker again");
    broker_.kill();
  }
  const Result<void> started = broker_.start();
  if (started) {
    in_doubt_ = false;
    return;
  }
  refusal_ = started.error().detail;
  note("it does not start: " + refusal_);
}

void BadDay::begin(Mishap mishap) {
  ++happened_[mishap];
  note(info(mishap).name);
  sim::Disk& disk = home_.disk();
  sim::NetworkSettings& network = world_.network().settings;
  const std::string victim = kVictims[world_.clockwork().random_below(std::size(kVictims))];
  switch (mishap) {
    case Mishap::PowerCut:
      broker_.crash();
      return start_again();
    case Mishap::Kill:
      broker_.kill();
      return start_again();
    case Mishap::Restart:
      broker_.stop();
      return start_again();
    case Mishap::Disconnect:
      return world_.network().break_all();
    case Mishap::ReadError:
      return disk.fail_next(sim::DiskCall::Read, sim::Fault::InputOutput, victim);
    case Mishap::WriteError:
      return disk.fail_next(sim::DiskCall::Write, sim::Fault::InputOutput, victim);
    case Mishap::SyncError:
      in_doubt_ = true;
      return disk.fail_next(sim::DiskCall::Sync, sim::Fault::InputOutput, victim);
    case Mishap::ClockJump:
      return home_.set_wall(some(2 * kMostAhead) - kMostAhead);
    case Mishap::ClockDrift:
      return home_.set_wall(
          home_.wall_ahead(),
          static_cast<int>(world_.clockwork().random_below(2 * kMostDrift)) - kMostDrift);
    case Mishap::Separation:
      world_.network().part(home_.host(), away_.host());
      break;
    case Mishap::SlowNetwork:
      network.most_delay = 1s;
      break;
    case Mishap::SlowReaders:
      network.slow_reads = 50ms;
      network.window = 700;
      break;
    case Mishap::SlowDisk:
      disk.set_slow(400ms);
      break;
    case Mishap::FullDisk:
      disk.set_capacity(disk.used_bytes() + world_.clockwork().random_below(8192));
      break;
  }
  lasting_.push_back({mishap, world_.now() + 100ms + some(kLongestMishap)});
}

void BadDay::end(Mishap mishap) {
  const sim::NetworkSettings usual;
  sim::NetworkSettings& network = world_.network().settings;
  std::erase_if(lasting_, [&](const Lasting& one) { return one.mishap == mishap; });
  if (mishap == Mishap::Separation) world_.network().join(home_.host(), away_.host());
  if (mishap == Mishap::SlowNetwork) network.most_delay = usual.most_delay;
  if (mishap == Mishap::SlowReaders) {
    network.slow_reads = usual.slow_reads;
    network.window = usual.window;
  }
  if (mishap == Mishap::SlowDisk) home_.disk().set_slow({});
  if (mishap == Mishap::FullDisk) home_.disk().set_capacity(UINT64_MAX);
}

}  // namespace simulation
